"""The knowledge checks of the play. Which questions are drawn is the server's own chance; how somebody does is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from assessments.attempts import commands as attempts
from assessments.attempts.models import Attempt, AttemptItem
from assessments.items import commands as items
from assessments.items.models import Item, ItemVersion, OptionKey
from assessments.items.quiz_file import read_quiz
from lms.demonstration.cast import by_login
from lms.demonstration.chance import chance
from lms.demonstration.loading import Day
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.world import PersonSpec
from lms.extensions import db
from lms.permissions import Role


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it was drawn: its options by the name they are shown under, and which of them are right."""

    position: int
    code: str
    critical: bool
    options: tuple[tuple[str, UUID], ...]
    right: frozenset[UUID]


_HERE = Path(__file__).parent
#: Share of first attempts that are not passed, and of later ones.
FAILED = (0.14, 0.07)
#: Share of passed attempts with one question wrong.
ONE_WRONG = 0.35


def import_quizzes(day: Day, at: datetime) -> None:
    """Take in the knowledge checks, by a trainer."""
    trainer = day.cast.actor(by_login(day.world)[ACCOUNTS[Role.TRAINER]].employee_no)
    for path in sorted((_HERE / "items").glob("*.toml")):
        day.run(items.import_quiz, trainer, at, "", read_quiz(path.read_text(encoding="utf-8")))


def sit(day: Day, at: datetime, person: PersonSpec, assignment_id: UUID, part_id: UUID, key: str) -> datetime | None:
    """Sit one attempt; return when it was passed, or None. With no attempt left a trainer allows one more."""
    used = _used(assignment_id)
    rng = chance(day.world.seed, "attempt", key, used)
    at += timedelta(minutes=2)
    if used and used % 3 == 0:
        _allow_another(day, at, assignment_id)
    operator = day.cast.actor(person.employee_no)
    attempt_id = day.run(attempts.start_attempt, operator, at, "", assignment_id, part_id)
    fails = rng.random() < FAILED[min(used, 1)]
    asked = _asked(attempt_id)
    wrong = _wrong(day.world.seed, asked, 2 if fails else int(rng.random() < ONE_WRONG), fails=fails)
    for row in asked:
        at += timedelta(seconds=rng.randint(30, 110))
        right = [shown for shown, option in row.options if option in row.right]
        others = [shown for shown, option in row.options if option not in row.right]
        chosen = others[:1] if row.position in wrong else right
        day.run(
            attempts.save_answer, operator, at, "", attempt_id, row.position, chosen=chosen, flagged=False, sequence=1
        )
    at += timedelta(seconds=40)
    day.run(attempts.submit_attempt, operator, at, "", attempt_id)
    return None if fails else at


def _used(assignment_id: UUID) -> int:
    return (
        db.session.scalar(select(func.count()).select_from(Attempt).where(Attempt.assignment_id == assignment_id)) or 0
    )


def _allow_another(day: Day, at: datetime, assignment_id: UUID) -> None:
    trainer = day.cast.actor(by_login(day.world)[ACCOUNTS[Role.TRAINER]].employee_no)
    last = select(Attempt.id).where(Attempt.assignment_id == assignment_id).order_by(Attempt.number.desc()).limit(1)
    note = "Went through the calculation and the alarm card together."
    day.run(attempts.allow_further_attempt, trainer, at, note, db.session.scalars(last).one(), note=note)


def _asked(attempt_id: UUID) -> list[_Asked]:
    drawn = (
        select(AttemptItem.position, Item.code, Item.critical, AttemptItem.options, AttemptItem.item_version_id)
        .join(ItemVersion, ItemVersion.id == AttemptItem.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(AttemptItem.attempt_id == attempt_id)
        .order_by(AttemptItem.position)
    )
    rows = db.session.execute(drawn).all()
    keys = select(OptionKey.option_id).where(
        OptionKey.item_version_id.in_([row.item_version_id for row in rows]), OptionKey.correct
    )
    right = frozenset(db.session.scalars(keys))
    return [
        _Asked(
            row.position, row.code, row.critical, tuple((shown, UUID(option)) for shown, option in row.options), right
        )
        for row in rows
    ]


def _wrong(seed: int, asked: Sequence[_Asked], count: int, *, fails: bool) -> set[int]:
    """Return the positions answered wrongly: the hardest ones, and none that would fail an attempt that is to be passed."""
    open_to_error = [one for one in asked if fails or not one.critical]
    hardest = sorted(open_to_error, key=lambda one: (chance(seed, "difficulty", one.code).random(), one.code))
    return {one.position for one in hardest[:count]}
