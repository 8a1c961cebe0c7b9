"""Pages of whoever studies: their list, and one assignment from the first section to the signature."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from lms import clock
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, StaleForm
from lms.signatures.queries import signatures_on_many
from lms.unit_of_work import run
from lms.web.refused import version_of
from lms.web.slots import filled
from lms.web.times import local_day
from modules.assignments.queries import assignments_of
from modules.documents.markdown import split_sections
from modules.study import commands, queries
from modules.study.door import door_of
from modules.study.forms import ReadAndUnderstoodForm

bp = Blueprint("study", __name__, template_folder="../templates")


@bp.get("/training")
@requires(Permission.STUDY)
def mine() -> ResponseReturnValue:
    """Show the reader what to study, why and by when, and what is done with its signatures."""
    person_id, now = viewer().person_id, clock.now()
    rows = assignments_of(person_id, now) if person_id else []
    records = queries.completed_records(person_id) if person_id else []
    return render_template(
        "modules/training.html",
        open_=[row for row in rows if row.state == "open"],
        done=sorted((row for row in rows if row.completed_at), key=lambda row: str(row.completed_at), reverse=True),
        progress=queries.finished_parts(person_id) if person_id else {},
        signed=signatures_on_many(records),
        now_=now,
        today=local_day(now, viewer().zone),
    )


@bp.get("/training/<uuid:assignment_id>")
@requires(Permission.STUDY)
def page(assignment_id: UUID) -> ResponseReturnValue:
    """Show one's own assignment where it was left."""
    own = queries.study(viewer(), assignment_id)
    return render_template("modules/study.html", **_shown(own))


def _shown(own: queries.Study, form: ReadAndUnderstoodForm | None = None) -> dict[str, object]:
    """Return what the study page and its fragment show. Before the sign-off is open there is no form to build."""
    current = own.current
    if form is None and current is not None and current == own.sign_off:
        form = ReadAndUnderstoodForm(None, version=str(own.version), sha256=own.sha256, statement=own.statement)
    asking = own.state == "open" and current is not None and current == own.check
    panels = (
        filled("study.knowledge_check", viewer=viewer(), door=door_of(own, current)) if (asking and current) else []
    )
    done = own.state == "completed"
    now = clock.now()
    return {
        "own": own,
        "form": form,
        "sections": dict(split_sections(own.html)),
        "panels": panels,
        "signatures_": queries.signatures(own.id) if done else [],
        "now_": now,
        "today": local_day(now, own.zone),
    }


@bp.post("/training/<uuid:assignment_id>/read/<slug>")
@requires(Permission.STUDY)
def read(assignment_id: UUID, slug: str) -> ResponseReturnValue:
    """Keep that a section or a change was read, and go on with the next one."""
    own = queries.study(viewer(), assignment_id)
    run(commands.mark_section_read, viewer(), "read", assignment_id, own.reading.id, slug)
    own = queries.study(viewer(), assignment_id)
    if request.headers.get("HX-Request"):
        return render_template("modules/_study_body.html", just_read=slug, **_shown(own))
    left = next((one.slug for one in own.to_read if one.slug not in own.reading.sections_read), "next")
    return redirect(url_for(".page", assignment_id=assignment_id, _anchor=f"read-{left}"))


@bp.post("/training/<uuid:assignment_id>/sign")
@requires(Permission.STUDY)
def sign(assignment_id: UUID) -> ResponseReturnValue:
    """Sign read-and-understood and complete the assignment."""
    form = ReadAndUnderstoodForm()
    status = 422
    own = queries.study(viewer(), assignment_id)
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data or "", current_user.session_started_at)
            run(
                commands.sign_read_and_understood,
                viewer().proven(proof),
                "read and understood",
                assignment_id,
                version=version_of(form),
                sha256=form.sha256.data or "",
                statement=form.statement.data or "",
            )
        except NotAllowed as refusal:
            form.password.errors = [_(str(refusal))]
            status = 409 if isinstance(refusal, StaleForm) else 422
            own = queries.study(viewer(), assignment_id)
        else:
            flash(_("Signed. This training is on your record."))
            return redirect(url_for(".page", assignment_id=assignment_id))
    return render_template("modules/study.html", **_shown(own, form)), status
