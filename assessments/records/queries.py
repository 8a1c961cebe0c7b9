"""The rows of this room about many people at once: what they hold, what was observed, what is paused."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from assessments.observations.models import Observation
from assessments.qualifications.models import Qualification, Suspension, TaskRequirement
from assessments.qualifications.rules import Completion, Grant, Pause, Run, during
from lms.asking import ask, written
from lms.extensions import UTCDateTime
from lms.network.models import TeamMembership
from lms.standings.queries import held, spans
from lms.web.times import start_of_day
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
        #: Pauses of whole sites.
        self.held: defaultdict[UUID, list[Pause]] = defaultdict(list)
        #: Pauses of a team by member and site, with the member's first day in it and the first day no longer.
        self.held_teams: defaultdict[tuple[UUID, UUID], list[tuple[Pause, date, date | None]]] = defaultdict(list)
        self.requirements: dict[UUID, tuple[int, int]] = {}
        #: Oldest first.
        self.completions: defaultdict[UUID, list[Completion]] = defaultdict(list)
        #: Which catalogue of tasks and modules stood when these were read.
        self.stamp = ""

    def standing(self, person_id: UUID, site_id: UUID, zone: str) -> tuple[Pause, ...]:
        """Return what held somebody back at a site whatever their task: the site, their team, or they themself."""
        of_teams = (
            during(pause, start_of_day(first, zone), None if until is None else start_of_day(until, zone))
            for pause, first, until in self.held_teams[person_id, site_id]
        )
        mine = self.pauses[person_id, site_id, None]
        return (*mine, *self.held[site_id], *(pause for pause in of_teams if pause is not None))


#: Columns that a part of the statement leaves empty. The first part says of what type they are; written into the text, since
#: what is the same each time need not be handed over each time. The texts are short, since psycopg reads any statement of
#: more than 4,096 characters anew each time that it is asked.
NOTHING: ColumnElement[Any] = literal_column("NULL")
NO_TEXT, NOUGHT = literal_column("''", String()), literal_column("0", Integer())
NO_ID = cast(null(), Uuid())
AnySelect = Select[*tuple[Any, ...]]


#: Says of a column of people which of them are asked about.
Asked = Callable[[ColumnElement[Any] | InstrumentedAttribute[Any]], ColumnElement[bool]]


def record_parts(asked: Asked) -> list[AnySelect]:
    """Return the parts of the one statement about the people asked, with ``at`` to be filled in.

    Another part may be put beside them.
    """
    none, no_text, nought = NOTHING, NO_TEXT, NOUGHT
    q, s = aliased(Qualification, name="q"), aliased(Suspension, name="s")
    o, t = aliased(Observation, name="o"), aliased(TaskRequirement, name="t")
    d = completed().c
    return [
        _held(asked),
        select(written("grant"), q.id, none, q.person_id, q.site_id, q.task_id, q.valid_from, q.valid_to, q.ended_at,
               q.ended_reason, q.limited_by, q.limited_name, nought, nought).where(asked(q.person_id)),
        select(written("pause"), s.id, none, s.person_id, s.site_id, s.task_id, s.valid_from, s.valid_to, none,
               s.reason, s.kind, no_text, nought, nought).where(asked(s.person_id)),
        select(written("run"), o.id, o.assessor_id, o.trainee_id, o.site_id, o.task_id, o.observed_at, o.signed_at, none,
               o.batch_reference, no_text, no_text, cast(o.passed, t.runs_needed.type), nought).where(asked(o.trainee_id)),
        select(written("task"), t.id, none, none, none, t.task_id, none, none, none,
               no_text, no_text, no_text, t.runs_needed, t.valid_months),
        select(written("done"), d.id, d.module_id, d.person_id, none, d.module_version_id, d.completed_at, d.counts_until,
               none, cast(d.evidence, Text), no_text, no_text, d.number, nought
               ).where(asked(d.person_id), d.completed_at <= bindparam("at")),
        select(written("stamp"), none, none, none, none, none, none, none, none,
               catalogue_stamp(), no_text, no_text, nought, nought),
    ]  # fmt: skip


def _held(asked: Asked) -> AnySelect:
    """Return what held back a whole site, a team that somebody asked about was in, or somebody asked about."""
    m, step = aliased(TeamMembership, name="m"), spans()
    c = step.c
    no_moment = cast(null(), UTCDateTime())
    days = cast(m.valid_from, Text) + literal_column("'|'", String()) + func.coalesce(cast(m.valid_to, Text), NO_TEXT)
    of_whom = (c.team_id.is_not(None), written("held_team")), (c.person_id.is_not(None), written("held_person"))
    subject = case(*of_whom, else_=written("held"))
    of_site = and_(c.team_id.is_(None), c.person_id.is_(None))
    return (
        select(subject, c.id, NO_ID, func.coalesce(m.person_id, c.person_id), c.site_id, NO_ID, c.begins_at, c.ends_at,
               no_moment, c.reason, c.state, func.coalesce(days, NO_TEXT), NOUGHT, NOUGHT)
        .outerjoin_from(step, m, and_(m.team_id == c.team_id, asked(m.person_id)))
        .where(held(step), or_(of_site, m.person_id.is_not(None), asked(c.person_id)))
    )  # fmt: skip


@cache
def _records() -> CompoundSelect[*tuple[Any, ...]]:
    people: BindParameter[Any] = bindparam("people", expanding=True)
    return union_all(*record_parts(lambda person: person.in_(people)))


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
        elif kind in {"held", "held_team", "held_person"}:
            _hold(found, kind, Pause(own_id, word, first, second, text, of_standing=True), person_id, site_id, name)
        elif kind == "run":
            _observe(found, key, Draft(own_id, other_id, first, text), signed_at=second, passed=bool(number))
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


def _observe(
    found: Records, key: tuple[UUID, UUID, UUID], draft: Draft, *, signed_at: datetime | None, passed: bool
) -> None:
    if signed_at is None:
        found.drafts[key].append(draft)
    else:
        found.runs[key].append(Run(draft.id, draft.observed_at, signed_at, passed, draft.batch))


def _hold(found: Records, kind: str, pause: Pause, person_id: UUID, site_id: UUID, days: str) -> None:
    if kind == "held":
        found.held[site_id].append(pause)
    elif kind == "held_person":
        found.pauses[person_id, site_id, None].append(pause)
    else:
        first, _, until = days.partition("|")
        member = (pause, date.fromisoformat(first), date.fromisoformat(until) if until else None)
        found.held_teams[person_id, site_id].append(member)


def _percent(evidence: str | None) -> int | None:
    """Return the score that a knowledge check left as evidence, if there was one."""
    percent = json.loads(evidence).get("percent") if evidence and evidence != "null" else None
    return percent if isinstance(percent, int) else None
