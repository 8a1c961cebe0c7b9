"""Proposing reviews and deciding on proposals; changing a rule. The machine proposes; a human decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

from coaching.matching.queries import Known
from coaching.matching.rules import FIRM, Candidate, Case, Fit, chosen, fit, ranked
from coaching.occasions.rules import Firing, Rule, Trigger
from coaching.reviews.guides import kind_of_trigger
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.triggers import queries, rules
from coaching.triggers.models import ProposalState, ReviewProposal, TriggerRule
from lms.calendars.queries import free_days_of
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Person
from lms.identity.queries import holders
from lms.ids import new_id
from lms.network.queries import team_of, zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, command
from lms.web.times import local_day

#: Where proposals without a coach are listed.
WAITING = "/reviews/proposals"
#: Coaches who were passed over that a proposal keeps beside the chosen one.
PASSED_KEPT = 8


class Coaches:
    """The coaches of some sites on a day, with what they have to do, kept right while one command proposes many reviews."""

    def __init__(self, site_ids: Collection[UUID], today: date) -> None:
        """Read them, and the sites' calendars, in a few statements whatever their number."""
        self.today = today
        self.free_days = free_days_of(site_ids, today)
        at = queries.candidates_at(site_ids, today)
        self._now = {coach.person_id: coach for coaches in at.values() for coach in coaches}
        self._at = {site_id: [coach.person_id for coach in coaches] for site_id, coaches in at.items()}

    def has(self, coach_id: UUID, site_id: UUID) -> bool:
        """Whether somebody coaches at a site."""
        return coach_id in self._at[site_id]

    def ask(self, case: Case) -> tuple[Candidate | None, dict[str, object]]:
        """Return whom to ask and why, and count the review with them."""
        fits = ranked([self._now[coach_id] for coach_id in self._at[case.site_id]], case)
        best = chosen(fits)
        if best is None:
            return None, as_record(None, fits)
        self._now[best.coach.person_id] = best.coach.with_one_more(case.coachee_id)
        return best.coach, as_record(best, fits)


def as_record(best: Fit | None, fits: Iterable[Fit]) -> dict[str, object]:
    """Return what a proposal keeps of the choice: whom and why, and who was passed over because of something."""
    passed = [one.as_record() for one in fits if one.hindrance is not None]
    return {"chosen": best.as_record() if best is not None else None, "passed": passed[:PASSED_KEPT]}


def propose_what_fires(
    work: Work,
    firing: Firing,
    *,
    rule: Rule,
    coaches: Coaches,
    team_id: UUID | None = None,
    deviation_id: UUID | None = None,
    recurrence_id: UUID | None = None,
    known: Mapping[UUID, Known] | None = None,
    alert: bool = True,
) -> ReviewProposal:
    """Propose the review that a rule fires for, to the coach who fits; without one, tell whoever the rule names."""
    today = coaches.today
    case = queries.case_of(firing.person_id, firing.site_id, today, deviation_id=deviation_id, known=known)
    coach, matching = coaches.ask(case)
    proposal = ReviewProposal(
        id=new_id(),
        trigger=firing.trigger,
        site_id=firing.site_id,
        team_id=team_id or team_of(firing.person_id, today),
        deviation_id=deviation_id,
        recurrence_id=recurrence_id,
        coach_id=coach.person_id if coach is not None else None,
        coachee_id=firing.person_id,
        proposed_at=work.at,
        due_on=rules.hold_by(firing, today, coaches.free_days[firing.site_id]),
        rule_number=firing.rule_number,
        occasion=firing.occasion,
        evidence=dict(firing.evidence),
        matching=matching,
    )
    work.add(proposal)
    _tell(work, proposal, rule.alerts, alert=alert)
    return proposal


def _tell(work: Work, proposal: ReviewProposal, alerts: str, *, alert: bool = True) -> None:
    if proposal.coach_id is not None:
        notify(work, proposal.coach_id, "review_proposed", f"{WAITING}/{proposal.id}")
    elif alert:
        tell_nobody_is_free(work, proposal.site_id, alerts, 1)


def tell_nobody_is_free(work: Work, site_id: UUID, alerts: str, count: int) -> None:
    """Tell whoever answers for a site that no coach is free for so many reviews; QA, where the site has no lead."""
    today = local_day(work.at, zone_of(site_id))
    people = holders(Role(alerts), site_id, today) or holders(Role.QA, site_id, today)
    for person_id, _ in people:
        notify(work, person_id, "review_without_coach", WAITING, count=count)


# -- by hand -----------------------------------------------------------------------------------------------------------


