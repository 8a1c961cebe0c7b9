"""What runs by itself: jobs, each once per due moment in the whole installation, and ticks, which may run at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from lms.unit_of_work import Command


@dataclass(frozen=True, slots=True)
class Job:
    """A command that is due at fixed moments: daily at a time of day (UTC), or every so long since the epoch."""

    name: str
    #: Returns one line for the administrator.
    command: Command[[], str]
    daily_at: time | None = None
    every: timedelta | None = None

    def due_at(self, now: datetime) -> datetime:
        """Return the newest due moment that is not in the future."""
        if self.every is not None:
            seconds = int(self.every.total_seconds())
            return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
        today = datetime.combine(now.astimezone(UTC).date(), self.daily_at or time(0), UTC)
        return today if today <= now else today - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A function that harms nobody when it runs twice: sealing the trail, delivering the outbox."""

    name: str
    function: Callable[[], object]
    seconds: float


_jobs: dict[str, Job] = {}
_ticks: dict[str, Tick] = {}


def register(item: Job | Tick) -> None:
    """Add a job or a tick; called in a room's wiring."""
    if isinstance(item, Job):
        _jobs[item.name] = item
    else:
        _ticks[item.name] = item


def jobs() -> list[Job]:
    """Return all jobs, by name."""
    return sorted(_jobs.values(), key=lambda job: job.name)


def ticks() -> list[Tick]:
    """Return all ticks, by name."""
    return sorted(_ticks.values(), key=lambda tick: tick.name)
