"""Training at a site in a year, by task: how many qualifications were granted, and how many people hold one at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from assessments.qualifications.models import Qualification
from assessments.training.queries import tasks
from lms.extensions import db

#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class TrainedRow:
    """A task at a site in a year."""

    task: str
    granted: int
    #: Withdrawn with a cause within the year.
    withdrawn: int
    #: People who hold a qualification at the end. A pause takes none away.
    holding: int


def trained(site_id: UUID, first: datetime, until: datetime) -> list[TrainedRow]:
    """Return what was granted, withdrawn and held by task. The caller has checked who asks."""
    q = Qualification
    held = and_(q.valid_from < until, q.valid_to >= until, or_(q.ended_at.is_(None), q.ended_at >= until))
    statement: AnySelect = (
        select(
            q.task_id,
            func.count(q.id).filter(q.valid_from >= first, q.valid_from < until),
            func.count(q.id).filter(q.ended_at >= first, q.ended_at < until),
            func.count(q.person_id.distinct()).filter(held),
        )
        .where(q.site_id == site_id)
        .group_by(q.task_id)
    )
    counts = {row[0]: row[1:] for row in db.session.execute(statement)}
    return [TrainedRow(task.title, *counts[task.id]) for task in tasks() if task.id in counts]
