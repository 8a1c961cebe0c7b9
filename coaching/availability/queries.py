"""Reading one's own times. Nobody reads another's: they see free slots and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import literal, select, union_all

from coaching.availability.rules import EXTRA, LEAVE, OTHER
from coaching.scheduling.models import BusyTime, ExtraTime, MeetingLimits, WorkingHours
from coaching.scheduling.rules import Limits
from lms.extensions import db
from lms.permissions import Actor


@dataclass(frozen=True, slots=True)
class Week:
    """The hours somebody entered, whether there is a week of before, and a coach's limits."""

    #: Weekday → spans in minutes; None if nothing was ever entered.
    hours: dict[int, list[tuple[int, int]]] | None
    has_before: bool
    limits: Limits


@dataclass(frozen=True, slots=True)
class Entry:
    """A dated entry: away, taken, or free outside one's hours."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    kind: str
    struck_out_at: datetime | None


def week(reader: Actor) -> Week:
    """Return the reader's own week and limits."""
    rows = db.session.execute(
        select(WorkingHours.weekday, WorkingHours.from_minute, WorkingHours.to_minute, WorkingHours.replaced_at)
        .where(WorkingHours.person_id == reader.person_id)
        .order_by(WorkingHours.weekday, WorkingHours.from_minute)
    ).all()
    hours: dict[int, list[tuple[int, int]]] = {}
    for weekday, first, last, replaced_at in rows:
        if replaced_at is None:
            hours.setdefault(weekday, []).append((first, last))
    limits = db.session.execute(
        select(MeetingLimits.buffer_minutes, MeetingLimits.a_day, MeetingLimits.a_week).where(
            MeetingLimits.person_id == reader.person_id
        )
    ).first()
    return Week(hours or None, bool(rows), Limits(*limits) if limits is not None else Limits())


def entries(reader: Actor, since: datetime) -> list[Entry]:
    """Return the reader's own dated entries that end after a moment, soonest first; those taken back as well."""
    taken = select(BusyTime.id, BusyTime.starts_at, BusyTime.ends_at, BusyTime.kind, BusyTime.struck_out_at).where(
        BusyTime.person_id == reader.person_id, BusyTime.ends_at > since, BusyTime.kind.in_([LEAVE, OTHER])
    )
    extra = select(ExtraTime.id, ExtraTime.starts_at, ExtraTime.ends_at, literal(EXTRA), ExtraTime.struck_out_at).where(
        ExtraTime.person_id == reader.person_id, ExtraTime.ends_at > since
    )
    both = union_all(taken, extra).subquery()
    return [Entry(*row) for row in db.session.execute(select(both).order_by(both.c.starts_at, both.c.id).limit(500))]
