"""Pages of proposals: the coach accepts or declines; QA proposes by hand."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.triggers import commands, queries
from coaching.triggers.forms import DeclineForm
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotFound
from lms.unit_of_work import run

bp = Blueprint("proposals", __name__, template_folder="../templates", url_prefix="/reviews/proposals")


@bp.get("/<uuid:proposal_id>")
@requires(Permission.REVIEW_COACH)
def page(proposal_id: UUID) -> ResponseReturnValue:
    """Show a proposal to its coach: why, with whom, by when."""
    return _page(proposal_id, DeclineForm(None))


def _page(proposal_id: UUID, form: DeclineForm) -> ResponseReturnValue:
    proposal = queries.proposal_of(viewer(), proposal_id)
    if proposal is None:
        raise NotFound("There is no such proposal for you.")
    return render_template("coaching/proposal.html", proposal=proposal, form=form), 422 if form.errors else 200


@bp.post("/<uuid:proposal_id>/accept")
@requires(Permission.REVIEW_COACH)
def accept(proposal_id: UUID) -> ResponseReturnValue:
    """Accept, and go on to finding a time."""
    review = run(commands.accept_proposal, viewer(), "", proposal_id)
    flash(_("Accepted. Find a time that suits you both."))
    return redirect(url_for("scheduling.choose", review_id=review.id))


@bp.post("/<uuid:proposal_id>/decline")
@requires(Permission.REVIEW_COACH)
def decline(proposal_id: UUID) -> ResponseReturnValue:
    """Decline with a reason."""
    form = DeclineForm()
    if form.validate_on_submit():
        run(commands.decline_proposal, viewer(), form.reason.data or "", proposal_id, reason=form.reason.data or "")
        flash(_("Declined. QA sees your reason."))
        return redirect(url_for("reviews.coaching"))
    return _page(proposal_id, form)


@bp.post("/for/<uuid:deviation_id>")
@requires(Permission.REVIEW_PROPOSE)
def propose(deviation_id: UUID) -> ResponseReturnValue:
    """Propose a review about a deviation by hand, with one of the people involved."""
    involved = queries.people_involved(deviation_id)
    chosen = request.form.get("coachee", "")
    coachee_id = next(
        (person_id for person_id in involved if str(person_id) == chosen), involved[0] if involved else None
    )
    if coachee_id is None:
        raise NotFound("Nobody is named on this deviation. Name who was at the bench first.")
    run(commands.propose_review, viewer(), "proposed by hand", deviation_id, coachee_id=coachee_id)
    flash(_("Proposed. The coach accepts or declines."))
    return redirect(url_for("deviations.record", deviation_id=deviation_id))
