"""Reading for the triage desk: the queue, and what the rule would find with a classification that is not saved yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, union

from lms.capas.models import Capa
from lms.deviations import taxonomy
from lms.deviations.models import Deviation
from lms.deviations.queries import deviation
from lms.deviations.rules import State
from lms.extensions import db
from lms.network.models import Network, Site
from lms.permissions import Actor, Permission
from lms.recurrences.models import Recurrence
from lms.recurrences.reconciling import facts_of
from lms.recurrences.rules import R1, R3, Decision, Facts, Match, Occurrence, find
from lms.scope import within
from lms.web.times import local_day


@dataclass(frozen=True, slots=True)
class Preview:
    """What R1 and R3 would find with a classification that is not saved yet."""

    match: Match | None
    earlier_number: str
    earlier_title: str
    #: Its day at the site.
    earlier_day: date | None
    #: How many later deviations would be matched to this one.
    later: int
    #: The action after which it would have come back, and since when that was in place.
    capa_number: str
    implemented_on: date | None


def preview(reader: Actor, deviation_id: UUID, *, process_step: str, category: str, root_cause_class: str) -> Preview:
    """Return what the rules would propose if the deviation were classified so."""
    facts = deviation(reader, deviation_id, Permission.DEVIATION_TRIAGE)
    this = Occurrence(facts.id, facts.site_id, process_step, category, root_cause_class, facts.occurred_at)
    if not all(this.key):
        return Preview(None, "", "", None, 0, "", None)
    stored = facts_of([facts.site_id], [this.key])
    others = [found for found in stored.occurrences if found.id != this.id]
    seen = Facts([*others, this], stored.actions, stored.zones)
    matches = find(R1, seen)
    after = next((found for found in find(R3, seen) if found.later_id == this.id), None)
    match = next((found for found in matches if found.later_id == this.id), after)
    later = sum(found.earlier_id == this.id for found in matches)
    if match is None:
        return Preview(None, "", "", None, later, "", None)
    columns = select(Deviation.number, Deviation.title, Deviation.occurred_at).where(Deviation.id == match.earlier_id)
    number, title, occurred_at = db.session.execute(columns).one()
    capa = select(Capa.number, Capa.implemented_on).where(Capa.id == after.capa_id) if after else None
    action = db.session.execute(capa).one() if capa is not None else ("", None)
    return Preview(match, number, title, local_day(occurred_at, facts.zone), later, *action)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A line of the triage desk's queue."""

    id: UUID
    number: str
    title: str
    site_name: str
    state: str
    severity: str
    triage_due_at: datetime | None


#: The desk shows so many of each kind, and says how many there are.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One part of the queue: the first few, and how many there are in all."""

    rows: list[QueueRow]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Queue:
    """What stands on the triage desk."""

    reported: Waiting
    #: Triaged, and a match waits for a decision.
    undecided: Waiting
    #: Triaged since the moment asked for, with nothing left to decide.
    done: Waiting

    @property
    def next(self) -> QueueRow | None:
        """What has the least time left; None if nothing waits."""
        return next(iter((*self.reported.rows, *self.undecided.rows)), None)


def queue(reader: Actor, *, since: datetime) -> Queue:
    """Return what waits for triage or a decision, least time left first, and what was triaged since a moment.

    One statement. What waits is few among many, so each kind is looked up by an index of its own.
    """
    proposed = select(Recurrence.deviation_id).where(
        Recurrence.decision == Decision.PROPOSED, within(Recurrence.site_id, reader, Permission.DEVIATION_TRIAGE)
    )
    waits = union(
        select(Deviation.id).where(Deviation.state == State.REPORTED),
        proposed,
        select(Deviation.id).where(Deviation.triaged_at >= since),
    ).subquery()
    undecided = proposed.distinct().subquery()
    kind = case((Deviation.state == State.REPORTED, 0), (undecided.c.deviation_id.is_not(None), 1), else_=2)
    order = (Deviation.triage_due_at.is_(None), Deviation.triage_due_at, Deviation.number)
    ranked = (
        select(
            Deviation.id,
            kind.label("kind"),
            func.row_number().over(partition_by=kind, order_by=order).label("place"),
            func.count().over(partition_by=kind).label("total"),
        )
        .join(waits, waits.c.id == Deviation.id)
        .outerjoin(undecided, undecided.c.deviation_id == Deviation.id)
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(within(Deviation.site_id, reader, Permission.DEVIATION_TRIAGE), Network.taxonomy == taxonomy.CORE)
        .subquery()
    )
    statement: Select[*tuple[Any, ...]] = (
        select(
            ranked.c.kind,
            ranked.c.total,
            Deviation.id,
            Deviation.number,
            Deviation.title,
            Site.name,
            Deviation.state,
            Deviation.severity,
            Deviation.triage_due_at,
        )
        .join(ranked, ranked.c.id == Deviation.id)
        .join(Site, Site.id == Deviation.site_id)
        .where(ranked.c.place <= SHOWN)
        .order_by(ranked.c.kind, ranked.c.place)
    )
    parts = [Waiting([], 0), Waiting([], 0), Waiting([], 0)]
    for which, rows in groupby(db.session.execute(statement), lambda row: row[0]):
        same = list(rows)
        parts[which] = Waiting([QueueRow(*row[2:]) for row in same], same[0][1])
    return Queue(*parts)
