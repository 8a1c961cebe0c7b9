"""Changes of system actions: opened when a review is signed by both, done, declined, handed on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from coaching.barriers import queries, rules
from coaching.barriers.models import SystemAction
from coaching.barriers.rules import Asked, State
from lms.deviations.numbering import NumberGiver
from lms.extensions import Base, db
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, command
from lms.web.times import local_day

#: The series of their numbers.
SERIES = "SA"


def open_system_actions(
    work: Work, *, review_id: UUID, site_id: UUID, deviation_id: UUID | None, asked: Sequence[Asked]
) -> None:
    """Open what a review asks of its site, and tell each owner. Called while the review is closed, in its transaction."""
    if not asked:
        return
    today = local_day(work.at, zone_of(site_id))
    numbers = NumberGiver(work, [site_id], SERIES)
    for position, one in enumerate(asked, 1):
        action = SystemAction(
            number=numbers.next(site_id, today.year),
            review_id=review_id,
            position=position,
            site_id=site_id,
            deviation_id=deviation_id,
            kind=one.kind,
            what=one.what,
            owner_id=one.owner_id,
            opened_on=today,
            due_on=max(one.due_on, today),
        )
        work.add(action)
        _tell(work, action, one.owner_id, "system_action_opened")


@command(needs=Permission.ACTION_CARRY_OUT)
def finish_system_action(work: Work, action_id: UUID, *, version: int, done_on: date, evidence: str) -> SystemAction:
    """Note that a system action is done, since when and what shows it. By its owner; the two who asked are told."""
    action = _own(work, action_id, version)
    today = local_day(work.at, zone_of(action.site_id))
    rules.check_done(done_on, opened_on=action.opened_on, today=today, evidence=evidence)
    _answer(work, action, State.DONE, done_on, evidence)
    return action


@command(needs=Permission.ACTION_CARRY_OUT)
def decline_system_action(work: Work, action_id: UUID, *, version: int, reason: str) -> SystemAction:
    """Say that a system action will not be done, and why. By its owner; the two who asked and QA read the reason."""
    action = _own(work, action_id, version)
    if not reason.strip():
        raise NotAllowed("Say why it will not be done: the two who asked for it read it.", field="reason")
    _answer(work, action, State.DECLINED, local_day(work.at, zone_of(action.site_id)), reason)
    return action


@command(needs=Permission.ACTION_CARRY_OUT)
def hand_on_system_action(work: Work, action_id: UUID, *, version: int, owner_id: UUID, reason: str) -> SystemAction:
    """Give an open system action to another owner at the site, with a reason. By its owner, the site lead or QA."""
    action = _found(work, action_id, version, oversight=True)
    rules.check_is_open(action.number, action.state)
    if not reason.strip():
        raise NotAllowed("Say why somebody else sees to it.", field="handed_because")
    if owner_id == action.owner_id:
        raise NotAllowed("This person owns it already. Choose somebody else.", field="owner")
    today = local_day(work.at, zone_of(action.site_id))
    if queries.owner_name(owner_id, action.site_id, today) is None or owner_id == _two_people(action)[1]:
        raise NotAllowed("Choose an owner who works at this site or at the control site.", field="owner")
    action.owner_id = owner_id
    _tell(work, action, owner_id, "system_action_opened")
    return action


def _own(work: Work, action_id: UUID, version: int) -> SystemAction:
    action = _found(work, action_id, version, oversight=False)
    rules.check_is_open(action.number, action.state)
    return action


def _found(work: Work, action_id: UUID, version: int, *, oversight: bool) -> SystemAction:
    action = db.session.get(SystemAction, action_id)
    if action is None or not (
        action.owner_id == work.actor.person_id
        or (oversight and work.actor.may(Permission.SYSTEM_ACTION_SEE, action.site_id))
    ):
        raise NotFound("There is no such system action of yours.")
    if action.version != version:
        raise StaleForm("Somebody changed this action meanwhile. Compare and send again.")
    return action


def _answer(work: Work, action: SystemAction, state: State, on: date, answer: str) -> None:
    action.state, action.answered_on, action.answer = state, on, answer.strip()
    for person_id in _two_people(action):
        notify(work, person_id, f"system_action_{state}", f"/reviews/{action.review_id}", number=action.number)


def _two_people(action: SystemAction) -> tuple[UUID, UUID]:
    """Return coach and coachee of its review. By the table alone: a review knows its system actions, not the other way."""
    review = Base.metadata.tables["coaching_review"].c
    coach_id, coachee_id = db.session.execute(
        select(review.coach_id, review.coachee_id).where(review.id == action.review_id)
    ).one()
    return coach_id, coachee_id


def _tell(work: Work, action: SystemAction, person_id: UUID, sentence: str) -> None:
    notify(work, person_id, sentence, f"/system-actions/{action.id}", number=action.number, what=action.what[:200])
