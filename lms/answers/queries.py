"""Reading what was promised to whoever raised a deviation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from lms.answers.models import AnswerPromise
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.scope import within


@dataclass(frozen=True, slots=True)
class Promise:
    """By when QA answers, and when it did."""

    due_at: datetime
    answered_at: datetime | None
    in_time: bool | None
    zone: str


def promise_of(reader: Actor, deviation_id: UUID) -> Promise | None:
    """Return what was promised for a deviation at the reader's sites; None for what came in another way."""
    statement = (
        select(AnswerPromise.due_at, AnswerPromise.answered_at, AnswerPromise.in_time, Site.zone)
        .join(Site, Site.id == AnswerPromise.site_id)
        .where(
            AnswerPromise.deviation_id == deviation_id,
            within(AnswerPromise.site_id, reader, Permission.DEVIATION_SEE),
        )
    )
    row = db.session.execute(statement).first()
    return Promise(*row) if row is not None else None
