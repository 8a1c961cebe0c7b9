"""Erasing old and new values of events, the one change of the trail that there is.

Body, leaf and tree stay, so the event still stands and still proves who changed which record when and why. The triggers let
through exactly this, and only for events that a ``PayloadErasure`` names; verification asks for its signed act as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select, update

from lms.audit.models import AuditEvent, PayloadErasure
from lms.extensions import db
from lms.ids import new_id
from lms.unit_of_work import Work


def events_that_hold(record_ids: Iterable[UUID], holds: Callable[[str], bool]) -> list[UUID]:
    """Return the events of some records whose old and new values hold a text that ``holds`` finds."""
    ids = [str(record_id) for record_id in record_ids]
    statement = select(AuditEvent.id, AuditEvent.payload).where(
        AuditEvent.rid.in_(ids), AuditEvent.payload.is_not(None)
    )
    return [
        event_id
        for event_id, payload in db.session.execute(statement)
        if holds_text(json.loads(payload or "{}"), holds)
    ]


def holds_text(value: object, holds: Callable[[str], bool]) -> bool:
    """Whether any text within a value of JSON is found by ``holds``."""
    match value:
        case str():
            return holds(value)
        case list():
            return any(holds_text(part, holds) for part in value)
        case dict():
            return any(holds_text(part, holds) for part in value.values())
        case _:
            return False


def erase(work: Work, act_id: UUID, site_id: UUID, event_ids: Sequence[UUID]) -> None:
    """Erase old and new values of events, on the strength of a signed act. Each erasure is a record with its own event."""
    for event_id in event_ids:
        work.add(PayloadErasure(id=new_id(), event_id=event_id, act_id=act_id, site_id=site_id))
    db.session.flush()
    events = AuditEvent.__table__
    # past the guard of the unit of work on purpose: the triggers hold this statement to what was recorded just above
    db.session.connection().execute(update(events).where(events.c.id.in_(event_ids)).values(payload=None, salt=None))  # type: ignore[arg-type]
