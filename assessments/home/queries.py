"""What this room knows of the reader, in one statement: the home page is everybody's and has six."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from flask import g
from sqlalchemy import CompoundSelect, bindparam, literal, select, union_all

from assessments.attempts.models import Attempt, AttemptState
from assessments.items.models import Quiz
from assessments.records.queries import NO_ID, NO_MOMENT, NO_TEXT, NOUGHT, Records, gathered, record_parts
from lms.asking import ask
from lms.permissions import Actor


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that is neither handed in nor timed out."""

    id: UUID
    quiz_title: str
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Own:
    """The reader's records, and their open attempts, the one that ends first before the others."""

    records: Records
    open_attempts: list[OpenAttempt]


@cache
def _own() -> CompoundSelect[*tuple[Any, ...]]:
    open_ = select(
        literal("attempt"),
        *(Attempt.id, NO_ID, Attempt.person_id, NO_ID, NO_ID),
        *(Attempt.deadline_at, NO_MOMENT, NO_MOMENT),
        *(Quiz.title, NO_TEXT, NO_TEXT, NOUGHT, NOUGHT),
    ).join(Quiz, Quiz.id == Attempt.quiz_id)
    theirs = Attempt.person_id.in_(bindparam("people", expanding=True))
    return union_all(*record_parts(), open_.where(theirs, Attempt.state == AttemptState.OPEN))


def own(reader: Actor, now: datetime) -> Own:
    """Return what is known of the reader, read once for a page of several panels."""
    if "own_assessments" not in g:
        people = [reader.person_id] if reader.person_id is not None else []
        rows = ask(_own(), people=people, at=now).all()
        attempts = [OpenAttempt(row[1], row[9], row[6]) for row in rows if row[0] == "attempt"]
        g.own_assessments = Own(gathered(rows), sorted(attempts, key=lambda one: one.deadline_at))
    found: Own = g.own_assessments
    return found
