"""Rules of deviations: states, clocks, numbers. Values in, values out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lms.refusals import NotAllowed
from lms.web.times import is_meant

#: QA classifies within this many working days.
TRIAGE_WORKING_DAYS = 1
#: The reporter hears from QA within this many working days.
ANSWER_WORKING_DAYS = 2
#: A critical one is told to whoever answers for the network within this time after QA called it critical.
ESCALATION = timedelta(hours=24)
#: Investigated and closed within this many calendar days of recording.
CLOSING_DAYS = 30
LATE_AFTER = timedelta(hours=24)
TITLE_LENGTH = 120
#: How a cause can be looked for (ICH Q9 annex I and common practice).
METHODS = ("five_whys", "fishbone", "fault_tree", "change_analysis", "timeline", "other")
#: What made it likelier, besides the cause itself. None of them is a person.
FACTORS = (
    "procedure_unclear",
    "document_not_at_hand",
    "equipment_design",
    "equipment_condition",
    "material_variation",
    "workspace",
    "lighting_noise",
    "workload",
    "staffing",
    "handover",
    "interruption",
    "schedule_change",
    "training_gap",
    "rare_task",
    "similar_looking",
    "software",
    "supplier",
    "patient_material",
)


class State(StrEnum):
    """Where a deviation stands."""

    REPORTED = "reported"
    TRIAGED = "triaged"
    CONTAINED = "contained"
    UNDER_INVESTIGATION = "under_investigation"
    #: The result is recorded, and the action that it demands is open, or none is needed.
    CAPA_DEFINED = "capa_defined"
    QA_REVIEW = "qa_review"
    CLOSED = "closed"
    #: It came back, or its action is shown not to have worked.
    REOPENED = "reopened"
    REJECTED_DUPLICATE = "rejected_duplicate"
    #: QA said that it is no deviation. It stays on record and leaves the recurrence rules.
    DOWNGRADED = "downgraded_to_event"


#: State -> states that may follow. What may follow itself may be classified anew on the way.
FOLLOWING: Mapping[str, frozenset[State]] = {
    State.REPORTED: frozenset({State.TRIAGED, State.REJECTED_DUPLICATE, State.DOWNGRADED}),
    State.TRIAGED: frozenset(
        {
            State.TRIAGED,
            State.CONTAINED,
            State.UNDER_INVESTIGATION,
            State.CLOSED,
            State.REJECTED_DUPLICATE,
            State.DOWNGRADED,
        }
    ),
    State.CONTAINED: frozenset(
        {State.CONTAINED, State.UNDER_INVESTIGATION, State.REJECTED_DUPLICATE, State.DOWNGRADED}
    ),
    State.UNDER_INVESTIGATION: frozenset(
        {State.UNDER_INVESTIGATION, State.CAPA_DEFINED, State.REJECTED_DUPLICATE, State.DOWNGRADED}
    ),
    State.CAPA_DEFINED: frozenset({State.CAPA_DEFINED, State.UNDER_INVESTIGATION, State.QA_REVIEW}),
    State.QA_REVIEW: frozenset({State.CLOSED, State.UNDER_INVESTIGATION}),
    State.CLOSED: frozenset({State.REOPENED}),
    State.REOPENED: frozenset({State.REOPENED, State.CONTAINED, State.UNDER_INVESTIGATION}),
    State.REJECTED_DUPLICATE: frozenset(),
    State.DOWNGRADED: frozenset({State.TRIAGED}),
}
#: States in which somebody still has something to do, in the order of the work.
OPEN = (
    State.REPORTED,
    State.TRIAGED,
    State.CONTAINED,
    State.UNDER_INVESTIGATION,
    State.CAPA_DEFINED,
    State.QA_REVIEW,
    State.REOPENED,
)
#: States in which a deviation is classified and so can match and is counted.
CLASSIFIED = frozenset({*OPEN[1:], State.CLOSED})
#: States that QA's triage desk may classify, or classify anew.
CLASSIFIABLE = frozenset(
    state for state in State if state == State.REPORTED or state in FOLLOWING[state] or state == State.DOWNGRADED
)


def check_may_become(number: str, state: str, following: State) -> None:
    """Raise ``NotAllowed`` if a deviation in that state may not go to the other."""
    if following not in FOLLOWING[state]:
        words = {
            State.REPORTED: "not yet triaged: triage it first",
            State.TRIAGED: "triaged already",
            State.CONTAINED: "contained: its investigation comes next",
            State.UNDER_INVESTIGATION: "under investigation: record its result first",
            State.CAPA_DEFINED: "investigated: send it to QA's review, or investigate further",
            State.QA_REVIEW: "in QA's review: close it or send it back",
            State.CLOSED: "closed: reopen it with a reason, or raise a new one and name this one in it",
            State.REOPENED: "reopened: investigate it again",
            State.REJECTED_DUPLICATE: "recorded already under another number: work on that one",
            State.DOWNGRADED: "kept as an event: classify it first if it is a deviation after all",
        }
        raise NotAllowed(f"{number} is {words[State(state)]}.")


def classified_as(number: str, state: str) -> State:
    """Return the state after a classification: work that has begun goes on. Raises ``NotAllowed`` if none may be made."""
    following = State.TRIAGED if state in {State.REPORTED, State.DOWNGRADED} else State(state)
    check_may_become(number, state, following if state in CLASSIFIABLE else State.TRIAGED)
    return following


def with_action(state: str) -> str:
    """Return the state once the action that an investigation's result demands is open."""
    return State.CAPA_DEFINED if state == State.UNDER_INVESTIGATION else state


