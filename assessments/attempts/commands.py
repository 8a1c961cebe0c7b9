"""Sitting an attempt. Drawn, stored, saved, timed and scored by the server; handed in exactly once.

Whoever touches an open attempt locks its row, and its change carries the row's version, so that of any number of requests at
once one finds it open and the others find it handed in.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from assessments.attempts.models import Attempt, AttemptItem, AttemptState, FurtherAttempt, SavedAnswer
from assessments.attempts.rules import Answer, PoolItem, draw, score
from assessments.items.models import Item, ItemOption, ItemVersion, OptionKey, Quiz, QuizItem
from assessments.training.commands import finish_knowledge_check
from lms import signals
from lms.extensions import db
from lms.facts import AssessmentFailed
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, command
from modules.api import CheckDoor, check_door


class AlreadyHandedIn(StaleForm):
    """The attempt is closed, and its one result stands."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the server holds after a save: the newest sequence, when it came in, and whether the time was over by then."""

    sequence: int
    saved_at: datetime | None
    closed: bool


@command(needs=Permission.ATTEMPT_SIT)
def start_attempt(work: Work, assignment_id: UUID, part_id: UUID) -> UUID:
    """Start an attempt, or return the open one; if its time is over it is closed and returned, so that its result is seen.

    Raises ``NotAllowed`` if the module has no knowledge check, is passed already, or the attempts are used up.
    """
    door = _own_door(work, assignment_id, part_id)
    earlier = db.session.scalars(
        select(Attempt).where(Attempt.assignment_id == assignment_id).order_by(Attempt.number).with_for_update()
    ).all()
    for attempt in earlier:
        if attempt.state == AttemptState.OPEN:
            if attempt.deadline_at <= work.at:
                _close(work, attempt, AttemptState.TIMED_OUT)
            return attempt.id
    quiz = db.session.scalars(select(Quiz).where(Quiz.module_id == door.module_id)).one_or_none()
    if quiz is None:
        raise NotAllowed("There are no questions for this module yet. Tell your trainer.")
    if not door.is_open:
        raise NotAllowed(door.closed_because)
    if len(earlier) >= quiz.attempts + _further(assignment_id):
        raise NotAllowed(
            f"All {len(earlier)} attempts are used. Your trainer is asked to go through it with you and can then allow another."
        )
    attempt = Attempt(
        quiz_id=quiz.id,
        assignment_id=assignment_id,
        part_id=part_id,
        person_id=work.actor.person_id,
        site_id=door.site_id,
        number=len(earlier) + 1,
        started_at=work.at,
        deadline_at=work.at + timedelta(minutes=quiz.minutes),
        out_of=quiz.draw,
    )
    work.add(attempt)
    db.session.flush()
    _draw(work, attempt, quiz, [attempt.id for attempt in earlier])
    return attempt.id


def _own_door(work: Work, assignment_id: UUID, part_id: UUID) -> CheckDoor:
    door = check_door(assignment_id, part_id)
    if door.person_id != work.actor.person_id:
        raise NotFound("There is no such knowledge check assigned to you.")
    return door


def _further(assignment_id: UUID) -> int:
    statement = select(func.count()).select_from(FurtherAttempt).where(FurtherAttempt.assignment_id == assignment_id)
    return db.session.scalar(statement) or 0


def _draw(work: Work, attempt: Attempt, quiz: Quiz, earlier: list[UUID]) -> None:
    pool = [
        PoolItem(*row)
        for row in db.session.execute(
            select(Item.id, ItemVersion.id, Item.critical)
            .join(QuizItem, (QuizItem.item_id == Item.id) & QuizItem.in_use)
            .join(ItemVersion, (ItemVersion.item_id == Item.id) & ItemVersion.is_current)
            .where(QuizItem.quiz_id == quiz.id)
            .order_by(Item.code)
        )
    ]
    seen = set(
        db.session.scalars(
            select(ItemVersion.item_id)
            .join(AttemptItem, AttemptItem.item_version_id == ItemVersion.id)
            .where(AttemptItem.attempt_id.in_(earlier))
        )
    )
    chance = secrets.SystemRandom()
    drawn = draw(pool, quiz.draw, seen, chance)
    options: defaultdict[UUID, list[UUID]] = defaultdict(list)
    of_drawn = select(ItemOption.item_version_id, ItemOption.id).where(
        ItemOption.item_version_id.in_([item.version_id for item in drawn])
    )
    for version_id, option_id in db.session.execute(of_drawn):
        options[version_id].append(option_id)
    for position, item in enumerate(drawn, start=1):
        offered = chance.sample(options[item.version_id], len(options[item.version_id]))
        work.add(
            AttemptItem(
                attempt_id=attempt.id,
                position=position,
                item_version_id=item.version_id,
                options=[[secrets.token_hex(8), str(option_id)] for option_id in offered],
            )
        )


