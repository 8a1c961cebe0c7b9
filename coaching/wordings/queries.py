"""Reading which full set is in force, and the words of a pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from coaching.wordings.models import SurveyInForce, SurveyWording
from lms.extensions import db
from lms.identity.models import Person


@dataclass(frozen=True, slots=True)
class Pasted:
    """The words of a pack, and who stands for them; ``approved_by`` is None until a second person has looked."""

    id: UUID
    version: int
    instrument: int
    language: str
    preface: str
    anchors: tuple[str, ...]
    texts: tuple[str, ...]
    permission_ref: str
    entered_by_id: UUID
    entered_by: str
    approved_by: str | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class InForce:
    """A full set that was put in force, by whom and why."""

    instrument: int
    since: datetime
    reason: str
    put_by: str


def code_in_force() -> int | None:
    """Return the code of the full set that was put in force last; None if nobody ever did."""
    return db.session.scalar(select(SurveyInForce.instrument).order_by(SurveyInForce.since.desc()).limit(1))


def in_force_history() -> list[InForce]:
    """Return every full set that was put in force, newest first."""
    statement = (
        select(
            SurveyInForce.instrument,
            SurveyInForce.since,
            SurveyInForce.reason,
            Person.given_name + " " + Person.family_name,
        )
        .join(Person, Person.id == SurveyInForce.put_by_id)
        .order_by(SurveyInForce.since.desc())
    )
    return [InForce(*row) for row in db.session.execute(statement)]


def approved_words(instrument: int) -> SurveyWording | None:
    """Return the approved words of a pack."""
    return db.session.scalar(
        select(SurveyWording).where(SurveyWording.instrument == instrument, SurveyWording.approved_by_id.is_not(None))
    )


def pasted_words() -> dict[int, Pasted]:
    """Return the words of every pack that has some, approved or not, by the pack's code."""
    first, second = aliased(Person), aliased(Person)
    statement = (
        select(SurveyWording, first.given_name + " " + first.family_name, second.given_name + " " + second.family_name)
        .join(first, first.id == SurveyWording.entered_by_id)
        .outerjoin(second, second.id == SurveyWording.approved_by_id)
    )
    return {
        words.instrument: Pasted(
            words.id,
            words.version,
            words.instrument,
            words.language,
            words.preface,
            tuple(words.anchors),
            tuple(words.texts),
            words.permission_ref,
            words.entered_by_id,
            entered_by,
            approved_by,
            words.approved_at,
        )
        for words, entered_by, approved_by in db.session.execute(statement)
    }
