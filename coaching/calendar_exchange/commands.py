"""Taking in and forgetting one's own calendar, and sending invitations for appointments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Select, delete, insert, select

from coaching.calendar_exchange.busy import Taken, busy_times
from coaching.calendar_exchange.invitations import Attendee, invitation
from coaching.calendar_exchange.models import OwnBusyTime, OwnCalendar
from lms.extensions import db
from lms.identity.models import Person
from lms.ids import new_id
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from lms.web.times import show_moment

#: Sentences kept of a file that has many refused entries.
MOST_SENTENCES = 50
MOST_CALENDARS = 5


@command(needs=Permission.OWN_RECORD_SEE)
def look_at_own_calendar(work: Work, *, name: str, data: bytes) -> OwnCalendar:
    """Read a file of one's own calendar and keep its spans until they are taken in. Nothing counts yet.

    What was looked at before and not taken in is forgotten. Raises ``NotAllowed`` for what is no calendar file.
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise NotAllowed("Give the calendar a name, such as “Outlook at work”.", field="name")
    person_id = _person(work)
    known = set(
        db.session.scalars(
            select(OwnCalendar.name).where(OwnCalendar.person_id == person_id, OwnCalendar.taken_in_at.is_not(None))
        )
    )
    if name not in known and len(known) >= MOST_CALENDARS:
        message = f"You have {MOST_CALENDARS} calendars here. Forget one first."
        raise NotAllowed(message, field="name")
    taken = busy_times(data, zone=work.actor.zone, now=work.at)
    _forget(select(OwnCalendar.id).where(OwnCalendar.person_id == person_id, OwnCalendar.taken_in_at.is_(None)))
    calendar = OwnCalendar(
        id=new_id(), person_id=person_id, name=name, read_at=work.at, taken_in_at=None, outcome=_outcome(taken)
    )
    work.add(calendar)
    db.session.flush()
    spans = [
        {
            "id": new_id(),
            "calendar_id": calendar.id,
            "person_id": person_id,
            "starts_at": span.starts_at,
            "ends_at": span.ends_at,
        }
        for span in taken.spans
    ]
    if spans:
        db.session.execute(insert(OwnBusyTime), spans)
    return calendar


@command(needs=Permission.OWN_RECORD_SEE)
def take_in_own_calendar(work: Work, calendar_id: UUID) -> OwnCalendar:
    """Let the times of a calendar that was looked at count, in place of those of the older file of the same name."""
    calendar = _own(work, calendar_id)
    if calendar.taken_in_at is None:
        _forget(
            select(OwnCalendar.id).where(
                OwnCalendar.person_id == calendar.person_id,
                OwnCalendar.name == calendar.name,
                OwnCalendar.taken_in_at.is_not(None),
            )
        )
        calendar.taken_in_at = work.at
    return calendar


@command(needs=Permission.OWN_RECORD_SEE)
def forget_own_calendar(work: Work, calendar_id: UUID) -> None:
    """Forget one's own calendar with all its times. Nothing of it stays anywhere."""
    calendar = _own(work, calendar_id)
    _forget(select(OwnCalendar.id).where(OwnCalendar.id == calendar.id))


@dataclass(frozen=True, slots=True)
class Planned:
    """An appointment as its invitations say it."""

    #: Names the appointment among the mails: with the sequence and the person, no mail leaves twice.
    key: str
    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    #: Of the site, whose clocks the invitation follows.
    zone: str
    place: str
    #: Path of its page here.
    target: str


def send_invitations(
    work: Work, method: str, planned: Planned, people: Sequence[Person], *, chosen_by: UUID | None
) -> None:
    """Send everybody the invitation (``REQUEST``) or its withdrawal (``CANCEL``), after the commit.

    The organiser is this installation: replies come to its mailbox, where they are read. ``chosen_by`` chose the time
    and is not asked again.
    """
    settings = current_app.config["SETTINGS"]
    link = f"{settings.base_url}{planned.target}"
    text = invitation(
        method=method,
        uid=planned.uid,
        sequence=planned.sequence,
        made_at=work.at,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        zone=planned.zone,
        summary=_("Coaching review"),
        place=planned.place,
        link=link,
        organiser=Attendee(_("Candor"), settings.mail_from),
        attendees=tuple(
            Attendee(person.name, person.email, has_agreed=person.id == chosen_by) for person in people if person.email
        ),
    )
    when = show_moment(planned.starts_at, planned.zone)
    subject = (
        _("Cancelled: coaching review, %(when)s", when=when)
        if method == "CANCEL"
        else _("Coaching review, %(when)s", when=when)
    )
    for person in people:
        if person.email:
            work.send_mail(
                key=f"{planned.key}:{planned.sequence}:{person.id}",
                to=person.email,
                subject=subject,
                body=_("Hello %(name)s,", name=person.given_name) + f"\n\n{subject}\n{link}\n",
                calendar=text,
                method=method,
            )


def _outcome(taken: Taken) -> dict[str, object]:
    return {
        "entries": taken.entries,
        "used": taken.used,
        "left_out": taken.left_out,
        "refused": len(taken.refused),
        "sentences": [[one.number, one.sentence] for one in taken.refused[:MOST_SENTENCES]],
    }


def _person(work: Work) -> UUID:
    if work.actor.person_id is None:
        raise NotFound("Only a person has a calendar of their own.")
    return work.actor.person_id


def _own(work: Work, calendar_id: UUID) -> OwnCalendar:
    calendar = db.session.get(OwnCalendar, calendar_id)
    if calendar is None or calendar.person_id != work.actor.person_id:
        raise NotFound("There is no such calendar of yours.")
    return calendar


def _forget(which: Select[UUID]) -> None:
    ids = list(db.session.scalars(which))
    db.session.execute(delete(OwnBusyTime).where(OwnBusyTime.calendar_id.in_(ids)))
    db.session.execute(delete(OwnCalendar).where(OwnCalendar.id.in_(ids)))
