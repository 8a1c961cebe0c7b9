"""Keeping the clock of a commitment with its waits. Called inside the commands of the review and of its follow-up."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from coaching.commitments.models import Commitment, CommitmentWait, WaitState
from coaching.commitments.rules import Wait, clock_of
from lms.extensions import db


def waits_of(commitment: Commitment) -> list[CommitmentWait]:
    """Return what was said of waiting, oldest first."""
    statement = select(CommitmentWait).where(CommitmentWait.commitment_id == commitment.id)
    return list(db.session.scalars(statement.order_by(CommitmentWait.asked_on, CommitmentWait.id)))


def end_waits(commitment: Commitment, on: date) -> None:
    """End whatever wait is not over, and set the clock; one that nobody decided on counts for nothing."""
    for wait in waits_of(commitment):
        if wait.ended_on is None:
            wait.ended_on = max(on, wait.asked_on)
    set_clock(commitment)


def set_clock(commitment: Commitment) -> None:
    """Write the due day that follows from the accepted waits beside the agreed one."""
    accepted = [Wait(w.asked_on, w.ended_on) for w in waits_of(commitment) if w.state == WaitState.ACCEPTED]
    clock = clock_of(commitment.due_on, accepted)
    commitment.clock_stopped_on = clock.stopped_on
    commitment.due_with_waits = clock.due_on if clock.due_on != commitment.due_on else None
