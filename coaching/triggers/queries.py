"""Reading rules and proposals: the rule in force, its history and its worth; a coach's proposals; those without a coach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, cast, func, null, or_, select, union_all
from sqlalchemy.orm import aliased

from coaching.matching.queries import Known, coaches_of, known_of
from coaching.matching.rules import USUAL_WEEK, WEEK_DAYS, Candidate, Case
from coaching.occasions.rules import DELIVERED, Rule, Trigger
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from coaching.triggers.models import ProposalState, ReviewProposal, TriggerRule
from lms.deviations.models import Deviation, PersonInvolved
from lms.extensions import UTCDateTime, db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site, Team
from lms.permissions import Actor, Permission, Role
from lms.scope import within

#: Longest list of proposals without a coach on a page; the export has all.
MOST = 200


# -- rules -------------------------------------------------------------------------------------------------------------


def _rule(row: TriggerRule) -> Rule:
    return Rule(
        Trigger(row.code),
        row.number,
        is_on=row.is_on,
        figures=row.figures,
        cool_down_days=row.cool_down_days,
        alerts=row.alerts,
    )


def rules_in_force() -> dict[Trigger, Rule]:
    """Return every rule in its newest version, as delivered where nobody changed it."""
    found = dict(DELIVERED)
    for row in db.session.scalars(select(TriggerRule).order_by(TriggerRule.number)):
        found[Trigger(row.code)] = _rule(row)
    return found


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a rule, with who made it and why; version 1 was delivered."""

    rule: Rule
    reason: str
    tried_days: int
    would_have_fired: int
    changed_by: str
    changed_at: datetime | None


def versions_of(trigger: Trigger) -> list[VersionRow]:
    """Return every version of a rule, newest first."""
    statement = (
        select(TriggerRule, Person.given_name, Person.family_name)
        .outerjoin(Person, Person.id == TriggerRule.changed_by_id)
        .where(TriggerRule.code == trigger)
        .order_by(TriggerRule.number.desc())
    )
    changed = [
        VersionRow(
            _rule(row),
            row.reason,
            row.tried_days,
            row.would_have_fired,
            f"{given} {family}" if given else "",
            row.changed_at,
        )
        for row, given, family in db.session.execute(statement)
    ]
    return [*changed, VersionRow(DELIVERED[trigger], "", 0, 0, "", None)]


@dataclass(frozen=True, slots=True)
class Worth:
    """How a rule's proposals fared in the reader's sites, all versions together."""

    proposed: int = 0
    #: Accepted, or taken into another review.
    taken_up: int = 0
    declined: int = 0
    useful: int = 0
    not_useful: int = 0

    @property
    def decided(self) -> int:
        """Proposals that somebody decided on."""
        return self.taken_up + self.declined

    @property
    def answered(self) -> int:
        """Reviews whose coach said whether the proposal was useful."""
        return self.useful + self.not_useful


def worth_of_rules(reader: Actor) -> dict[str, Worth]:
    """Return by rule how its proposals fared. By rule and nothing finer: nobody's coach or coachee is counted."""
    taken_up = ReviewProposal.state.in_([ProposalState.ACCEPTED, ProposalState.MERGED])

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))

    statement = (
        select(
            ReviewProposal.trigger,
            func.count(),
            count(taken_up),
            count(ReviewProposal.state == ProposalState.DECLINED),
            count(ReviewProposal.useful.is_(True)),
            count(ReviewProposal.useful.is_(False)),
        )
        .where(within(ReviewProposal.site_id, reader, Permission.TRIGGER_SEE))
        .group_by(ReviewProposal.trigger)
    )
    return {row[0]: Worth(*row[1:]) for row in db.session.execute(statement)}


def sites_by_name(reader: Actor) -> dict[UUID, str]:
    """Return the names of the sites whose proposals the reader may see in a trial."""
    statement = select(Site.id, Site.name).where(within(Site.id, reader, Permission.TRIGGER_SEE))
    return {row[0]: row[1] for row in db.session.execute(statement)}