@command(needs=Permission.ATTEMPT_SIT)
def save_answer(
    work: Work, attempt_id: UUID, position: int, *, chosen: Iterable[str], flagged: bool, sequence: int
) -> Saved:
    """Save what is chosen in one question. Only appended: a save that comes in late, after a newer one, changes nothing.

    When the time is over the attempt is closed with what was saved before, and ``closed`` is true. Raises
    ``AlreadyHandedIn`` after hand-in, ``NotFound`` for another person's attempt, ``NotAllowed`` for an answer not offered.
    """
    attempt = _locked(work, attempt_id)
    item = db.session.scalars(
        select(AttemptItem).where(AttemptItem.attempt_id == attempt_id, AttemptItem.position == position)
    ).one_or_none()
    if item is None:
        raise NotFound("There is no such question in this attempt.")
    newest = db.session.scalars(
        select(SavedAnswer).where(SavedAnswer.attempt_item_id == item.id).order_by(SavedAnswer.sequence.desc()).limit(1)
    ).one_or_none()
    if attempt.deadline_at <= work.at:
        _close(work, attempt, AttemptState.TIMED_OUT)
        return Saved(newest.sequence if newest else 0, newest.saved_at if newest else None, closed=True)
    if newest is not None and sequence <= newest.sequence:
        return Saved(newest.sequence, newest.saved_at, closed=False)
    known = {random_id for random_id, _ in item.options}
    picked = list(dict.fromkeys(chosen))
    if not known.issuperset(picked) or not 0 <= sequence < 2**31:
        raise NotAllowed("This answer does not belong to the question. Reload the page and choose again.")
    work.add(SavedAnswer(attempt_item_id=item.id, sequence=sequence, chosen=picked, flagged=flagged, saved_at=work.at))
    return Saved(sequence, work.at, closed=False)


@command(needs=Permission.ATTEMPT_SIT)
def submit_attempt(work: Work, attempt_id: UUID) -> None:
    """Hand in. What was saved counts; after the deadline the attempt is closed as timed out, with what was saved in time.

    Raises ``AlreadyHandedIn`` for every request but the first.
    """
    attempt = _locked(work, attempt_id)
    _close(work, attempt, AttemptState.SUBMITTED if work.at < attempt.deadline_at else AttemptState.TIMED_OUT)


@command(needs=Permission.SYSTEM_RUN)
def close_expired_attempts(work: Work) -> str:
    """Close every attempt whose time is over, with what was saved. One that its person is touching now is left to them."""
    expired = (
        select(Attempt)
        .where(Attempt.state == AttemptState.OPEN, Attempt.deadline_at <= work.at)
        .order_by(Attempt.deadline_at)
        .with_for_update(skip_locked=True)
    )
    attempts = db.session.scalars(expired).all()
    for attempt in attempts:
        _close(work, attempt, AttemptState.TIMED_OUT)
    return f"{len(attempts)} attempts closed"


