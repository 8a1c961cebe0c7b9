"""Codings and second codings for tests, made by the application's own commands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from lms.coding.rules import SYSTEM_CAUSES, Coding
from lms.extensions import db
from lms.second_coding import commands
from lms.second_coding.models import SecondCoding
from lms.second_coding.rules import FIELDS
from lms.unit_of_work import run
from tests.factories.deviations import CLASSIFIED, a_deviation, triage
from tests.factories.people import Someone

#: A cell of the rubric that suggests each severity.
CELLS = {
    "minor": Coding("none", "before_release"),
    "major": Coding("direct", "by_chance"),
    "critical": Coding("patient", "not_found"),
}
#: How each system cause was excluded.
EXCLUDED = {cause: f"Looked at the {cause} of that run and found it in order." for cause in SYSTEM_CAUSES}


def at_the_desk(qa: Someone, deviation_id: UUID, **values: Any) -> None:
    """Classify a deviation as the desk does: with its coding by the rubric."""
    severity = values.get("severity", CLASSIFIED["severity"])
    triage(qa, deviation_id, **{"coding": CELLS[severity], **values})


def in_the_sample(reporter: Someone, qa: Someone, **values: Any) -> SecondCoding:
    """Raise and classify a critical deviation, which always waits for a second coding; return that."""
    deviation_id = a_deviation(reporter)
    at_the_desk(qa, deviation_id, **{"severity": "critical", **values})
    return second_coding_of(deviation_id)


def second_coding_of(deviation_id: UUID) -> SecondCoding:
    """Return the second coding of a deviation as it stands in the database."""
    db.session.expire_all()
    return db.session.scalars(select(SecondCoding).where(SecondCoding.deviation_id == deviation_id)).one()


def coded_again(coder: Someone, coding: SecondCoding, **codes: str) -> SecondCoding:
    """Code a second time, as ``CLASSIFIED`` says and critical but for the codes given."""
    given = {**{field: CLASSIFIED[field] for field in FIELDS}, "severity": "critical", **codes}
    run(commands.code_a_second_time, coder.actor, "test", coding.id, version=coding.version, codes=given)
    return second_coding_of(coding.deviation_id)
