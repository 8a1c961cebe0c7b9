"""The moment a promise is kept: called by whatever command tells a reporter QA's answer."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from lms.answers.models import AnswerPromise
from lms.extensions import db
from lms.unit_of_work import Work


def note_answer(work: Work, deviation_id: UUID) -> None:
    """Note that the reporter has an answer now, and whether it came in time. The first answer counts."""
    promise = db.session.scalar(select(AnswerPromise).where(AnswerPromise.deviation_id == deviation_id))
    if promise is not None and promise.answered_at is None:
        promise.answered_at, promise.in_time = work.at, work.at <= promise.due_at
