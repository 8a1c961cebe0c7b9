"""Pages of assignments for trainers and QA: the overview with its figures and exports, one assignment, assigning by hand."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.exports.download import download
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import run
from lms.web.refused import version_of
from lms.web.times import local_day
from lms.web.typed import page_asked
from modules.assignments import commands, exports, queries
from modules.assignments.forms import AssignForm, CancelForm
from modules.assignments.queries import FIGURES, Filter
from modules.library.queries import module_names

PAGE = 50

bp = Blueprint("assignments", __name__, template_folder="../templates")


def _filter() -> Filter:
    standing = request.args.get("standing", "open")
    known = {*FIGURES, "completed", "cancelled", ""}
    return Filter(
        site_id=request.args.get("site", type=UUID),
        module_id=request.args.get("module", type=UUID),
        standing=standing if standing in known else "open",
        words=request.args.get("q", "").strip()[:80],
    )


def _arguments(wanted: Filter) -> dict[str, str]:
    return {
        "site": str(wanted.site_id or ""),
        "module": str(wanted.module_id or ""),
        "standing": wanted.standing,
        "q": wanted.words,
    }


@bp.get("/assignments")
@requires(Permission.ASSIGNMENT_MANAGE)
def index() -> ResponseReturnValue:
    """List the assignments at the reader's sites, with figures that open their lists."""
    wanted, page = _filter(), page_asked()
    rows, figures = queries.assignments(viewer(), clock.now(), wanted, page=page, per_page=PAGE)
    return render_template(
        "modules/assignments.html",
        rows=rows,
        figures=figures,
        shown=FIGURES,
        page=page,
        pages=-(-figures["listed"] // PAGE),
        arguments=_arguments(wanted),
        sites=sites(viewer(), Permission.ASSIGNMENT_MANAGE),
        modules=module_names(),
    )


@bp.get("/assignments.<any(csv, xlsx):kind>")
@requires(Permission.ASSIGNMENT_MANAGE)
def export(kind: str) -> ResponseReturnValue:
    """Hand out the same list as a file."""
    rows, _figures = queries.assignments(viewer(), clock.now(), _filter(), per_page=None)
    cells = exports.cells(rows)
    return download(kind, "assignments", exports.headings(), cells)


@bp.route("/assignments/new", methods=["GET", "POST"])
@requires(Permission.ASSIGNMENT_MANAGE)
def new() -> ResponseReturnValue:
    """Assign a module by hand."""
    form = AssignForm()
    form.module.choices = [("", _("Choose")), *((str(m.id), f"{m.code} {m.title}") for m in module_names())]
    form.people.choices = [
        (str(person_id), f"{name} · {site_name}") for person_id, name, site_name in queries.people(viewer())
    ]
    if request.method == "GET":
        form.due_on.data = local_day(clock.now(), viewer().zone) + timedelta(days=14)
    if form.validate_on_submit():
        try:
            made = run(
                commands.assign_module,
                viewer(),
                form.reason.data or "",
                UUID(form.module.data),
                [UUID(person_id) for person_id in form.people.data],
                due_on=form.due_on.data,
            )
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "people"].errors = [_(str(refusal))]
        else:
            flash(_("Assigned to %(count)s.", count=len(made)))
            return redirect(url_for(".index", module=form.module.data, standing="open"))
    return render_template("modules/assign.html", form=form), 422 if form.errors else 200


@bp.get("/assignments/<uuid:assignment_id>")
@requires(Permission.ASSIGNMENT_MANAGE)
def assignment(assignment_id: UUID) -> ResponseReturnValue:
    """Show one assignment and answer why it was assigned."""
    return _page(assignment_id, CancelForm(None))


def _page(assignment_id: UUID, form: CancelForm, status: int = 200) -> ResponseReturnValue:
    now = clock.now()
    row = queries.assignment_row(viewer(), assignment_id, now)
    form.version.data = form.version.data or str(row.version)
    return (
        render_template("modules/assignment.html", row=row, why=queries.why(row, now), form=form),
        status,
    )


@bp.post("/assignments/<uuid:assignment_id>/cancel")
@requires(Permission.ASSIGNMENT_MANAGE)
def cancel(assignment_id: UUID) -> ResponseReturnValue:
    """Cancel an open assignment with its reason."""
    form = CancelForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.cancel_assignment,
                viewer(),
                form.reason.data or "",
                assignment_id,
                version=version_of(form),
            )
        except NotFound:
            raise
        except NotAllowed as refusal:
            form.reason.errors = [_(str(refusal))]
            status = 409 if isinstance(refusal, StaleForm) else 422
        else:
            flash(_("Cancelled. The reason stands in the trail."))
            return redirect(url_for(".assignment", assignment_id=assignment_id))
    return _page(assignment_id, form, status)