@command(needs=Permission.ASSIGNMENT_MANAGE)
def allow_further_attempt(work: Work, attempt_id: UUID, *, note: str) -> FurtherAttempt:
    """Allow one more attempt after all were used. ``note`` says what was gone through together before."""
    attempt = db.session.get(Attempt, attempt_id)
    if attempt is None or not work.actor.may(Permission.ASSIGNMENT_MANAGE, attempt.site_id):
        raise NotFound("There is no such attempt at your sites.")
    if attempt.person_id == work.actor.person_id:
        raise NotAllowed("Nobody allows themself another attempt. Ask another trainer.")
    if len(note.strip()) < 10:
        raise NotAllowed("Say in a sentence what you went through together.", field="note")
    used = db.session.scalars(
        select(Attempt).where(Attempt.assignment_id == attempt.assignment_id).with_for_update()
    ).all()
    quiz = db.session.get_one(Quiz, attempt.quiz_id)
    if any(one.passed or one.state == AttemptState.OPEN for one in used) or len(used) < quiz.attempts + _further(
        attempt.assignment_id
    ):
        raise NotAllowed("There is an attempt left or passed, so no further one is needed.")
    allowed = FurtherAttempt(
        assignment_id=attempt.assignment_id,
        person_id=attempt.person_id,
        site_id=attempt.site_id,
        allowed_by_id=work.actor.person_id,
        allowed_at=work.at,
        note=note.strip(),
    )
    work.add(allowed)
    return allowed


def _locked(work: Work, attempt_id: UUID) -> Attempt:
    statement = select(Attempt).where(Attempt.id == attempt_id).with_for_update()
    attempt = db.session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()
    if attempt is None or attempt.person_id != work.actor.person_id:
        raise NotFound("There is no such attempt of yours.")
    if attempt.state != AttemptState.OPEN:
        raise AlreadyHandedIn("This attempt is handed in already. Its result stands.")
    return attempt


def _close(work: Work, attempt: Attempt, state: AttemptState) -> None:
    """Score what was saved, once; tell the module if it passed, and the other rooms if it did not."""
    quiz = db.session.get_one(Quiz, attempt.quiz_id)
    counted = _counted_answers(attempt)
    result = score((answer for _, answer in counted), quiz.pass_percent)
    attempt.state, attempt.finished_at = state, min(work.at, attempt.deadline_at)
    attempt.correct, attempt.out_of, attempt.percent = result.correct, result.out_of, result.percent
    attempt.credit_percent, attempt.passed = result.credit_percent, result.passed
    attempt.answers = {code: sorted(answer.chosen) for code, answer in counted}
    if result.passed:
        finish_knowledge_check(
            work,
            attempt.assignment_id,
            attempt.part_id,
            {"attempt": str(attempt.id), "percent": result.percent, "quiz": quiz.code},
        )
        return
    locked = attempt.number >= quiz.attempts + _further(attempt.assignment_id)
    fact = AssessmentFailed(
        attempt.id, attempt.person_id, attempt.site_id, quiz.title, attempt.number, locked, attempt.finished_at
    )
    work.tell(signals.assessment_failed, fact)


def _counted_answers(attempt: Attempt) -> list[tuple[str, Answer]]:
    """Return by item code what was asked, what is right, and the last answer saved before the deadline."""
    saved = (
        select(SavedAnswer.attempt_item_id, SavedAnswer.chosen)
        .join(AttemptItem, AttemptItem.id == SavedAnswer.attempt_item_id)
        .where(AttemptItem.attempt_id == attempt.id, SavedAnswer.saved_at <= attempt.deadline_at)
        .order_by(SavedAnswer.sequence)
    )
    chosen = dict(db.session.execute(saved).all())  # later saves replace earlier ones
    asked = db.session.execute(
        select(AttemptItem.id, AttemptItem.options, Item.code, Item.critical, ItemVersion.kind, ItemVersion.id)
        .join(ItemVersion, ItemVersion.id == AttemptItem.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(AttemptItem.attempt_id == attempt.id)
        .order_by(AttemptItem.position)
    ).all()
    places: dict[UUID, int] = {}
    right: defaultdict[UUID, set[int]] = defaultdict(set)
    keys = (
        select(ItemOption.id, ItemOption.item_version_id, ItemOption.position, OptionKey.correct)
        .join(OptionKey, OptionKey.option_id == ItemOption.id)
        .where(ItemOption.item_version_id.in_([row[5] for row in asked]))
    )
    for option_id, version_id, place, correct in db.session.execute(keys):
        places[option_id] = place
        if correct:
            right[version_id].add(place)
    counted = []
    for item_id, options, code, critical, kind, version_id in asked:
        place_of = {random_id: places[UUID(option_id)] for random_id, option_id in options}
        picked_places = frozenset(place_of[random_id] for random_id in chosen.get(item_id, []))
        counted.append((code, Answer(kind, critical, frozenset(right[version_id]), picked_places)))
    return counted