@command(needs=Permission.REVIEW_PROPOSE)
def propose_review(work: Work, deviation_id: UUID, *, coachee_id: UUID) -> ReviewProposal:
    """Propose a review about a deviation by hand. If no coach is free, the site lead is told and finds one."""
    deviation = db.session.get(Deviation, deviation_id)
    coachee = db.session.get(Person, coachee_id)
    if deviation is None or coachee is None or not work.actor.may(Permission.REVIEW_PROPOSE, deviation.site_id):
        raise NotFound("There is no such deviation at your sites.")
    today = local_day(work.at, zone_of(deviation.site_id))
    coaches = Coaches([deviation.site_id], today)
    coach, matching = coaches.ask(queries.case_of(coachee_id, deviation.site_id, today, deviation_id=deviation_id))
    days = rules.DUE_BY_HAND.get(deviation.severity, rules.DUE_BY_HAND["minor"])
    proposal = ReviewProposal(
        id=new_id(),
        trigger="deviation",
        site_id=deviation.site_id,
        team_id=deviation.team_id or team_of(coachee_id, today),
        deviation_id=deviation_id,
        coach_id=coach.person_id if coach is not None else None,
        coachee_id=coachee_id,
        proposed_at=work.at,
        due_on=rules.due_on(today, days, coaches.free_days[deviation.site_id]),
        matching=matching,
    )
    work.add(proposal)
    _tell(work, proposal, Role.SITE_LEAD)
    return proposal


@command(needs=Permission.REVIEW_COACH)
def propose_routine_review(work: Work, *, coachee_id: UUID) -> ReviewProposal:
    """Let a coach plan a routine review with somebody; the proposal is the coach's own."""
    coachee = db.session.get(Person, coachee_id)
    if coachee is None or work.actor.person_id is None or not work.actor.may(Permission.REVIEW_COACH, coachee.site_id):
        raise NotFound("There is no such person at your sites.")
    today = local_day(work.at, zone_of(coachee.site_id))
    free = free_days_of([coachee.site_id], today)[coachee.site_id]
    proposal = ReviewProposal(
        trigger="routine",
        site_id=coachee.site_id,
        team_id=team_of(coachee_id, today),
        coach_id=work.actor.person_id,
        coachee_id=coachee_id,
        proposed_at=work.at,
        due_on=rules.due_on(today, rules.DUE_BY_HAND["minor"], free),
    )
    work.add(proposal)
    return proposal


# -- deciding ----------------------------------------------------------------------------------------------------------


def _own_proposal(work: Work, proposal_id: UUID) -> ReviewProposal:
    proposal = db.session.get(ReviewProposal, proposal_id, with_for_update=True)
    if proposal is None or proposal.coach_id is None or proposal.coach_id != work.actor.person_id:
        raise NotFound("There is no such proposal for you.")
    _check_open(proposal)
    return proposal


def _check_open(proposal: ReviewProposal) -> None:
    if proposal.state != ProposalState.OPEN:
        raise NotAllowed("This proposal was decided already.")


@command(needs=Permission.REVIEW_COACH)
def accept_proposal(work: Work, proposal_id: UUID) -> CoachingReview:
    """Accept a proposal: the review exists and waits for a time.

    Raises ``NotAllowed`` if it was decided already, or if the coach was named in the deviation or took over its
    investigation since it was proposed.
    """
    proposal = _own_proposal(work, proposal_id)
    if proposal.deviation_id is not None and proposal.coach_id in queries.conflicts(proposal.deviation_id)[0]:
        raise NotAllowed("By now you have a part in this deviation. Give the review to another coach.")
    proposal.state, proposal.decided_at = ProposalState.ACCEPTED, work.at
    kind = kind_of_trigger(proposal.trigger)
    review = CoachingReview(
        proposal_id=proposal.id,
        site_id=proposal.site_id,
        team_id=proposal.team_id,
        deviation_id=proposal.deviation_id,
        coach_id=proposal.coach_id,
        coachee_id=proposal.coachee_id,
        kind=kind.code,
        guide=kind.guide,
    )
    work.add(review)
    notify(work, review.coachee_id, "review_accepted", f"/reviews/{review.id}")
    return review


@command(needs=Permission.REVIEW_COACH)
def decline_proposal(work: Work, proposal_id: UUID, *, reason: str) -> ReviewProposal:
    """Decline a proposal with a reason. Raises ``NotAllowed`` without one."""
    rules.check_reason(reason, "Say why you decline: QA reads it.")
    proposal = _own_proposal(work, proposal_id)
    proposal.state, proposal.decided_at, proposal.decision_reason = ProposalState.DECLINED, work.at, reason.strip()
    return proposal


@command(needs=Permission.REVIEW_COACH)
def merge_proposal(work: Work, proposal_id: UUID, *, into_id: UUID) -> ReviewProposal:
    """Take a proposal into another one with the same person, or into the review that came of it and was not held yet.

    The other is then to be held by the earlier of the two days. Its coach is told, if that is somebody else. Raises
    ``NotAllowed`` for one that is none of these.
    """
    proposal = _own_proposal(work, proposal_id)
    target = next(
        (one for one in queries.targets_of(proposal.id, proposal.coachee_id) if one.proposal_id == into_id), None
    )
    if target is None:
        raise NotAllowed("Choose an open proposal or review of the same person that was not held yet.", field="into")
    into = db.session.get_one(ReviewProposal, into_id, with_for_update=True)
    into.due_on = min(into.due_on, proposal.due_on)
    proposal.state, proposal.decided_at, proposal.merged_into_id = ProposalState.MERGED, work.at, into.id
    if into.coach_id is not None and into.coach_id != work.actor.person_id:
        notify(work, into.coach_id, "proposal_merged", f"{WAITING}/{into.id}")
    return proposal


