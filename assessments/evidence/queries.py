"""What a review of a person may look at: where they stand with a step, observed runs, and items that were not right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from assessments.attempts.models import Attempt, AttemptItem, AttemptState
from assessments.items.models import Item, ItemOption, ItemVersion, OptionKey, Quiz
from assessments.observations.models import Observation
from assessments.standing.queries import Standing, standings, workers
from lms.extensions import db
from lms.permissions import Actor

#: So many of the newest are looked at.
ATTEMPTS, RUNS = 3, 6


@dataclass(frozen=True, slots=True)
class StepStanding:
    """Where a person stood with one task at a moment."""

    task_id: UUID
    task_title: str
    site_id: UUID
    status: str
    until: datetime | None
    versions: str
    last_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A signed observed run."""

    id: UUID
    task_id: UUID
    observed_at: datetime
    batch: str
    passed: bool


@dataclass(frozen=True, slots=True)
class WeakItem:
    """A question that was not wholly right. Its wording is what the sitter's own result page shows; never its key."""

    stem: str
    section: str
    critical: bool


@dataclass(frozen=True, slots=True)
class WeakAttempt:
    """One of the last attempts, with the questions that were not right."""

    id: UUID
    quiz_title: str
    number: int
    percent: int
    passed: bool
    finished_at: datetime
    items: tuple[WeakItem, ...]


def step_standings(
    reader: Actor, person_id: UUID, site_id: UUID, process_step: str | None, at: datetime
) -> list[StepStanding]:
    """Return where a person stood at a moment with the tasks of a step; without a step, with every task begun or asked."""
    found = standings(workers(reader, None, at, person_id=person_id, site_id=site_id), at)
    return [_step_standing(row) for row in found if row.is_shown and process_step in {None, row.task.process_step}]


def _step_standing(row: Standing) -> StepStanding:
    decision = row.decision
    return StepStanding(
        row.task.id,
        row.task.title,
        row.worker.site_id,
        decision.status,
        decision.until,
        row.versions,
        row.last_run_at,
    )


def seen_runs(person_id: UUID, until: datetime) -> list[SeenRun]:
    """Return the newest signed runs of a person up to a moment, newest first."""
    o = Observation
    statement = (
        select(o.id, o.task_id, o.observed_at, o.batch_reference, o.passed)
        .where(o.trainee_id == person_id, o.state == "signed", o.signed_at <= until)
        .order_by(o.observed_at.desc())
        .limit(RUNS)
    )
    return [SeenRun(row[0], row[1], row[2], row[3], bool(row[4])) for row in db.session.execute(statement)]


def weak_attempts(person_id: UUID, until: datetime) -> list[WeakAttempt]:
    """Return the newest closed attempts of a person with what was not right in them, newest first. Two statements."""
    a = Attempt
    closed = (
        select(a.id, Quiz.title, a.number, a.percent, a.passed, a.finished_at, a.answers)
        .join(Quiz, Quiz.id == a.quiz_id)
        .where(a.person_id == person_id, a.state != AttemptState.OPEN, a.finished_at <= until)
        .order_by(a.finished_at.desc(), a.id)
        .limit(ATTEMPTS)
    )
    attempts: Sequence[Any] = db.session.execute(closed).all()
    if not attempts:
        return []
    options = (
        select(
            AttemptItem.attempt_id,
            AttemptItem.position,
            Item.code,
            ItemVersion.stem,
            Item.section,
            Item.critical,
            ItemOption.position,
            OptionKey.correct,
        )
        .join(ItemVersion, ItemVersion.id == AttemptItem.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .join(ItemOption, ItemOption.item_version_id == ItemVersion.id)
        .join(OptionKey, OptionKey.option_id == ItemOption.id)
        .where(AttemptItem.attempt_id.in_([row[0] for row in attempts]))
        .order_by(AttemptItem.position, ItemOption.position)
    )
    right: defaultdict[UUID, dict[str, set[int]]] = defaultdict(dict)
    told: defaultdict[UUID, dict[str, WeakItem]] = defaultdict(dict)
    for attempt_id, _position, code, stem, section, critical, place, correct in db.session.execute(options):
        told[attempt_id][code] = WeakItem(stem, section, critical)
        right[attempt_id].setdefault(code, set()).update({place} if correct else ())
    return [
        WeakAttempt(
            attempt_id,
            title,
            number,
            percent or 0,
            bool(passed),
            finished_at,
            tuple(
                item for code, item in told[attempt_id].items() if set(answers.get(code, ())) != right[attempt_id][code]
            ),
        )
        for attempt_id, title, number, percent, passed, finished_at, answers in attempts
    ]
