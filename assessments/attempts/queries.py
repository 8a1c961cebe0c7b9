"""Reading attempts. The sitter's pages never touch the table of keys before release; option ids are those of the attempt."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, or_, select

from assessments.attempts.models import Attempt, AttemptItem, AttemptState, FurtherAttempt, SavedAnswer
from assessments.attempts.rules import is_released
from assessments.items.models import Item, ItemOption, ItemVersion, OptionKey, Quiz
from lms.asking import ask
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt of the reader's own."""

    id: UUID
    assignment_id: UUID
    part_id: UUID
    number: int
    state: str
    started_at: datetime
    deadline_at: datetime
    finished_at: datetime | None
    correct: int | None
    out_of: int
    percent: int | None
    credit_percent: int | None
    passed: bool | None
    quiz_title: str
    pass_percent: int
    minutes: int
    #: Attempts allowed for the assignment, further ones included.
    allowed: int

    @property
    def is_open(self) -> bool:
        """Whether it is neither handed in nor timed out."""
        return self.state == AttemptState.OPEN


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An answer as offered in one attempt, under an id that means nothing elsewhere."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A question in the navigator."""

    position: int
    answered: bool
    flagged: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question as sat."""

    position: int
    kind: str
    stem: str
    section: str
    critical: bool
    options: tuple[OptionRow, ...]
    chosen: frozenset[str]
    flagged: bool
    sequence: int
    saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewedOption:
    """An answer on the result page: what was chosen and, once released, whether it is right."""

    text: str
    chosen: bool
    right: bool | None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A question on the result page. Key and explanation are None until they are released."""

    position: int
    stem: str
    section: str
    critical: bool
    is_right: bool
    options: tuple[ReviewedOption, ...]
    why: str | None


@dataclass(frozen=True, slots=True)
class UsedUp:
    """Somebody who failed with the last attempt and waits for a trainer."""

    attempt_id: UUID
    person_name: str
    site_name: str
    quiz_title: str
    used: int
    percent: int
    finished_at: datetime


_ALLOWED = (
    Quiz.attempts
    + select(func.count())
    .select_from(FurtherAttempt)
    .where(FurtherAttempt.assignment_id == Attempt.assignment_id)
    .correlate(Attempt)
    .scalar_subquery()
)
_ROW: tuple[Any, ...] = (
    Attempt.id,
    Attempt.assignment_id,
    Attempt.part_id,
    Attempt.number,
    Attempt.state,
    Attempt.started_at,
    Attempt.deadline_at,
    Attempt.finished_at,
    Attempt.correct,
    Attempt.out_of,
    Attempt.percent,
    Attempt.credit_percent,
    Attempt.passed,
    Quiz.title,
    Quiz.pass_percent,
    Quiz.minutes,
    _ALLOWED,
)


def own_attempt(reader: Actor, attempt_id: UUID) -> AttemptRow:
    """Return an attempt of the reader. Raises ``NotFound`` for another person's, whatever the reader's roles."""
    statement = select(*_ROW).join(Quiz, Quiz.id == Attempt.quiz_id)
    row = db.session.execute(statement.where(Attempt.id == attempt_id, Attempt.person_id == reader.person_id)).first()
    if row is None:
        raise NotFound("There is no such attempt of yours.")
    return AttemptRow(*row)


@cache
def _attempts_at() -> Select[*tuple[Any, ...]]:
    statement = select(*_ROW).join(Quiz, Quiz.id == Attempt.quiz_id)
    own = (Attempt.assignment_id == bindparam("assignment"), Attempt.person_id == bindparam("person"))
    return statement.where(*own).order_by(Attempt.number)


def attempts_at(reader: Actor, assignment_id: UUID) -> list[AttemptRow]:
    """Return the reader's attempts for an assignment, oldest first."""
    return [AttemptRow(*row) for row in ask(_attempts_at(), assignment=assignment_id, person=reader.person_id)]


@dataclass(frozen=True, slots=True)
class QuizRow:
    """The knowledge check of a module, as its sitter is told of it."""

    title: str
    draw: int
    minutes: int
    pass_percent: int
    attempts: int


@cache
def _quiz_of_module() -> Select[*tuple[Any, ...]]:
    columns = select(Quiz.title, Quiz.draw, Quiz.minutes, Quiz.pass_percent, Quiz.attempts)
    return columns.where(Quiz.module_id == bindparam("module"))


def quiz_of_module(module_id: UUID) -> QuizRow | None:
    """Return a module's knowledge check, or None."""
    row = ask(_quiz_of_module(), module=module_id).first()
    return QuizRow(*row) if row else None


