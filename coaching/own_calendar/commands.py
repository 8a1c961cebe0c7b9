"""Making, renewing and ending the secret address of one's own appointments."""

from __future__ import annotations

import secrets
from uuid import UUID

from sqlalchemy import select

from coaching.own_calendar import rules
from coaching.own_calendar.models import CalendarFeed
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.scope import get_scoped
from lms.unit_of_work import Work, command


@command(needs=Permission.OWN_RECORD_SEE)
def make_calendar_feed(work: Work) -> str:
    """Make the secret address of one's own appointments and return its secret, the only time that anybody sees it.

    An older one ends at once.
    """
    if work.actor.person_id is None:
        raise NotFound("Only a person has a calendar of their own.")
    _end(work, work.actor.person_id)
    secret = secrets.token_urlsafe(32)
    work.add(CalendarFeed(person_id=work.actor.person_id, token_hash=rules.hash_of(secret), created_at=work.at))
    return secret


@command(needs=Permission.OWN_RECORD_SEE)
def end_calendar_feed(work: Work) -> None:
    """End the secret address of one's own appointments: it opens nothing any more."""
    if work.actor.person_id is None or not _end(work, work.actor.person_id):
        raise NotAllowed("You have no calendar address that works.")


@command(needs=Permission.PEOPLE_MANAGE)
def end_calendar_feed_of(work: Work, person_id: UUID) -> None:
    """End somebody's calendar address for them, such as after a lost phone."""
    person = get_scoped(Person, person_id, work.actor, Permission.PEOPLE_MANAGE)
    if not _end(work, person.id):
        raise NotAllowed(f"{person.name} has no calendar address that works.")


def _end(work: Work, person_id: UUID) -> bool:
    standing = select(CalendarFeed).where(CalendarFeed.person_id == person_id, CalendarFeed.ended_at.is_(None))
    feeds = db.session.scalars(standing).all()
    for feed in feeds:
        feed.ended_at = work.at
    return bool(feeds)
