"""Whether the demonstration network was loaded to its end, and whether it may be served here.

Each simulated day is committed by itself, so a loading that breaks off leaves a network behind that looks like one. Its end
is written into the ledger of jobs, which is no GMP record and goes with the database it speaks of.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlalchemy import insert, select

from config import Settings
from lms import clock
from lms.demonstration.ribbon import holds_demonstration
from lms.extensions import db
from lms.refusals import NotAllowed
from lms.scheduler.models import JobRun
from lms.unit_of_work import transaction

_JOB = "demonstration"
_SEED = "seed "


def note_end(seed: int, today: date) -> None:
    """Write down that the history of a seed was loaded up to its last day."""
    claim = {"job": _JOB, "due_at": datetime.combine(today, time(), UTC), "finished_at": clock.now()}
    with transaction() as connection:
        connection.execute(insert(JobRun).values(**claim, outcome=f"{_SEED}{seed}"))


def loaded_seed() -> int | None:
    """Return the seed of the demonstration that was loaded to its end; None if none was."""
    outcome = db.session.scalar(select(JobRun.outcome).where(JobRun.job == _JOB).limit(1))
    return None if outcome is None else int(outcome.removeprefix(_SEED))


def check_may_load(settings: Settings) -> None:
    """Raise ``NotAllowed`` in production: the passwords of the demonstration are known to everybody."""
    if settings.production:
        raise NotAllowed(
            "CANDOR_ENVIRONMENT is production, and the demonstration's passwords are known to everybody: found your own "
            "network with candor init, or set CANDOR_ENVIRONMENT=development."
        )


def check_whole() -> None:
    """Raise ``NotAllowed`` for a demonstration that was not loaded to its end."""
    if holds_demonstration() and loaded_seed() is None:
        raise NotAllowed(
            "Loading the demonstration network was interrupted, or is still running, so its history is not whole: make it "
            "anew with candor demo --fresh."
        )


def check_may_serve(settings: Settings) -> None:
    """Raise ``NotAllowed`` if this database holds a demonstration that is not whole, or any in production."""
    if not holds_demonstration():
        return
    if settings.production:
        raise NotAllowed(
            "This database holds the demonstration, whose passwords are known to everybody, and CANDOR_ENVIRONMENT is "
            "production: name another database with DATABASE_URL, or set CANDOR_ENVIRONMENT=development."
        )
    check_whole()
