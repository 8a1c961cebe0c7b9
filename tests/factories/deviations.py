"""Deviations, batches and tables for tests, made by the application's own commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms import clock
from lms.deviations import commands
from lms.deviations.models import Deviation
from lms.exposure import commands as exposure
from lms.exposure.models import Batch
from lms.extensions import db
from lms.imports.reading import Table, read_table
from lms.investigations import commands as investigations
from lms.network.models import Site
from lms.permissions import Actor
from lms.recurrences.models import Recurrence
from lms.unit_of_work import Command, run
from tests.factories.people import ZONE, Someone, a_site

#: One classification; tests change what they are about.
CLASSIFIED: dict[str, Any] = {
    "process_step": "transduction",
    "category": "procedure_execution",
    "root_cause_class": "method",
    "kind": "deviation",
    "detection_channel": "performer",
    "severity": "major",
    "severity_rationale": "Would have halved the vector dose.",
    "team_id": None,
    "batch_id": None,
}


def a_deviation(reporter: Someone, site: Site | None = None, *, days_ago: float = 0.1, **values: Any) -> UUID:
    """Raise a deviation; return its id. What lies days back happened at noon there, so that no midnight decides a test."""
    moment = clock.now().astimezone(ZoneInfo(ZONE)) - timedelta(days=days_ago)
    given: dict[str, Any] = {
        "description": "I entered MOI 2.5 from the morning sheet. Stopped before use.",
        "occurred_at": moment.replace(hour=12, minute=0) if days_ago >= 2 else moment,
        "late_reason": "told at the meeting" if days_ago > 1 else "",
    }
    raised = run(commands.raise_deviation, reporter.actor, "test", site_id=(site or a_site()).id, **{**given, **values})
    return raised.id


def triage(qa: Someone, deviation_id: UUID, **values: Any) -> None:
    """Classify a deviation as ``CLASSIFIED`` says, but for the values given."""
    version = stored(deviation_id).version
    run(commands.triage_deviation, qa.actor, "test", deviation_id, version=version, **{**CLASSIFIED, **values})


def classified(reporter: Someone, qa: Someone, *, days_ago: float, site: Site | None = None, **values: Any) -> UUID:
    """Raise and classify a deviation that occurred so many days ago; return its id."""
    deviation_id = a_deviation(reporter, site, days_ago=days_ago)
    triage(qa, deviation_id, **values)
    return deviation_id


def investigated(lead: Someone, deviation_id: UUID, **values: Any) -> None:
    """Take a classified deviation through its investigation into QA's review; it needs no action unless values say so."""
    given = {
        "method": "five_whys",
        "finding": "The worksheet does not show the value.",
        "factors": ("similar_looking",),
        "root_cause_class": stored(deviation_id).root_cause_class,
        "action_needed": False,
        "why_none": "The worksheet was replaced at once.",
    }
    on(lead.actor, investigations.start_investigation, deviation_id, lead_id=lead.person.id)
    on(lead.actor, investigations.record_result, deviation_id, **{**given, **values})
    on(lead.actor, investigations.send_to_review, deviation_id)


def close(qa: Someone, deviation_id: UUID, cause: str = "method", **values: Any) -> None:
    """Close a deviation with a signature."""
    on(qa.signing, commands.close_deviation, deviation_id, root_cause_class=cause, **values)


def on(actor: Actor, what: Command[..., Any], deviation_id: UUID, /, **values: Any) -> Any:
    """Run a command on the deviation as it stands."""
    return run(what, actor, "test", deviation_id, version=stored(deviation_id).version, **values)


def stored(deviation_id: UUID) -> Deviation:
    """Return the record as it stands in the database."""
    db.session.expire_all()
    return db.session.get_one(Deviation, deviation_id)


def recurrence_of(deviation_id: UUID, rule: str = "R1") -> Recurrence | None:
    """Return the stored match of the later deviation under a rule."""
    db.session.expire_all()
    return db.session.scalar(select(Recurrence).where(Recurrence.deviation_id == deviation_id, Recurrence.rule == rule))


def a_batch(qa: Someone, number: str = "B-0001", site: Site | None = None, **values: Any) -> Batch:
    """Record a batch."""
    given: dict[str, Any] = {"product": "CAR-T A", "started_on": date(2026, 3, 1)}
    return run(
        exposure.record_batch, qa.actor, "test", site_id=(site or a_site()).id, number=number, **{**given, **values}
    )


def a_table(headings: Sequence[str], lines: Iterable[Sequence[str]], name: str = "file.csv") -> Table:
    """Return a table as if it had been read from a CSV file."""
    text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in (headings, *lines))
    return read_table(text.encode(), name)


def a_moment(text: str) -> datetime:
    """Return the moment of an ISO text with its offset."""
    return datetime.fromisoformat(text)
