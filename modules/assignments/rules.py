"""When a module is assigned, for which reason, until when it is due and how long its completion counts."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from lms.refusals import NotAllowed
from lms.web.times import local_day, start_of_day
from modules.curricula.rules import Requirement
from modules.library.rules import TaughtVersion

OPEN, COMPLETED, CANCELLED = "open", "completed", "cancelled"
INITIAL, REVISION, REQUALIFICATION, MANUAL = "initial", "revision", "requalification", "manual"
#: Days before a completion stops counting from which it may be renewed (and keeps its anniversary).
RENEWAL_WINDOW = 30
#: Days before (and after) the due day on which a reminder goes out.
REMINDERS = {14: "due_in_14", 3: "due_in_3", 0: "due_today", -1: "overdue_1", -7: "overdue_7"}


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment a person has or had, of any version of one module."""

    id: UUID
    person_id: UUID
    module_id: UUID
    module_version_id: UUID
    #: Number of the SOP version.
    number: int
    cycle: int
    reason: str
    state: str
    due_on: date
    completed_at: datetime | None
    counts_until: datetime | None
    curriculum_id: UUID | None


@dataclass(frozen=True, slots=True)
class ToAssign:
    """An assignment to make."""

    module_version_id: UUID
    reason: str
    due_on: date
    cycle: int


@dataclass(frozen=True, slots=True)
class Retraining:
    """What a new version of a module means for one person."""

    assign: ToAssign
    #: The open assignment of an earlier version that the new one takes the place of.
    replaces: UUID | None
    #: Number of the version they were trained on; None if on none.
    trained_on: int | None
    #: From when they may not work to the task alone unless they are trained; None if they may not now either.
    restricted_from: datetime | None


def to_assign(
    required: Requirement,
    held: Sequence[Held],
    effective: TaughtVersion | None,
    coming: TaughtVersion | None,
    today: date,
    zone: str,
) -> ToAssign | None:
    """Return the assignment that a requirement asks for today, or None if there is nothing to do.

    ``held`` are the person's assignments of this module. A version that comes is taught where none holds yet.
    """
    target = effective or coming
    if target is None:
        return None
    alive = [h for h in held if h.state != CANCELLED and h.number >= target.number]
    if any(h.state == OPEN for h in alive):
        return None
    done = [h for h in alive if h.state == COMPLETED and h.completed_at is not None]
    if not done:
        trained = any(h.state == COMPLETED for h in held)
        due_on = today + timedelta(days=required.due_days)
        return ToAssign(target.id, REVISION if trained else INITIAL, due_on, _cycle(held, target.id))
    newest = max(done, key=lambda h: (h.completed_at, h.number))
    if newest.counts_until is None:
        return None
    lapses_on = local_day(newest.counts_until, zone)
    if lapses_on - today > timedelta(days=RENEWAL_WINDOW):
        return None
    due_on = max(today, lapses_on - timedelta(days=1))
    return ToAssign(target.id, REQUALIFICATION, due_on, max(h.cycle for h in held) + 1)


def retraining(
    required: Requirement | None, held: Sequence[Held], new: TaughtVersion, now: datetime, zone: str
) -> Retraining | None:
    """Return what a new version means for a person who holds the module or has to, or None if it means nothing to them.

    The due day is the last one on which finishing keeps them qualified. Whoever is still studying an earlier version that
    would be due after that goes straight to the new one.
    """
    if any(h.number >= new.number and h.state != CANCELLED for h in held):
        return None
    from_ = new.holds_from(zone)
    today = local_day(now, zone)
    last_day = max(today, local_day(from_ - timedelta(microseconds=1), zone))
    done = [h for h in held if h.state == COMPLETED]
    open_ = max((h for h in held if h.state == OPEN), key=lambda h: h.number, default=None)
    counting = [h for h in done if h.counts_until is None or h.counts_until > now]
    if required is None and not counting:
        return None
    cycle = _cycle(held, new.id)
    if not done and open_ is None:
        due_on = today + timedelta(days=required.due_days if required else 0)
        return Retraining(ToAssign(new.id, INITIAL, due_on, cycle), None, None, None)
    trained_on = max((h.number for h in done), default=None)
    restricted_from = from_ if counting else None
    if open_ is not None and open_.due_on >= last_day:
        reason = REVISION if done else open_.reason
        return Retraining(
            ToAssign(new.id, reason, last_day if done else open_.due_on, cycle), open_.id, trained_on, restricted_from
        )
    return Retraining(ToAssign(new.id, REVISION, last_day, cycle), None, trained_on, restricted_from)


def _cycle(held: Iterable[Held], module_version_id: UUID) -> int:
    return max((h.cycle for h in held if h.module_version_id == module_version_id), default=0) + 1


def to_cancel(held: Held, effective: TaughtVersion | None, required: Requirement | None) -> str:
    """Return why an open assignment has lost its point, as a sentence; an empty text if it has not."""
    if effective is not None and held.number < effective.number:
        return f"Version {effective.number} holds now."
    if held.curriculum_id is not None and held.reason != MANUAL and required is None:
        return "No curriculum of this person asks for it any more."
    return ""


def counts_until(
    *, reason: str, completed_at: datetime, valid_months: int | None, previous_until: datetime | None, zone: str
) -> datetime | None:
    """Return the moment until which a completion counts: a midnight at the person's site; None: until the SOP changes.

    A revision trains the change only, so the clock of the training before it runs on. A requalification inside its window
    keeps the anniversary; a late one starts anew.
    """
    if valid_months is None:
        return None
    if reason == REVISION and previous_until is not None:
        return previous_until
    first = local_day(completed_at, zone)
    if reason == REQUALIFICATION and previous_until is not None:
        lapses = local_day(previous_until, zone)
        if timedelta() <= lapses - first <= timedelta(days=RENEWAL_WINDOW):
            first = lapses
    return start_of_day(add_months(first, valid_months), zone)


def add_months(day: date, months: int) -> date:
    """Return the same day of the month so many months later, or the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def is_overdue(state: str, due_on: date, today: date) -> bool:
    """Whether an open assignment's due day is over. It is never stored: it follows from the day."""
    return state == OPEN and due_on < today


def reminder(due_on: date, today: date) -> str:
    """Return which reminder an open assignment deserves on a day, or an empty text."""
    return REMINDERS.get((due_on - today).days, "")


def check_can_assign(*, taught: bool, open_already: bool, due_on: date, today: date) -> None:
    """Raise ``NotAllowed`` for a module that is not taught yet, is open already, or would be due in the past."""
    if not taught:
        raise NotAllowed(
            "No version of this module's SOP is approved yet, so there is nothing to study.", field="module"
        )
    if due_on < today:
        raise NotAllowed("The due day is past.", field="due_on")
    if open_already:
        raise NotAllowed("This person has the module open already.", field="person")
