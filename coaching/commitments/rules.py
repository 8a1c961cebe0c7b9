"""The clock of a commitment, which stands while it waits on others. Pure: days in, days out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lms.refusals import NotAllowed


@dataclass(frozen=True, slots=True)
class Wait:
    """An accepted wait: its first day, and the first day that counts again (None: it still waits)."""

    first_day: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Clock:
    """When a commitment is due. While it stands there is no due day that could be missed."""

    due_on: date
    stopped_on: date | None

    def is_overdue(self, today: date) -> bool:
        """Whether the due day is over and the clock was not standing when it would have been."""
        return self.stopped_on is None and self.due_on < today


def clock_of(due_on: date, waits: Iterable[Wait]) -> Clock:
    """Return the due day with the days waited added; a day that lies in two waits counts once.

    A wait that begins after the due day moves nothing: what was late already does not become punctual by waiting.
    """
    waits = sorted(waits, key=lambda one: one.first_day)
    stopped_on = min((wait.first_day for wait in waits if wait.until is None), default=date.max)
    counted_until = date.min
    for wait in waits:
        first, until = max(wait.first_day, counted_until), min(wait.until or stopped_on, stopped_on)
        if first <= due_on and first < until:
            due_on += until - first
            counted_until = until
    return Clock(due_on, stopped_on if stopped_on <= due_on else None)


def check_wait(waits_on: str, *, is_open: bool, under_way: bool) -> None:
    """Raise ``NotAllowed`` for a wait without a reason, of a finished commitment, or beside one that is not over."""
    if not is_open:
        raise NotAllowed("This commitment was looked at already, so it waits on nobody.")
    if under_way:
        raise NotAllowed("You said already that this commitment waits. Say first when it goes on.")
    if not waits_on.strip():
        raise NotAllowed("Say on what it waits, and why.", field="waits_on")


def check_evidence(evidence: str, link: str) -> None:
    """Raise ``NotAllowed`` without anything that shows what became of a commitment, or for a link that leaves Candor."""
    if not evidence.strip() and not link.strip():
        raise NotAllowed("Say what shows it, or give the page of the record that does.", field="evidence")
    if link.strip() and (not link.startswith("/") or link.startswith("//")):
        message = "Give the address of a page of Candor, beginning with a slash: /deviations/…"
        raise NotAllowed(message, field="evidence_link")
