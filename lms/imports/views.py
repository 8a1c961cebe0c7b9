"""Taking a file in, step by step: file, columns, dry run, confirmation. Nothing is written before the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.imports import forms, queries
from lms.imports.commands import COMMANDS, target_of
from lms.imports.engine import Checked, check, refused_rows
from lms.imports.mapping import Mapping, check_mapping, suggest
from lms.imports.reading import Table, read_table
from lms.imports.uploads import Uploads
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run

bp = Blueprint("imports", __name__, template_folder="../templates")

#: How many problems the page shows; the file of refused lines holds all.
SHOWN = 200


@bp.route("/imports", methods=["GET", "POST"])
@requires(Permission.DEVIATION_IMPORT)
def index() -> ResponseReturnValue:
    """Take the file, and show what was taken in before."""
    form = forms.UploadForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        data, name = form.file.data.read(), str(form.file.data.filename)
        try:
            read_table(data, name)
            digest = _uploads().keep(data, name=name, kind=form.kind.data, now=clock.now())
            return redirect(url_for("imports.columns", digest=digest))
        except NotAllowed as refusal:
            form.file.errors = [_(str(refusal))]
    return render_template("lms/imports/index.html", form=form, runs=queries.runs(viewer())), status


@bp.route("/imports/<digest>/columns", methods=["GET", "POST"])
@requires(Permission.DEVIATION_IMPORT)
def columns(digest: str) -> ResponseReturnValue:
    """Ask which column becomes which field; the headings suggest it."""
    described = _uploads().description(digest)
    table, target = _table(digest, described), target_of(described["kind"])
    form = forms.ColumnsForm()
    chosen = described.get("mapping") or {"columns": suggest(target.fields, table.columns), "constants": {}}
    status = 200
    if form.is_submitted():
        status = 422
        chosen = _chosen([field.name for field in target.fields])
        try:
            mapping = _mapping(chosen)
            check_mapping(mapping, target.fields, table.columns, target.key)
            _uploads().describe(digest, {**described, "mapping": chosen})
            return redirect(url_for("imports.dry_run", digest=digest))
        except NotAllowed as refusal:
            form.dates.errors = [_(str(refusal))]
    form.dates.data = ", ".join(chosen.get("dates", []))
    page = render_template(
        "lms/imports/columns.html",
        form=form,
        table=table,
        fields=target.fields,
        chosen=chosen,
        digest=digest,
        kind=described["kind"],
        samples=_samples(table),
    )
    return page, status


@bp.route("/imports/<digest>/check", methods=["GET", "POST"])
@requires(Permission.DEVIATION_IMPORT)
def dry_run(digest: str) -> ResponseReturnValue:
    """Show what would happen to every line; take the file in when the reader confirms."""
    described = _uploads().description(digest)
    if "mapping" not in described:
        return redirect(url_for("imports.columns", digest=digest))
    table, mapping, kind = _table(digest, described), _mapping(described["mapping"]), described["kind"]
    form = forms.TakeInForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            report = run(
                COMMANDS[kind], viewer(), f"file {table.name}", table, mapping, all_or_nothing=form.lines.data == "all"
            )
            _uploads().clear()
            flash(
                _(
                    "Taken in: %(new)s new, %(changed)s changed, %(unchanged)s unchanged, %(refused)s left out.",
                    new=report.new,
                    changed=report.changed,
                    unchanged=report.unchanged,
                    refused=report.refused,
                )
            )
            return redirect(url_for("exposure.index" if kind == "batches" else "deviations.index"))
        except NotAllowed as refusal:
            form.lines.errors = [_(str(refusal))]
    report = _checked(table, mapping, kind).report()
    return render_template(
        "lms/imports/check.html", form=form, report=report, digest=digest, kind=kind, most=SHOWN
    ), status


@bp.get("/imports/<digest>/refused.csv")
@requires(Permission.DEVIATION_IMPORT)
def refused(digest: str) -> ResponseReturnValue:
    """Hand out the refused lines with what to do about each."""
    described = _uploads().description(digest)
    if "mapping" not in described:
        raise NotFound(_("Choose the columns first."))
    checked = _checked(_table(digest, described), _mapping(described["mapping"]), described["kind"])
    disposition = {"Content-Disposition": 'attachment; filename="refused-lines.csv"'}
    return Response(refused_rows(checked), mimetype="text/csv", headers=disposition)


def _uploads() -> Uploads:
    account_id = viewer().account_id
    if account_id is None:
        raise NotFound(_("Only a signed-in person takes a file in."))
    return Uploads.of(current_app.config["SETTINGS"].data_dir, account_id)


def _table(digest: str, described: dict[str, Any]) -> Table:
    return read_table(_uploads().data(digest), described["name"])


def _checked(table: Table, mapping: Mapping, kind: str) -> Checked:
    return check(table, mapping, target_of(kind), viewer(), clock.now())


def _chosen(names: Sequence[str]) -> dict[str, Any]:
    """Return what was chosen on the page: a column for each field, or else a value for every line."""
    found = {name: request.form.get(f"column-{name}", "") for name in names}
    same = {name: request.form.get(f"constant-{name}", "").strip() for name in names}
    return {
        "columns": {name: column for name, column in found.items() if column},
        "constants": {name: value for name, value in same.items() if value and not found[name]},
        "dates": [text.strip() for text in request.form.get("dates", "").split(",") if text.strip()],
    }


def _mapping(chosen: dict[str, Any]) -> Mapping:
    return Mapping(
        columns=chosen["columns"], constants=chosen.get("constants", {}), dates=tuple(chosen.get("dates", ()))
    )


def _samples(table: Table) -> dict[str, str]:
    """Return up to three different cells of each column, to recognise it by."""
    found: dict[str, str] = {}
    for position, column in enumerate(table.columns):
        cells = dict.fromkeys(row.cells[position][:40] for row in table.rows[:50] if row.cells[position])
        found[column] = " · ".join(list(cells)[:3])
    return found