# -- whom to ask -------------------------------------------------------------------------------------------------------


def candidates_at(site_ids: Collection[UUID], today: date) -> dict[UUID, list[Candidate]]:
    """Return for each site its coaches, with whom and how much they have to do from a day on. Three statements."""
    coaches = coaches_of(site_ids, today)
    ids = {coach.person_id for found in coaches.values() for coach in found}
    operators, reviews = _load(ids, today)
    return {
        site_id: [
            replace(
                coach,
                operators=frozenset(operators.get(coach.person_id, ())),
                reviews=reviews.get(coach.person_id, 0),
            )
            for coach in found
        ]
        for site_id, found in coaches.items()
    }


def _load(coach_ids: Collection[UUID], today: date) -> tuple[dict[UUID, set[UUID]], dict[UUID, int]]:
    """Return by coach the people of their caseload, and how many reviews fall into the coming seven days.

    A review falls into them by its appointment; one without a time, or not decided on yet, by the day it is due.
    """
    week = today + timedelta(days=WEEK_DAYS)
    going_on = or_(
        CoachingReview.state.in_([ReviewState.ACCEPTED, ReviewState.SCHEDULED, ReviewState.HELD]),
        and_(CoachingReview.state == ReviewState.CLOSED, CoachingReview.outcome == ""),
    )
    going = (
        select(
            CoachingReview.coach_id,
            CoachingReview.coachee_id,
            ReviewProposal.due_on,
            Appointment.starts_at,
            CoachingReview.state,
        )
        .outerjoin(ReviewProposal, ReviewProposal.id == CoachingReview.proposal_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .where(CoachingReview.coach_id.in_(coach_ids), going_on)
    )
    proposed = select(
        ReviewProposal.coach_id,
        ReviewProposal.coachee_id,
        ReviewProposal.due_on,
        cast(null(), UTCDateTime()),
        ReviewProposal.state,
    ).where(ReviewProposal.coach_id.in_(coach_ids), ReviewProposal.state == ProposalState.OPEN)
    operators: defaultdict[UUID, set[UUID]] = defaultdict(set)
    reviews: defaultdict[UUID, int] = defaultdict(int)
    if coach_ids:
        rows: Sequence[Any] = db.session.execute(union_all(going, proposed)).all()
        for coach_id, coachee_id, due_on, starts_at, state in rows:
            operators[coach_id].add(coachee_id)
            to_come = state in {ProposalState.OPEN, ReviewState.ACCEPTED, ReviewState.SCHEDULED}
            day = starts_at.date() if starts_at is not None else due_on
            if to_come and day is not None and day < week:
                reviews[coach_id] += 1
    return operators, reviews


def case_of(
    coachee_id: UUID,
    site_id: UUID,
    today: date,
    *,
    deviation_id: UUID | None,
    known: Mapping[UUID, Known] | None = None,
) -> Case:
    """Return the case that a coach is sought for: who is out of the question, and what the review is about."""
    conflicted, subject = conflicts(deviation_id) if deviation_id is not None else (frozenset[UUID](), "")
    one = (known if known is not None else known_of([coachee_id])).get(coachee_id)
    if one is None:
        return Case(coachee_id, site_id, "UTC", today, USUAL_WEEK, frozenset(), subject, conflicted)
    manager = frozenset({one.line_manager_id} if one.line_manager_id else ())
    return Case(coachee_id, site_id, one.zone, today, one.week, one.languages, subject, conflicted | manager)


def conflicts(deviation_id: UUID) -> tuple[frozenset[UUID], str]:
    """Return who is named in a deviation or investigates it, and its process step."""
    statement = (
        select(
            PersonInvolved.person_id,
            Deviation.reported_by_id,
            Deviation.lead_id,
            Deviation.investigated_by_id,
            Deviation.process_step,
        )
        .outerjoin(PersonInvolved, PersonInvolved.deviation_id == Deviation.id)
        .where(Deviation.id == deviation_id)
    )
    rows = db.session.execute(statement).all()
    people = frozenset(person for row in rows for person in row[:4] if person is not None)
    return people, rows[0][4] if rows else ""


def people_involved(deviation_id: UUID) -> list[UUID]:
    """Return who was at the bench, in the order named. For the choice of coach and coachee only."""
    statement = (
        select(PersonInvolved.person_id).where(PersonInvolved.deviation_id == deviation_id).order_by(PersonInvolved.id)
    )
    return list(db.session.scalars(statement))


def can_be_met(person_id: UUID, on: date) -> bool:
    """Whether somebody is still at work and makes batches: nobody else has a side to write in a review."""
    statement = (
        select(Person.id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Person.id == person_id,
            or_(Person.left_on.is_(None), Person.left_on > on),
            RoleAssignment.role == Role.OPERATOR,
            RoleAssignment.approved_at.is_not(None),
            RoleAssignment.valid_from <= on,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
        )
        .limit(1)
    )
    return db.session.scalar(statement) is not None


def is_proposed_for(recurrence_id: UUID) -> bool:
    """Whether a confirmed recurrence has proposed its review already."""
    statement = select(ReviewProposal.id).where(ReviewProposal.recurrence_id == recurrence_id)
    return db.session.scalar(statement) is not None


# -- proposals ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as its coach, or whoever finds one, reads it."""

    id: UUID
    version: int
    trigger: str
    state: str
    coach_id: UUID | None
    coachee_id: UUID
    coachee_name: str
    team_name: str | None
    site_id: UUID
    site_name: str
    zone: str
    deviation_id: UUID | None
    deviation_number: str | None
    deviation_title: str | None
    process_step: str | None
    severity: str | None
    proposed_at: datetime
    due_on: date
    rule_number: int | None
    evidence: Mapping[str, Any] | None
    matching: Mapping[str, Any] | None
    reassigned_reason: str | None
    decision_reason: str
    merged_into_id: UUID | None
    useful: bool | None
    #: State of the review that came of it.
    review_id: UUID | None
    review_state: str | None


def open_proposals(coach: Actor) -> list[ProposalRow]:
    """Return the proposals that wait for this coach, the soonest due first."""
    return _proposals(ReviewProposal.coach_id == coach.person_id, ReviewProposal.state == ProposalState.OPEN)


def proposal_of(coach: Actor, proposal_id: UUID) -> ProposalRow | None:
    """Return one proposal of this coach, or None."""
    rows = _proposals(ReviewProposal.coach_id == coach.person_id, ReviewProposal.id == proposal_id)
    return rows[0] if rows else None


def without_coach(reader: Actor) -> list[ProposalRow]:
    """Return the open proposals at the reader's sites for which no coach was free, the soonest due first."""
    return _proposals(
        within(ReviewProposal.site_id, reader, Permission.REVIEW_ASSIGN),
        ReviewProposal.state == ProposalState.OPEN,
        ReviewProposal.coach_id.is_(None),
    )


def proposal_to_assign(reader: Actor, proposal_id: UUID) -> ProposalRow | None:
    """Return an open proposal at the reader's sites, or None."""
    rows = _proposals(
        within(ReviewProposal.site_id, reader, Permission.REVIEW_ASSIGN),
        ReviewProposal.state == ProposalState.OPEN,
        ReviewProposal.id == proposal_id,
    )
    return rows[0] if rows else None


def taken_into(proposal_id: UUID) -> list[ProposalRow]:
    """Return the proposals that were taken into one: what they were proposed for is to be talked about there."""
    return _proposals(ReviewProposal.merged_into_id == proposal_id)


def _proposals(*conditions: ColumnElement[bool]) -> list[ProposalRow]:
    coachee = aliased(Person)
    statement = (
        select(
            ReviewProposal.id,
            ReviewProposal.version,
            ReviewProposal.trigger,
            ReviewProposal.state,
            ReviewProposal.coach_id,
            ReviewProposal.coachee_id,
            coachee.given_name + " " + coachee.family_name,
            Team.name,
            Site.id,
            Site.name,
            Site.zone,
            Deviation.id,
            Deviation.number,
            Deviation.title,
            Deviation.process_step,
            Deviation.severity,
            ReviewProposal.proposed_at,
            ReviewProposal.due_on,
            ReviewProposal.rule_number,
            ReviewProposal.evidence,
            ReviewProposal.matching,
            ReviewProposal.reassigned_reason,
            ReviewProposal.decision_reason,
            ReviewProposal.merged_into_id,
            ReviewProposal.useful,
            CoachingReview.id,
            CoachingReview.state,
        )
        .join(coachee, coachee.id == ReviewProposal.coachee_id)
        .join(Site, Site.id == ReviewProposal.site_id)
        .outerjoin(Team, Team.id == ReviewProposal.team_id)
        .outerjoin(Deviation, Deviation.id == ReviewProposal.deviation_id)
        .outerjoin(CoachingReview, CoachingReview.proposal_id == ReviewProposal.id)
        .where(*conditions)
        .order_by(ReviewProposal.due_on, ReviewProposal.id)
    )
    return [ProposalRow(*tuple[Any, ...](row)) for row in db.session.execute(statement)]


@dataclass(frozen=True, slots=True)
class Target:
    """An open proposal or review of the same person that a proposal can be taken into."""

    proposal_id: UUID
    coach_id: UUID | None
    coach_name: str | None
    due_on: date
    #: None while it is a proposal.
    review_state: str | None
    starts_at: datetime | None
    deviation_number: str | None


def targets_of(proposal_id: UUID, coachee_id: UUID) -> list[Target]:
    """Return what a proposal can be taken into: other proposals with the same person, and reviews not held yet."""
    coach = aliased(Person)
    not_held = CoachingReview.state.in_([ReviewState.ACCEPTED, ReviewState.SCHEDULED])
    statement = (
        select(
            ReviewProposal.id,
            ReviewProposal.coach_id,
            coach.given_name + " " + coach.family_name,
            ReviewProposal.due_on,
            CoachingReview.state,
            Appointment.starts_at,
            Deviation.number,
        )
        .outerjoin(coach, coach.id == ReviewProposal.coach_id)
        .outerjoin(CoachingReview, CoachingReview.proposal_id == ReviewProposal.id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .outerjoin(Deviation, Deviation.id == ReviewProposal.deviation_id)
        .where(
            ReviewProposal.coachee_id == coachee_id,
            ReviewProposal.id != proposal_id,
            or_(
                ReviewProposal.state == ProposalState.OPEN,
                and_(ReviewProposal.state == ProposalState.ACCEPTED, not_held),
            ),
        )
        .order_by(ReviewProposal.due_on, ReviewProposal.id)
    )
    return [Target(*row) for row in db.session.execute(statement)]


def proposed_already(triggers: Sequence[str], site_ids: Collection[UUID]) -> list[tuple[str, UUID, str | None, date]]:
    """Return trigger, person, occasion and day of what some rules proposed at some sites before."""
    statement = select(
        ReviewProposal.trigger, ReviewProposal.coachee_id, ReviewProposal.occasion, ReviewProposal.proposed_at
    ).where(ReviewProposal.trigger.in_(triggers), ReviewProposal.site_id.in_(site_ids))
    return [(row[0], row[1], row[2], row[3].date()) for row in db.session.execute(statement)]


def proposed_to(person_id: UUID) -> dict[str, tuple[set[str | None], date | None]]:
    """Return by trigger the occasions for which a review with somebody was proposed, and the last day of one."""
    statement = select(ReviewProposal.trigger, ReviewProposal.occasion, ReviewProposal.proposed_at).where(
        ReviewProposal.coachee_id == person_id
    )
    found: dict[str, tuple[set[str | None], date | None]] = {}
    for trigger, occasion, proposed_at in db.session.execute(statement.order_by(ReviewProposal.proposed_at)):
        occasions, _ = found.setdefault(trigger, (set(), None))
        found[trigger] = (occasions | {occasion}, proposed_at.date())
    return found