def question(attempt_id: UUID, position: int) -> tuple[Question, list[Place]]:
    """Return one question of an attempt and the navigator over all of them. The caller has checked whose attempt it is."""
    newest = (
        select(SavedAnswer.attempt_item_id, func.max(SavedAnswer.sequence).label("sequence"))
        .join(AttemptItem, AttemptItem.id == SavedAnswer.attempt_item_id)
        .where(AttemptItem.attempt_id == attempt_id)
        .group_by(SavedAnswer.attempt_item_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            AttemptItem.position,
            SavedAnswer.chosen,
            SavedAnswer.flagged,
            SavedAnswer.sequence,
            SavedAnswer.saved_at,
            # only the question that is shown leaves the database with its text
            case((AttemptItem.position == position, ItemVersion.stem)),
            ItemVersion.kind,
            Item.section,
            Item.critical,
            AttemptItem.options,
        )
        .join(ItemVersion, ItemVersion.id == AttemptItem.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .outerjoin(newest, newest.c.attempt_item_id == AttemptItem.id)
        .outerjoin(
            SavedAnswer, (SavedAnswer.attempt_item_id == AttemptItem.id) & (SavedAnswer.sequence == newest.c.sequence)
        )
        .where(AttemptItem.attempt_id == attempt_id)
        .order_by(AttemptItem.position)
    ).all()
    shown = next((row for row in rows if row[0] == position), None)
    if shown is None:
        raise NotFound("There is no such question in this attempt.")
    offered = [(random_id, UUID(option_id)) for random_id, option_id in shown[9]]
    of_item = select(ItemOption.id, ItemOption.text).where(ItemOption.id.in_([option_id for _, option_id in offered]))
    texts = dict(db.session.execute(of_item).all())
    return (
        Question(
            position,
            shown[6],
            shown[5],
            shown[7],
            shown[8],
            tuple(OptionRow(random_id, texts[option_id]) for random_id, option_id in offered),
            frozenset(shown[1] or ()),
            bool(shown[2]),
            shown[3] or 0,
            shown[4],
        ),
        [Place(row[0], bool(row[1]), bool(row[2])) for row in rows],
    )


def reviewed(attempt: AttemptRow) -> list[Reviewed]:
    """Return the questions of a closed attempt of the reader; right answers and explanations only once released."""
    released = is_released(passed=bool(attempt.passed), used=attempt.number, allowed=attempt.allowed)
    rows = db.session.execute(
        select(
            AttemptItem.position,
            ItemVersion.stem,
            Item.section,
            Item.critical,
            AttemptItem.options,
            Item.code,
            ItemVersion.id,
        )
        .join(ItemVersion, ItemVersion.id == AttemptItem.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(AttemptItem.attempt_id == attempt.id)
        .order_by(AttemptItem.position)
    ).all()
    counted: dict[str, Any] = db.session.execute(select(Attempt.answers).where(Attempt.id == attempt.id)).scalar_one()
    offered: defaultdict[UUID, dict[UUID, tuple[str, int, bool, str]]] = defaultdict(dict)
    with_keys = (
        select(
            ItemOption.item_version_id,
            ItemOption.id,
            ItemOption.text,
            ItemOption.position,
            OptionKey.correct,
            OptionKey.rationale,
        )
        .join(OptionKey, OptionKey.option_id == ItemOption.id)
        .where(ItemOption.item_version_id.in_([row[6] for row in rows]))
    )
    for version_id, option_id, text, place, correct, why in db.session.execute(with_keys):
        offered[version_id][option_id] = (text, place, correct, why)
    found = []
    for position, stem, section, critical, order, code, version_id in rows:
        options = [offered[version_id][UUID(option_id)] for _, option_id in order]
        chosen = counted.get(code, [])
        found.append(
            Reviewed(
                position,
                stem,
                section,
                critical,
                all((place in chosen) == correct for _, place, correct, _ in options),
                tuple(
                    ReviewedOption(text, place in chosen, correct if released else None)
                    for text, place, correct, _ in options
                ),
                " ".join(dict.fromkeys(why for _, _, correct, why in options if correct and why)) if released else None,
            )
        )
    return found


def used_up(reader: Actor) -> list[UsedUp]:
    """Return who failed with their last attempt and waits for a trainer, at the reader's sites, longest waiting first."""
    later = (
        select(Attempt.assignment_id, func.max(Attempt.number).label("number"))
        .group_by(Attempt.assignment_id)
        .subquery()
    )
    statement = (
        select(
            Attempt.id,
            Person.given_name,
            Person.family_name,
            Site.name,
            Quiz.title,
            Attempt.number,
            Attempt.percent,
            Attempt.finished_at,
            Attempt.deadline_at,
        )
        .join(later, (later.c.assignment_id == Attempt.assignment_id) & (later.c.number == Attempt.number))
        .join(Quiz, Quiz.id == Attempt.quiz_id)
        .join(Person, Person.id == Attempt.person_id)
        .join(Site, Site.id == Attempt.site_id)
        .where(
            or_(Attempt.passed.is_(None), ~Attempt.passed),
            Attempt.state != AttemptState.OPEN,
            Attempt.number >= _ALLOWED,
            Attempt.person_id != reader.person_id,
            within(Attempt.site_id, reader, Permission.ASSIGNMENT_MANAGE),
        )
        .order_by(Attempt.finished_at)
    )
    rows = db.session.execute(statement)
    return [UsedUp(r[0], f"{r[1]} {r[2]}", r[3], r[4], r[5], r[6] or 0, r[7] or r[8]) for r in rows]
