"""One mail a day at most: what is due, what expires, what waits. Rooms answer the slot ``reminders``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from lms.extensions import db
from lms.identity.models import Account, Person
from lms.permissions import Permission
from lms.unit_of_work import Work, command
from lms.web.slots import filled
from lms.web.times import show_day


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something a person should hear about today (slot ``reminders``, asked with ``on=day``)."""

    person_id: UUID
    due_on: date | None
    text: str
    target: str


@command(needs=Permission.SYSTEM_RUN)
def send_reminder_digest(work: Work) -> str:
    """Put one mail per person with something due into the outbox; the same day's digest is never sent twice."""
    today = work.at.date()
    by_person: dict[UUID, list[Reminder]] = defaultdict(list)
    for reminder in filled("reminders", on=today):
        by_person[reminder.person_id].append(reminder)
    if not by_person:
        return "nobody needs a reminder"
    people = db.session.execute(
        select(Person.id, Person.given_name, Person.email)
        .join(Account, Account.person_id == Person.id)
        .where(Person.id.in_(by_person), Account.is_active, Person.email != "")
    ).all()
    address = current_app.config["SETTINGS"].base_url
    for person_id, given_name, email in people:
        reminders = sorted(by_person[person_id], key=lambda r: (r.due_on or date.max, r.text))
        lines = [f"- {show_day(r.due_on) + ': ' if r.due_on else ''}{r.text}\n  {address}{r.target}" for r in reminders]
        work.send_mail(
            key=f"digest:{today.isoformat()}:{person_id}",
            to=email,
            subject=ngettext("Candor: %(num)s thing needs you", "Candor: %(num)s things need you", len(lines)),
            body=_("Hello %(name)s,", name=given_name) + "\n\n" + "\n".join(lines) + "\n",
        )
    return f"{len(people)} digests"
