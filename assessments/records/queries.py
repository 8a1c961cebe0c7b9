"""The rows of this room about many people at once: what they hold, what was observed, what is paused."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
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
    func,
    literal,
    null,
    select,
    union_all,
)

from assessments.observations.models import Observation
from assessments.qualifications.models import Qualification, Suspension, TaskRequirement
from assessments.qualifications.rules import Completion, Grant, Pause, Run, during
from lms.asking import ask
from lms.extensions import UTCDateTime
from lms.network.models import TeamMembership
from lms.standings.queries import held
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


#: Columns that a part of the statement leaves empty.
NO_MOMENT, NO_ID, NO_TEXT, NOUGHT = cast(null(), UTCDateTime()), cast(null(), Uuid()), literal(""), literal(0)
AnySelect = Select[*tuple[Any, ...]]


def record_parts() -> list[AnySelect]:
    """Return the parts of the one statement, with ``people`` and ``at`` to be filled in; another may be put beside them."""
    no_moment, no_id, no_text, nought = NO_MOMENT, NO_ID, NO_TEXT, NOUGHT
    people: BindParameter[Any] = bindparam("people", expanding=True)
    q, s, o, t = Qualification, Suspension, Observation, TaskRequirement
    d, m = completed().subquery().c, TeamMembership
    days = cast(m.valid_from, String) + "|" + func.coalesce(cast(m.valid_to, String), "")
    site, person = held().c, held().c
    team = held()
    member = select(literal("held_team"), team.c.id, no_id, m.person_id, team.c.site_id, no_id, team.c.begins_at,
                    team.c.ends_at, no_moment, team.c.reason, team.c.state, days, nought, nought
                    ).join_from(team, m, m.team_id == team.c.team_id).where(m.person_id.in_(people))  # fmt: skip
    return [
        select(literal("held"), site.id, no_id, no_id, site.site_id, no_id, site.begins_at, site.ends_at, no_moment,
               site.reason, site.state, no_text, nought, nought
               ).where(site.team_id.is_(None), site.person_id.is_(None)),
        member,
        select(literal("held_person"), person.id, no_id, person.person_id, person.site_id, no_id, person.begins_at,
               person.ends_at, no_moment, person.reason, person.state, no_text, nought, nought
               ).where(person.person_id.in_(people)),
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
