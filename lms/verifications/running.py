"""Making the verifications that were asked for, one after another, beside people's work."""

from __future__ import annotations

import time
from uuid import UUID

from sqlalchemy import select, update

from lms.audit.verification import verify
from lms.extensions import db
from lms.permissions import Actor
from lms.scheduler.stopping import is_stopping
from lms.unit_of_work import run, transaction
from lms.verifications import commands
from lms.verifications.models import TrailVerification

#: How often a page that waits is told how far it is.
TELL_SECONDS = 1.0


def verify_as_asked() -> bool:
    """Make the oldest verification that waits; return whether one was made.

    One that was cut off, because its process was to stop, is made anew: nothing but the outcome is kept.
    """
    waiting = select(TrailVerification.id).where(TrailVerification.made_at.is_(None))
    asked = db.session.scalar(waiting.order_by(TrailVerification.asked_at).limit(1))
    if asked is None:
        return False
    try:
        report = verify(progress=_Told(asked))
    except _CutOff:
        return False
    run(commands.keep_verification, Actor.system("verify_as_asked"), "a verification was made", asked, report)
    return True


class _CutOff(Exception):
    """The process is to stop before the verification is through."""


class _Told:
    """Writes down how far a verification is, at most once a second."""

    def __init__(self, verification_id: UUID) -> None:
        self._id = verification_id
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        if is_stopping():
            raise _CutOff
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + TELL_SECONDS
        with transaction() as connection:
            connection.execute(
                update(TrailVerification).where(TrailVerification.id == self._id).values(done=done, total=total)
            )