@command(needs=Permission.HOME_SEE)
def reassign_proposal(work: Work, proposal_id: UUID, *, version: int, coach_id: UUID, reason: str) -> ReviewProposal:
    """Give an open proposal to another coach, with a reason: by its coach, or by whoever answers for the site.

    Raises ``NotAllowed`` for a coach who has a conflict, no language or no working time in common; and, unless whoever
    answers for the site decides it, for one whose caps are reached.
    """
    proposal = db.session.get(ReviewProposal, proposal_id, with_for_update=True)
    assigns = proposal is not None and work.actor.may(Permission.REVIEW_ASSIGN, proposal.site_id)
    own = proposal is not None and proposal.coach_id is not None and proposal.coach_id == work.actor.person_id
    if proposal is None or not (assigns or (own and work.actor.may(Permission.REVIEW_COACH))):
        raise NotFound("There is no such proposal for you.")
    _check_open(proposal)
    if proposal.version != version:
        raise StaleForm("Somebody changed this proposal meanwhile. Look at it again.")
    rules.check_reason(reason, "Say why this coach: it stands on the proposal.")
    if coach_id == proposal.coach_id:
        raise NotAllowed("This coach has the proposal already. Choose another one.", field="coach")
    today = local_day(work.at, zone_of(proposal.site_id))
    case = queries.case_of(proposal.coachee_id, proposal.site_id, today, deviation_id=proposal.deviation_id)
    found = queries.candidates_at([proposal.site_id], today)[proposal.site_id]
    coach = next((one for one in found if one.person_id == coach_id), None)
    if coach is None:
        raise NotAllowed("Choose a coach of this site or of the network.", field="coach")
    fitted = fit(coach, case)
    if fitted.hindrance in FIRM:
        message = f"{coach.name} cannot take this review: a conflict, no common language or no common working time."
        raise NotAllowed(message, field="coach")
    if fitted.hindrance is not None and not assigns:
        message = f"{coach.name} has as much as a coach takes. Whoever answers for the site can decide it all the same."
        raise NotAllowed(message, field="coach")
    proposal.coach_id, proposal.reassigned_reason = coach_id, reason.strip()
    proposal.matching = as_record(fitted, (one for one in ranked(found, case) if one.coach.person_id != coach_id))
    notify(work, coach_id, "review_proposed", f"{WAITING}/{proposal.id}")
    return proposal


@command(needs=Permission.REVIEW_COACH)
def rate_proposal(work: Work, review_id: UUID, *, useful: bool) -> ReviewProposal:
    """Keep the coach's word whether it was useful that this review was proposed, once it is closed. It can be changed."""
    review = db.session.get(CoachingReview, review_id)
    if review is None or review.coach_id != work.actor.person_id or review.proposal_id is None:
        raise NotFound("There is no such review of yours.")
    if review.state != ReviewState.CLOSED:
        raise NotAllowed("Say it once the review is closed.")
    proposal = db.session.get_one(ReviewProposal, review.proposal_id)
    proposal.useful = useful
    return proposal


# -- rules -------------------------------------------------------------------------------------------------------------


@command(needs=Permission.TRIGGER_MANAGE)
def change_trigger_rule(
    work: Work,
    code: str,
    *,
    number: int,
    is_on: bool,
    figures: Mapping[str, int],
    cool_down_days: int,
    alerts: str,
    reason: str,
    would_have_fired: int,
) -> TriggerRule:
    """Put a rule into a new version, with a reason and how often it would have fired; the old one stays readable.

    Holds for what happens from now on. Raises ``NotAllowed`` for anybody who answers for some sites only, for figures
    out of bounds and for a rule that waits for its fact; ``StaleForm`` if somebody changed it meanwhile.
    """
    if work.actor.sites_for(Permission.TRIGGER_MANAGE) is not None:
        raise NotAllowed("A rule holds for the whole network: QA of the control site changes it.", field="reason")
    if code not in set(Trigger):
        raise NotFound("There is no such rule.")
    rule = queries.rules_in_force()[Trigger(code)]
    if rule.number != number:
        raise StaleForm("Somebody changed this rule meanwhile. Try it again.")
    following = rules.changed(rule, is_on=is_on, figures=figures, cool_down_days=cool_down_days, alerts=alerts)
    rules.check_reason(reason, "Say why the rule changes: it stands beside the version.")
    row = TriggerRule(
        code=following.code,
        number=following.number,
        is_on=following.is_on,
        figures=dict(following.figures),
        cool_down_days=following.cool_down_days,
        alerts=following.alerts,
        reason=reason.strip(),
        tried_days=rules.TRIED_DAYS,
        would_have_fired=would_have_fired,
        changed_by_id=work.actor.person_id,
        changed_at=work.at,
    )
    work.add(row)
    return row
