"""Reading what the reader raised, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from lms.answers.models import AnswerPromise
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor
from lms.refusals import NotFound

#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What became of something the reader raised."""

    id: UUID
    site_id: UUID
    number: str
    title: str
    kind: str
    state: str
    zone: str
    occurred_at: datetime
    recorded_at: datetime
    answer: str
    #: By when QA answers, and when it did; None for what came in another way than by the report.
    answer_by: datetime | None
    answered_at: datetime | None


def _own(reader: Actor) -> AnySelect:
    columns = (
        Deviation.id,
        Deviation.site_id,
        Deviation.number,
        Deviation.title,
        Deviation.kind,
        Deviation.state,
        Site.zone,
        Deviation.occurred_at,
        Deviation.recorded_at,
        Deviation.answer,
        AnswerPromise.due_at,
        AnswerPromise.answered_at,
    )
    statement: AnySelect = select(*columns).join(Site, Site.id == Deviation.site_id)
    statement = statement.outerjoin(AnswerPromise, AnswerPromise.deviation_id == Deviation.id)
    return statement.where(Deviation.reported_by_id == reader.person_id, Deviation.reported_by_id.is_not(None))


def own_reports(reader: Actor) -> list[OwnReport]:
    """Return what the reader raised, newest first, with QA's answer."""
    statement = _own(reader).order_by(Deviation.recorded_at.desc(), Deviation.id.desc()).limit(100)
    return [OwnReport(*row) for row in db.session.execute(statement)]


def own_report(reader: Actor, deviation_id: UUID) -> OwnReport:
    """Return one thing the reader raised. Raises ``NotFound`` for what somebody else raised."""
    row = db.session.execute(_own(reader).where(Deviation.id == deviation_id)).first()
    if row is None:
        raise NotFound("You raised no such report. Your own are under “My reports”.")
    return OwnReport(*row)
