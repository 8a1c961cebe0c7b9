"""Bulletins for tests, made by the application's own commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from lms.extensions import db
from lms.unit_of_work import run
from modules.bulletins import commands
from modules.bulletins.models import Bulletin
from modules.bulletins.rules import Question, Text
from tests.factories.deviations import classified, close, stored
from tests.factories.people import Someone, today

QUESTION = Question("Which value do you enter?", "The printed one", ("The one of the listing",), "It is checked twice.")
TEXT = Text(
    "Enter the printed value",
    "A value was typed from an older listing. It was stopped before use.",
    "Two values stood side by side.",
    "The value is printed on the worksheet now.",
    "Compare the label with the worksheet before you enter anything.",
)


def a_closed_deviation(reporter: Someone, qa: Someone, **values: Any) -> UUID:
    """Raise, classify and close a deviation; return its id."""
    given = {"severity": "minor", **values}
    deviation_id = classified(reporter, qa, days_ago=given.pop("days_ago", 5), **given)
    close(qa, deviation_id, stored(deviation_id).root_cause_class, reason="no effect on product or patient")
    return deviation_id


def a_draft(drafter: Someone, deviation_id: UUID, sites: set[UUID], **values: Any) -> UUID:
    """Draft a bulletin for some sites; return its id."""
    given = {"text": TEXT, "due_on": today() + timedelta(days=30), "site_reason": "chosen for this test"}
    return run(commands.draft_bulletin, drafter.actor, "", deviation_id, **{**given, **values, "sites": sites}).id


def sent(drafter: Someone, bulletin_id: UUID) -> UUID:
    """Send a draft to a trainer."""
    run(commands.send_bulletin, drafter.actor, "", bulletin_id, version=told(bulletin_id).version)
    return bulletin_id


def approved(trainer: Someone, bulletin_id: UUID) -> UUID:
    """Sign a bulletin in review."""
    run(commands.approve_bulletin, trainer.signing, "", bulletin_id, version=told(bulletin_id).version)
    return bulletin_id


def told(bulletin_id: UUID) -> Bulletin:
    """Return the bulletin as it stands in the database."""
    db.session.expire_all()
    return db.session.get_one(Bulletin, bulletin_id)
