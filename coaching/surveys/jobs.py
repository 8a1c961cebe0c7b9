"""What is due for the custodian. The scheduler reminds and holds no key: a release is made by a person."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import or_, select

from coaching.surveys import queries
from coaching.surveys.panels import missing_keys
from lms.extensions import db
from lms.identity.models import Account, Person, RoleAssignment
from lms.notifications.commands import notify
from lms.notifications.models import Notification
from lms.permissions import Permission, Role
from lms.unit_of_work import Work, command

TARGET = "/survey/releases"


@command(needs=Permission.SYSTEM_RUN)
def remind_custodian(work: Work) -> str:
    """Tell every custodian, once each, that a month may be released, that a quarter has no key, or that one is to be destroyed."""
    today = work.at.date()
    keys = queries.keys()
    missing = missing_keys({key.quarter for key in keys}, today)
    ended = [key.quarter for key in keys if key.destroyed_on is None and key.quarter.destroyable_from <= today]
    due = [
        *(("survey_release_due", str(month)) for month in queries.due_months(keys, queries.release_events(), today)),
        *(("survey_key_due", str(quarter)) for quarter in missing),
        *(("survey_destroy_due", str(quarter)) for quarter in ended),
    ]
    told = 0
    for person_id, given_name, email in _custodians(today):
        for sentence, period in due:
            told += _tell(work, person_id, given_name, email, sentence, period)
    return f"{told} reminders"


def _tell(work: Work, person_id: UUID, given_name: str, email: str, sentence: str, period: str) -> int:
    target = f"{TARGET}?month={period}" if sentence == "survey_release_due" else f"{TARGET}?quarter={period}"
    known = select(Notification.id).where(
        Notification.person_id == person_id, Notification.sentence == sentence, Notification.target == target
    )
    if db.session.scalar(known) is not None:
        return 0
    notify(work, person_id, sentence, target, period=period)
    if email:
        subject = {
            "survey_release_due": _("Candor: the survey of %(period)s can be released", period=period),
            "survey_key_due": _("Candor: the survey of %(period)s has no key", period=period),
            "survey_destroy_due": _("Candor: the survey key of %(period)s is to be destroyed", period=period),
        }[sentence]
        address = current_app.config["SETTINGS"].base_url
        work.send_mail(
            key=f"{sentence}:{period}:{person_id}",
            to=email,
            subject=subject,
            body=_("Hello %(name)s,", name=given_name) + f"\n\n{subject}.\n{address}{target}\n",
        )
    return 1


def _custodians(on: date) -> list[tuple[UUID, str, str]]:
    statement = (
        select(Person.id, Person.given_name, Person.email)
        .join(Account, Account.person_id == Person.id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Account.is_active,
            RoleAssignment.role == Role.CUSTODIAN,
            RoleAssignment.approved_at.is_not(None),
            RoleAssignment.valid_from <= on,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
        )
        .distinct()
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]
