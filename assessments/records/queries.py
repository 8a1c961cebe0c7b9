"""The rows of this room about many people at once: what they hold, what was observed, what is paused."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Select,
    String,
    Uuid,
    bindparam,
    cast,
    literal,
    null,
    select,
    union_all,
)

from assessments.observations.models import Observation
from assessments.qualifications.models import Qualification, Suspension, TaskRequirement
from assessments.qualifications.rules import Completion, Grant, Pause, Run
from lms.asking import ask
from lms.extensions import UTCDateTime
from modules.api import catalogue_stamp, completed


@dataclass(frozen=True, slots=True)
class Draft:
    """An observed run that is marked and not signed: it counts for nothing yet."""

    id: UUID
    assessor_id: UUID
    observed_at: datetime
    batch: str


class Records:
    """Rows of this room by person, site and task, and what people completed, by person."""

    def __init__(self) -> None:
        self.runs: defaultdict[tuple[UUID, UUID, UUID], list[Run]] = defaultdict(list)
        self.drafts: defaultdict[tuple[UUID, UUID, UUID], list[Draft]] = defaultdict(list)
        self.grants: defaultdict[tuple[UUID, UUID, UUID], list[Grant]] = defaultdict(list)
        self.pauses: defaultdict[tuple[UUID, UUID, UUID | None], list[Pause]] = defaultdict(list)
        self.requirements: dict[UUID, tuple[int, int]] = {}
        #: Oldest first.
        self.completions: defaultdict[UUID, list[Completion]] = defaultdict(list)
        #: Which catalogue of tasks and modules stood when these were read.
        self.stamp = ""


#: Columns that a part of the statement leaves empty.
NO_MOMENT, NO_ID, NO_TEXT, NOUGHT = cast(null(), UTCDateTime()), cast(null(), Uuid()), literal(""), literal(0)
AnySelect = Select[*tuple[Any, ...]]


def record_parts() -> list[AnySelect]:
    """Return the parts of the one statement, with ``people`` and ``at`` to be filled in; another may be put beside them."""
    no_moment, no_id, no_text, nought = NO_MOMENT, NO_ID, NO_TEXT, NOUGHT
    people: BindParameter[Any] = bindparam("people", expanding=True)
    q, s, o, t = Qualification, Suspension, Observation, TaskRequirement
    d = completed().subquery().c
    return [
        select(literal("grant"), q.id, no_id, q.person_id, q.site_id, q.task_id, q.valid_from, q.valid_to, q.ended_at,
               q.ended_reason, q.limited_by, q.limited_name, nought, nought).where(q.person_id.in_(people)),
        select(literal("pause"), s.id, no_id, s.person_id, s.site_id, s.task_id, s.valid_from, s.valid_to, no_moment,
               s.reason, s.kind, no_text, nought, nought).where(s.person_id.in_(people)),
        select(literal("run"), o.id, o.assessor_id, o.trainee_id, o.site_id, o.task_id, o.observed_at, o.signed_at, no_moment,
               o.batch_reference, no_text, no_text, cast(o.passed, t.runs_needed.type), nought).where(o.trainee_id.in_(people)),
        select(literal("task"), t.id, no_id, no_id, no_id, t.task_id, no_moment, no_moment, no_moment,
               no_text, no_text, no_text, t.runs_needed, t.valid_months),
        select(literal("done"), d.id, d.module_id, d.person_id, no_id, d.module_version_id, d.completed_at, d.counts_until,
               no_moment, cast(d.evidence, String), no_text, no_text, d.number, nought
               ).where(d.person_id.in_(people), d.completed_at <= bindparam("at")),
        select(literal("stamp"), no_id, no_id, no_id, no_id, no_id, no_moment, no_moment, no_moment,
               catalogue_stamp(), no_text, no_text, nought, nought),
    ]  # fmt: skip


@cache
def _records() -> CompoundSelect[*tuple[Any, ...]]:
    return union_all(*record_parts())


def records_of(person_ids: Collection[UUID], at: datetime) -> Records:
    """Return the runs, qualifications and pauses of people, what they had completed by a moment, and what tasks ask for.

    One statement, for a page has six.
    """
    return gathered(ask(_records(), people=list(set(person_ids)), at=at))


def gathered(rows: Iterable[Any]) -> Records:
    """Return the rows of ``record_parts`` as records; rows of other kinds are left to whoever asked for them."""
    found = Records()
    for row in rows:
        kind, own_id, other_id, person_id, site_id, task_id, first, second, third, text, word, name, number, months = (
            row
        )
        key = (person_id, site_id, task_id)
        if kind == "grant":
            found.grants[key].append(Grant(own_id, first, second, third, text, runs_out=(word, name)))
        elif kind == "pause":
            found.pauses[key].append(Pause(own_id, word, first, second, text))
        elif kind == "run" and second is None:
            found.drafts[key].append(Draft(own_id, other_id, first, text))
        elif kind == "run":
            found.runs[key].append(Run(own_id, first, second, bool(number), text))
        elif kind == "task":
            found.requirements[task_id] = (number, months)
        elif kind == "done":
            done = Completion(own_id, other_id, task_id, number, first, second, _percent(text))
            found.completions[person_id].append(done)
        elif kind == "stamp":
            found.stamp = text
    for theirs in found.completions.values():
        theirs.sort(key=lambda one: (one.completed_at, one.assignment_id))
    return found


def _percent(evidence: str | None) -> int | None:
    """Return the score that a knowledge check left as evidence, if there was one."""
    percent = json.loads(evidence).get("percent") if evidence and evidence != "null" else None
    return percent if isinstance(percent, int) else None
