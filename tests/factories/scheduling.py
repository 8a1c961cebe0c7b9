"""Reviews that wait for a time, and a clock that stands where a test puts it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from coaching.scheduling.models import Appointment, BusyTime
from coaching.scheduling.rules import Span
from coaching.triggers import commands as triggers
from lms.extensions import db
from lms.unit_of_work import run
from tests.factories.people import Someone

#: A Monday, 07:00 in Berlin, four weeks before the clocks go forward.
MONDAY = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)


def accepted_review(coach: Someone, operator: Someone) -> UUID:
    """Return a routine review of the two that waits for a time."""
    proposal_id = run(triggers.propose_routine_review, coach.actor, "", coachee_id=operator.person.id).id
    return run(triggers.accept_proposal, coach.actor, "", proposal_id).id


def standing_spans() -> dict[UUID, list[Span]]:
    """Return what takes each person's time in the calendar, earliest first."""
    rows = db.session.execute(
        select(BusyTime.person_id, BusyTime.starts_at, BusyTime.ends_at)
        .outerjoin(Appointment, Appointment.id == BusyTime.appointment_id)
        .where(BusyTime.struck_out_at.is_(None), Appointment.cancelled_at.is_(None))
        .order_by(BusyTime.starts_at)
    )
    found: dict[UUID, list[Span]] = {}
    for person_id, starts_at, ends_at in rows:
        found.setdefault(person_id, []).append(Span(starts_at, ends_at))
    return found


def double_booked(spans: dict[UUID, list[Span]]) -> list[UUID]:
    """Return who is in two places at once."""
    return [
        person_id
        for person_id, own in spans.items()
        if any(first.meets(second) for n, first in enumerate(own) for second in own[n + 1 :])
    ]
