"""What this room knows of the reader, in one statement: the home page is everybody's and has six."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from flask import g
from sqlalchemy import BindParameter, CompoundSelect, bindparam, select, union_all
from sqlalchemy.orm import aliased

from assessments.attempts.models import Attempt, AttemptState
from assessments.items.models import Quiz
from assessments.records.queries import NO_TEXT, NOTHING, NOUGHT, Records, gathered, record_parts
from lms.asking import ask, written
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
    a = aliased(Attempt, name="a")
    open_ = select(
        written("attempt"),
        *(a.id, NOTHING, a.person_id, NOTHING, NOTHING),
        *(a.deadline_at, NOTHING, NOTHING),
        *(Quiz.title, NO_TEXT, NO_TEXT, NOUGHT, NOUGHT),
    ).join(Quiz, Quiz.id == a.quiz_id)
    me: BindParameter[Any] = bindparam("me")
    theirs = record_parts(lambda person: person == me)
    return union_all(*theirs, open_.where(a.person_id == me, a.state == written(AttemptState.OPEN)))


def own(reader: Actor, now: datetime) -> Own:
    """Return what is known of the reader, read once for a page of several panels."""
    if "own_assessments" not in g:
        rows = ask(_own(), me=reader.person_id, at=now).all()
        attempts = [OpenAttempt(row[1], row[9], row[6]) for row in rows if row[0] == "attempt"]
        g.own_assessments = Own(gathered(rows), sorted(attempts, key=lambda one: one.deadline_at))
    found: Own = g.own_assessments
    return found
