"""The rows of this room about many people at once: what they hold, what was observed, what is paused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, cast, literal, null, select, union_all

from assessments.observations.models import Observation
from assessments.qualifications.models import Qualification, Suspension, TaskRequirement
from assessments.qualifications.rules import Grant, Pause, Run
from lms.extensions import UTCDateTime, db


@dataclass(frozen=True, slots=True)
class Draft:
    """An observed run that is marked and not signed: it counts for nothing yet."""

    id: UUID
    assessor_id: UUID
    observed_at: datetime
    batch: str


class Records:
    """Rows of this room by person, site and task."""

    def __init__(self) -> None:
        self.runs: defaultdict[tuple[UUID, UUID, UUID], list[Run]] = defaultdict(list)
        self.drafts: defaultdict[tuple[UUID, UUID, UUID], list[Draft]] = defaultdict(list)
        self.grants: defaultdict[tuple[UUID, UUID, UUID], list[Grant]] = defaultdict(list)
        self.pauses: defaultdict[tuple[UUID, UUID, UUID | None], list[Pause]] = defaultdict(list)
        self.requirements: dict[UUID, tuple[int, int]] = {}


def records_of(person_ids: Collection[UUID]) -> Records:
    """Return the runs, qualifications and pauses of people, and what tasks ask for; one statement, for a page has six."""
    no_moment, no_id = cast(null(), UTCDateTime()), cast(null(), Uuid())
    people = set(person_ids)
    q, s, o, t = Qualification, Suspension, Observation, TaskRequirement
    kinds: list[tuple[Any, ...]] = [
        (literal("grant"), q.id, no_id, q.person_id, q.site_id, q.task_id, q.valid_from, q.valid_to, q.ended_at, q.ended_reason,
         q.limited_by, q.limited_name, literal(0), literal(0)),
        (literal("pause"), s.id, no_id, s.person_id, s.site_id, s.task_id, s.valid_from, s.valid_to, no_moment, s.reason,
         s.kind, literal(""), literal(0), literal(0)),
        (literal("run"), o.id, o.assessor_id, o.trainee_id, o.site_id, o.task_id, o.observed_at, o.signed_at, no_moment,
         o.batch_reference,
         literal(""), literal(""), cast(o.passed, TaskRequirement.runs_needed.type), literal(0)),
        (literal("task"), t.id, no_id, no_id, no_id, t.task_id, no_moment, no_moment, no_moment, literal(""),
         literal(""), literal(""), t.runs_needed, t.valid_months),
    ]  # fmt: skip
    of_people = (
        q.person_id.in_(people),
        s.person_id.in_(people),
        o.trainee_id.in_(people),
        None,
    )
    parts = [
        select(*columns) if condition is None else select(*columns).where(condition)
        for columns, condition in zip(kinds, of_people, strict=True)
    ]
    found = Records()
    for (
        kind,
        record_id,
        assessor_id,
        person_id,
        site_id,
        task_id,
        first,
        second,
        third,
        text,
        word,
        name,
        number,
        months,
    ) in db.session.execute(union_all(*parts)):
        key = (person_id, site_id, task_id)
        if kind == "grant":
            found.grants[key].append(Grant(record_id, first, second, third, text, runs_out=(word, name)))
        elif kind == "pause":
            found.pauses[key].append(Pause(record_id, word, first, second, text))
        elif kind == "run" and second is None:
            found.drafts[key].append(Draft(record_id, assessor_id, first, text))
        elif kind == "run":
            found.runs[key].append(Run(record_id, first, second, bool(number), text))
        else:
            found.requirements[task_id] = (number, months)
    return found
