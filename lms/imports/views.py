"""Taking a file in, step by step: file, columns, dry run, confirmation. Nothing is written before the last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.imports import forms, queries
from lms.imports.commands import COMMANDS, target_of
from lms.imports.engine import Checked, Fate, check, refused_rows
from lms.imports.kinds import NEEDED, kinds_for
from lms.imports.mapping import Mapping, as_plain, check_mapping, from_plain, refuse_two_columns, suggest
from lms.imports.patients import suspects
from lms.imports.reading import Table, read_table
from lms.imports.sources import SourceRow, fitting, retire_source, save_source, sources
from lms.imports.uploads import Uploads
from lms.network.queries import sites as sites_of
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.labels import choices
from lms.web.times import show_day, show_moment

bp = Blueprint("imports", __name__, template_folder="../templates")

#: How many problems the page shows; the file of refused lines holds all.
SHOWN = 200
#: Characters of a value that a reader is shown before they confirm.
LONGEST_SHOWN = 80
#: Where what was taken in is listed, if not among the deviations.
_LISTS = {
    "batches": "exposure.index",
    "planned-batches": "planning.index",
    "exposure": "planning.exposure",
    "people": "people.index",
}


@bp.route("/imports", methods=["GET", "POST"])
@requires(Permission.FILE_TAKE_IN)
def index() -> ResponseReturnValue:
    """Take the file, and show what was taken in before."""
    form = forms.UploadForm(kind=request.args.get("kind"))
    form.kind.choices = [choice for choice in forms.KINDS if choice.value in kinds_for(viewer())]
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        data, name = form.file.data.read(), str(form.file.data.filename)
        try:
            read_table(data, name)
            digest = _uploads().keep(data, name=name, kind=form.kind.data, now=clock.now())
            return redirect(url_for("imports.columns", digest=digest))
        except NotAllowed as refusal:
            form.file.errors = [_(str(refusal))]
    page = render_template(
        "lms/imports/index.html",
        form=form,
        runs=queries.runs(viewer()),
        sources=sources(viewer()),
        everywhere=kinds_for(viewer(), everywhere=True),
    )
    return page, status


@bp.post("/imports/sources/<uuid:source_id>/retire")
@requires(Permission.FILE_TAKE_IN)
def retire(source_id: UUID) -> ResponseReturnValue:
    """Offer a saved mapping no more."""
    run(retire_source, viewer(), "retired on the page", source_id)
    flash(_("It is not offered any more. What was read by it stays as it is."))
    return redirect(url_for("imports.index"))


@bp.route("/imports/<digest>/columns", methods=["GET", "POST"])
@requires(Permission.FILE_TAKE_IN)
def columns(digest: str) -> ResponseReturnValue:
    """Ask which column becomes which field; the headings suggest it."""
    described = _described(digest)
    table, target = _table(digest, described), target_of(described["kind"])
    form = forms.ColumnsForm()
    _offer_sites(form, NEEDED[described["kind"]])
    known = sources(viewer(), described["kind"])
    offered = _offered(known, table, described)
    kept = None if "source" in request.args else described.get("mapping")
    chosen = kept or (offered.plain if offered else {"columns": suggest(target.fields, table.columns)})
    status = 200
    if form.is_submitted():
        status = 422
        try:
            chosen = _chosen([field.name for field in target.fields])
            if offered:  # what the page does not show (patterns, confidential columns …) goes on to hold
                chosen = {**{name: value for name, value in offered.plain.items() if name not in chosen}, **chosen}
            if form.validate():
                mapping = from_plain(chosen)
                check_mapping(mapping, target.fields, table.columns, target.key)
                source = _saved(form, mapping, table, described["kind"], offered)
                _uploads().describe(digest, {**described, "mapping": chosen, "source": source})
                return redirect(url_for("imports.dry_run", digest=digest))
        except NotAllowed as refusal:
            if refusal.field in form:
                form[refusal.field].errors = [_(str(refusal))]
            else:  # such as a field without a column, which is none of the form's own
                form.form_errors = [_(str(refusal))]
    form.dates.data, form.codes.data = ", ".join(chosen.get("dates", [])), _code_lines(chosen)
    form.times_in.data, form.ids.data = chosen.get("times_in", ""), chosen.get("ids", "")
    page = render_template(
        "lms/imports/columns.html",
        form=form,
        table=table,
        fields=target.fields,
        chosen=chosen,
        digest=digest,
        kind=described["kind"],
        samples=_samples(table),
        sources=known,
        offered=offered,
    )
    return page, status


@bp.route("/imports/<digest>/check", methods=["GET", "POST"])
@requires(Permission.FILE_TAKE_IN)
def dry_run(digest: str) -> ResponseReturnValue:
    """Show what would happen to every line; take the file in when the reader confirms."""
    described = _described(digest)
    if "mapping" not in described:
        return redirect(url_for("imports.columns", digest=digest))
    table, mapping, kind = _table(digest, described), from_plain(described["mapping"]), described["kind"]
    form = forms.TakeInForm()
    checked = _checked(table, mapping, kind)
    found = suspects(checked, target_of(kind))
    answer = {"no_patient": form.no_patient.data or ""} if found.cells else {}
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            report = run(
                COMMANDS[kind],
                viewer(),
                f"file {table.name}",
                table,
                mapping,
                all_or_nothing=form.lines.data == "all",
                source_id=UUID(described["source"]) if described.get("source") else None,
                **answer,
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
            if kind == "people":
                flash(_("A role from the file holds as soon as QA has approved it."))
            return redirect(url_for(_LISTS.get(kind, "deviations.index")))
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "lines"].errors = [_(str(refusal))]
    page = render_template(
        "lms/imports/check.html",
        form=form,
        report=checked.report(),
        changes=_changes(checked, kind),
        suspects=found,
        digest=digest,
        kind=kind,
        most=SHOWN,
    )
    return page, status


@bp.get("/imports/<digest>/refused.csv")
@requires(Permission.FILE_TAKE_IN)
def refused(digest: str) -> ResponseReturnValue:
    """Hand out the refused lines with what to do about each."""
    described = _described(digest)
    if "mapping" not in described:
        raise NotFound(_("Choose the columns first."))
    checked = _checked(_table(digest, described), from_plain(described["mapping"]), described["kind"])
    disposition = {"Content-Disposition": 'attachment; filename="refused-lines.csv"'}
    return Response(refused_rows(checked), mimetype="text/csv", headers=disposition)


def _uploads() -> Uploads:
    account_id = viewer().account_id
    if account_id is None:
        raise NotFound(_("Only a signed-in person takes a file in."))
    return Uploads.of(current_app.config["SETTINGS"].data_dir, account_id)


def _described(digest: str) -> dict[str, Any]:
    """Return what is known about a file of a kind that the reader may still take in. Raises ``NotFound`` otherwise."""
    described = _uploads().description(digest)
    if described["kind"] not in kinds_for(viewer()):
        raise NotFound(_("Your roles do not include taking in files of this kind."))
    return described


def _table(digest: str, described: dict[str, Any]) -> Table:
    return read_table(_uploads().data(digest), described["name"])


def _checked(table: Table, mapping: Mapping, kind: str) -> Checked:
    return check(table, mapping, target_of(kind), viewer(), clock.now())


def _changes(checked: Checked, kind: str) -> list[tuple[int, str, str, str]]:
    """Return line, field, what stands and what will stand, for each change of a record that is here already."""
    words = {field.name: str(field.words) for field in target_of(kind).fields}
    return [
        (
            line.number,
            words.get(name, name.removesuffix("_id").replace("_", " ").capitalize()),
            _in_words(name, old),
            _in_words(name, new),
        )
        for line in checked.lines
        if line.fate is Fate.CHANGED
        for name, old, new in line.shown
    ]


def _in_words(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return show_moment(value, viewer().zone)
        case date():
            return show_day(value)
        case _:
            known = dict(choices(name))
            return str(known.get(str(value), value))[:LONGEST_SHOWN]


def _chosen(names: Sequence[str]) -> dict[str, Any]:
    """Return what was chosen on the page: a column for each field, or else a value for every line."""
    for name in names:
        twice = [column for column in request.form.getlist(f"column-{name}") if column]
        if len(twice) > 1:
            refuse_two_columns({name: twice})
    found = {name: request.form.get(f"column-{name}", "") for name in names}
    same = {name: request.form.get(f"constant-{name}", "").strip() for name in names}
    return {
        "columns": {name: column for name, column in found.items() if column},
        "constants": {name: value for name, value in same.items() if value and not found[name]},
        "values": _codes(request.form.get("codes", "")),
        "dates": [text.strip() for text in request.form.get("dates", "").split(",") if text.strip()],
        "ids": request.form.get("ids", "").strip(),
        "times_in": request.form.get("times_in", "").strip(),
    }


def _codes(text: str) -> dict[str, dict[str, str]]:
    """Return what was written as ``severity: Grave = critical``, one a line. Raises ``NotAllowed`` for any other line."""
    found: dict[str, dict[str, str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, rest = line.partition(":")
        said, equals, code = rest.rpartition("=")
        if not (colon and equals and name.strip() and said.strip() and code.strip()):
            message = f"“{line[:60]}” is not understood. Write a line like: severity: Grave = critical"
            raise NotAllowed(message, field="codes")
        found.setdefault(name.strip(), {})[said.strip()] = code.strip()
    return found


def _code_lines(chosen: dict[str, Any]) -> str:
    if request.form.get("codes"):
        return request.form["codes"]
    known: dict[str, dict[str, str]] = chosen.get("values", {})
    return "\n".join(f"{name}: {said} = {code}" for name, codes in known.items() for said, code in codes.items())


def _offered(known: list[SourceRow], table: Table, described: dict[str, Any]) -> SourceRow | None:
    """Return the saved mapping that was asked for, was used before, or fits the headings; None if there is none."""
    wanted = request.args.get("source") or described.get("source")
    if wanted:
        return next((source for source in known if str(source.id) == wanted), None)
    return fitting(known, table.columns)


def _offer_sites(form: forms.ColumnsForm, needed: Permission) -> None:
    own = [(str(site.id), site.name) for site in sites_of(viewer(), needed)]
    whole = [("", _("the whole network"))] if viewer().sites_for(needed) is None else []
    form.site.choices = whole + own


def _saved(form: forms.ColumnsForm, mapping: Mapping, table: Table, kind: str, offered: SourceRow | None) -> str | None:
    """Keep the choices under the name given; return the id of the source that the file is read by, if it is one."""
    if (form.source_name.data or "").strip():
        kept = run(
            save_source,
            viewer(),
            "columns chosen",
            name=form.source_name.data,
            kind=kind,
            site_id=UUID(form.site.data) if form.site.data else None,
            mapping=mapping,
            columns=table.columns,
        )
        return str(kept.id)
    return str(offered.id) if offered is not None and as_plain(mapping) == as_plain(offered.mapping) else None


def _samples(table: Table) -> dict[str, str]:
    """Return up to three different cells of each column, to recognise it by."""
    found: dict[str, str] = {}
    for position, column in enumerate(table.columns):
        cells = dict.fromkeys(row.cells[position][:40] for row in table.rows[:50] if row.cells[position])
        found[column] = " · ".join(list(cells)[:3])
    return found
