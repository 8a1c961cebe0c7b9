"""Page of a site's standing: its state, who is held back and why, and the signed steps that led there."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.standings import commands, queries
from lms.standings.forms import StandingForm
from lms.standings.rules import WAYS, Act, State, Subject
from lms.unit_of_work import run
from lms.web import labels
from lms.web.refused import blame

bp = Blueprint("standings", __name__, template_folder="../templates", url_prefix="/sites")


@bp.get("/<uuid:site_id>")
@requires(Permission.NETWORK_SEE)
def site(site_id: UUID) -> ResponseReturnValue:
    """Show a site's state, whom it holds back, and every step with its signature."""
    return _page(site_id)


@bp.post("/<uuid:site_id>/standing")
@requires(Permission.STANDING_CHANGE)
def change(site_id: UUID) -> ResponseReturnValue:
    """Sign a step: pause, suspend, lift or cease."""
    form = StandingForm()
    if not viewer().may(Permission.STANDING_CHANGE, site_id):
        queries.place(viewer(), site_id, Permission.STANDING_CHANGE)
    if form.validate_on_submit():
        try:
            kind, subject_id, seen = form.about()
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            made = run(
                commands.change_standing,
                viewer().proven(proof),
                form.reason.data,
                site_id,
                form.act.data or "",
                reason=form.reason.data,
                seen=seen,
                team_id=subject_id if kind == Subject.TEAM else None,
                person_id=subject_id if kind == Subject.PERSON else None,
            )
            flash(_("Signed: %(act)s. Those concerned are told.", act=labels.label(made.act, "standing_act")))
            return redirect(url_for("standings.site", site_id=site_id))
        except NotAllowed as refusal:
            return _page(site_id, form, blame(form, refusal, "reason"))
    return _page(site_id, form, 422)


def _page(site_id: UUID, sent: StandingForm | None = None, status: int = 200) -> ResponseReturnValue:
    place = queries.place(viewer(), site_id, Permission.NETWORK_SEE)
    rows = queries.changes(viewer(), site_id, Permission.NETWORK_SEE)
    signer = commands.signer_at(viewer(), site_id)
    held = {row.subject_id for row in rows if row.holds_back}
    acts = [
        act for act in (Act.PAUSE, Act.SUSPEND, Act.CEASE) if signer.may(act) and place.state in WAYS[act].leads_from
    ]
    form = sent if sent is not None and sent.act.data != Act.LIFT else StandingForm(None)
    if acts:
        form.act.choices = [(str(act), labels.label(f"to_{act}", "standing_act")) for act in acts]
        whole = (f"site:{place.id}:{place.state}", _("The whole site"))
        others = queries.subjects(viewer(), site_id, Permission.PEOPLE_SEE)
        form.subject.choices = [
            whole,
            *((f"{kind}:{one}:active", f"{labels.label(kind, 'standing_subject')}: {name}")
              for one, kind, name in others if one not in held and one != viewer().person_id),
        ]  # fmt: skip
    may_lift = signer.may(Act.LIFT)
    lifts = {row.id: _lift_form(row, sent) for row in rows if may_lift and row.holds_back and row.state != State.CEASED}
    page = render_template(
        "lms/standings/site.html",
        place=place,
        rows=rows,
        held=[row for row in rows if row.holds_back],
        form=form,
        acts=acts,
        lifts=lifts,
        refused_here=sent is not None and sent.act.data != Act.LIFT,
    )
    return page, status


def _lift_form(row: queries.ChangeRow, sent: StandingForm | None) -> StandingForm:
    """Return the form that lifts a step: as it was sent if it is about this one. Each has fields with ids of their own."""
    subject = f"{row.subject}:{row.subject_id}:{row.state}"
    mine = sent is not None and sent.act.data == Act.LIFT and sent.subject.data == subject
    form = sent if sent is not None and mine else StandingForm(None)
    form.subject.data = subject
    for name in ("password", "reason"):
        form[name].id = f"{name}-{row.id}"
    return form
