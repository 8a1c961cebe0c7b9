"""What the trail does by itself: sealing every second, a signed checkpoint every hour."""

from __future__ import annotations

from datetime import timedelta

from lms import clock
from lms.audit import sealer
from lms.scheduler import jobs

#: The longest that the trail goes without a signed checkpoint while the scheduler runs.
CHECKPOINT_EVERY = timedelta(hours=1)


def seal_events() -> int:
    """Append new events to the tree; return how many."""
    return sealer.seal()


def sign_hourly_checkpoint() -> str | None:
    """Sign the tree as it is now if the newest checkpoint is an hour old; return the note, or None if it is not."""
    newest = sealer.newest_checkpoint()
    if newest is not None and clock.now() - newest.at < CHECKPOINT_EVERY:
        return None
    return sealer.sign_checkpoint()


def register_jobs() -> None:
    """Give both to the scheduler as ticks: neither harms when run twice, and a restart must not put the hour off."""
    jobs.register(jobs.Tick("seal_events", seal_events, 1))
    jobs.register(jobs.Tick("sign_hourly_checkpoint", sign_hourly_checkpoint, 60))