def check_can_close(number: str, state: str, severity: str, reason: str) -> None:
    """Raise ``NotAllowed`` unless it passed QA's review, or is minor and QA says why it needs no investigation."""
    check_may_become(number, state, State.CLOSED)
    if state != State.TRIAGED:
        return
    if severity != "minor":
        message = f"{number} is not minor: it is investigated and reviewed before it is closed (21 CFR 211.192)."
        raise NotAllowed(message)
    if not reason.strip():
        raise NotAllowed("Say why this minor one needs no investigation.", field="reason")


def check_result(method: str, finding: str, *, action_needed: bool, why_none: str) -> None:
    """Raise ``NotAllowed`` for an investigation without method or finding, or without a reason for doing nothing."""
    if method not in METHODS:
        raise NotAllowed("Choose how the cause was looked for.", field="method")
    if not finding.strip():
        raise NotAllowed("Say what was found: the cause, and what shows it.", field="finding")
    if not action_needed and not why_none.strip():
        raise NotAllowed("Say why no action is needed.", field="why_none")


@dataclass(frozen=True, slots=True)
class Further:
    """What may be said further of a deviation, beyond what a match or a count needs; None leaves it as it is."""

    #: Room, or grade of the area.
    area: str | None = None
    subcategory: str | None = None
    detected_at: datetime | None = None
    #: A role, never a person.
    detected_by_role: str | None = None
    patient_impact: str | None = None
    batch_disposition: str | None = None


def check_detected(detected_at: datetime, occurred_at: datetime, now: datetime) -> None:
    """Raise ``NotAllowed`` for a detection in the future or before the event."""
    if not occurred_at <= detected_at <= now:
        message = "It was found after it happened and before now. Correct this moment."
        raise NotAllowed(message, field="detected_at")


def check_contained(contained_at: datetime, occurred_at: datetime, now: datetime) -> None:
    """Raise ``NotAllowed`` for a containment in the future or before the event."""
    if contained_at > now:
        raise NotAllowed("This moment lies in the future. Note it when it is done.", field="contained_at")
    if contained_at < occurred_at:
        raise NotAllowed("This moment lies before the deviation itself.", field="contained_at")


def check_extension(due_at: datetime | None, extended_to: datetime, now: datetime) -> None:
    """Raise ``NotAllowed`` unless the extension is asked for before the closing is due and moves it on."""
    if due_at is None:
        raise NotAllowed("This record was made before closing had a clock: there is nothing to extend.")
    if now > due_at:
        message = "The time for closing is over. It can be extended before that only."
        raise NotAllowed(message, field="extended_to")
    if extended_to <= due_at:
        raise NotAllowed("Give a day after the present one.", field="extended_to")


def closed_in_time(closed_at: datetime, due_at: datetime | None) -> bool | None:
    """Whether it was closed by its first due moment, whatever extension there was; None without a clock."""
    return None if due_at is None else closed_at <= due_at


def check_times(occurred_at: datetime, recorded_at: datetime, late_reason: str) -> None:
    """Raise ``NotAllowed`` for a time in the future, or for a late entry without a reason (ALCOA+: contemporaneous)."""
    if not is_meant(occurred_at):
        raise NotAllowed("Look at the year: nothing that happened before 1900 is recorded here.", field="occurred_at")
    if occurred_at > recorded_at:
        raise NotAllowed("The time lies in the future. Give the time at which it happened.", field="occurred_at")
    if is_late(occurred_at, recorded_at) and not late_reason.strip():
        raise NotAllowed(
            "This happened more than 24 hours ago. Say in a few words why it is recorded only now.", field="late_reason"
        )


def is_late(occurred_at: datetime, recorded_at: datetime) -> bool:
    """Whether an entry was made more than 24 hours after the event."""
    return recorded_at - occurred_at > LATE_AFTER


def working_days_later(start: datetime, days: int, zone: str, free: Collection[date] = frozenset()) -> datetime:
    """Return the moment that many working days later, at the same clock time in the site's zone.

    Working days are Monday to Friday but for the site's ``free`` days. What starts on a free day starts to count at the
    first moment of the next working day.
    """
    place = ZoneInfo(zone)
    local = start.astimezone(place)
    day, clock = local.date(), local.time()
    if not _is_working(day, free):
        day, clock = _next_working_day(day, free), time()
    for _ in range(days):
        day = _next_working_day(day, free)
    return datetime.combine(day, clock, place).astimezone(UTC)


def calendar_days_later(start: datetime, days: int, zone: str) -> datetime:
    """Return the moment that many calendar days later, at the same clock time in the site's zone."""
    local = start.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date() + timedelta(days=days), local.time(), ZoneInfo(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """Return the last second of a site's day."""
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)


def _is_working(day: date, free: Collection[date]) -> bool:
    return day.weekday() < 5 and day not in free


def _next_working_day(day: date, free: Collection[date]) -> date:
    day += timedelta(days=1)
    while not _is_working(day, free):
        day += timedelta(days=1)
    return day


def number_of(site_code: str, series: str, year: int, count: int) -> str:
    """Return the record number, such as ``LYO-DEV-2026-0042``."""
    return f"{site_code}-{series}-{year}-{count:04d}"


def title_of(description: str) -> str:
    """Return the first sentence of a story, shortened at a word to at most 120 characters."""
    first = re.split(r"(?<=[.!?])\s|\n", description.strip(), maxsplit=1)[0].strip()
    if len(first) <= TITLE_LENGTH:
        return first.removesuffix(".")
    return first[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"
