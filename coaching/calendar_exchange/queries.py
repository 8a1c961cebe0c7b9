"""Reading what people's own calendars take of their time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, func, literal, select

from coaching.calendar_exchange.models import OwnBusyTime, OwnCalendar
from lms.extensions import db
from lms.permissions import Actor
from lms.refusals import NotFound


@dataclass(frozen=True, slots=True)
class OwnCalendarRow:
    """One's own calendar as listed: what it is called, and how much of it counts."""

    id: UUID
    name: str
    read_at: datetime
    taken_in_at: datetime | None
    outcome: dict[str, Any]
    spans: int


def taken_by_own_calendars(
    people: Collection[UUID] | BindParameter[Any],
    starts_at: datetime | BindParameter[Any],
    ends_at: datetime | BindParameter[Any],
) -> Select[UUID, datetime, datetime, str]:
    """Return the question what people's own calendars take of a time: whose, from when, until when, and ``own``."""
    return (
        select(OwnBusyTime.person_id, OwnBusyTime.starts_at, OwnBusyTime.ends_at, literal("own"))
        .join(OwnCalendar, OwnCalendar.id == OwnBusyTime.calendar_id)
        .where(
            OwnBusyTime.person_id.in_(people),
            OwnBusyTime.starts_at < ends_at,
            OwnBusyTime.ends_at > starts_at,
            OwnCalendar.taken_in_at.is_not(None),
        )
    )


def own_calendars(reader: Actor) -> list[OwnCalendarRow]:
    """Return the reader's own calendars, by name; what was only looked at after what counts."""
    statement = (
        select(
            OwnCalendar.id,
            OwnCalendar.name,
            OwnCalendar.read_at,
            OwnCalendar.taken_in_at,
            OwnCalendar.outcome,
            func.count(OwnBusyTime.id),
        )
        .outerjoin(OwnBusyTime, OwnBusyTime.calendar_id == OwnCalendar.id)
        .where(OwnCalendar.person_id == reader.person_id)
        .group_by(OwnCalendar.id)
        .order_by(OwnCalendar.taken_in_at.is_(None), OwnCalendar.name)
    )
    # JSON cannot be grouped by on PostgreSQL; by the primary key it need not be
    return [OwnCalendarRow(*row) for row in db.session.execute(statement)]


def own_calendar(reader: Actor, calendar_id: UUID) -> OwnCalendarRow:
    """Return one of the reader's own calendars. Raises ``NotFound`` for anybody else's."""
    found = next((row for row in own_calendars(reader) if row.id == calendar_id), None)
    if found is None:
        raise NotFound("There is no such calendar of yours.")
    return found


def spans_of(calendar_id: UUID, limit: int) -> list[tuple[datetime, datetime]]:
    """Return the first spans of a calendar."""
    statement = (
        select(OwnBusyTime.starts_at, OwnBusyTime.ends_at)
        .where(OwnBusyTime.calendar_id == calendar_id)
        .order_by(OwnBusyTime.starts_at)
        .limit(limit)
    )
    return [(begin, end) for begin, end in db.session.execute(statement)]
