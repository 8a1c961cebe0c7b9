"""When a rule proposes a review: its figures, what it looks at, and on which days it fires. Values in, values out.

The same functions answer live and on history: a rule sees what happened (``Event``) or how somebody stands over time
(``Starter``, ``Absence``, ``Contact``) and says on which days it fires. It never counts what a person did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

#: A rule of time that did not run for some days still proposes what fell into them, and no more.
LOOK_BACK = timedelta(days=6)
#: How many days after joining a starter who is not signed off is still met by the ramp.
RAMP_DAYS = 182


class Trigger(StrEnum):
    """What proposes a review. The order is that of the page."""

    RECURRENCE = "recurrence"
    SEVERE_DEVIATION = "severe_deviation"
    ASSESSMENT = "assessment_failed"
    OBSERVATION = "observation_failed"
    STARTER = "new_starter"
    RETURN = "return"
    FADE = "skill_fade"
    GOOD_CATCH = "good_catch"
    CADENCE = "cadence"


#: Rules whose fact does not exist yet, and what they wait for.
WAITS_FOR: Mapping[Trigger, str] = {Trigger.FADE: "executions"}
#: Rules that look at time rather than at something that happened; a nightly job asks them.
OF_TIME = frozenset({Trigger.STARTER, Trigger.RETURN, Trigger.CADENCE})


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in one version: its condition's figures, and whether it proposes at all."""

    code: Trigger
    number: int
    is_on: bool
    #: Figures of the condition and due days, named as in ``LIMITS``.
    figures: Mapping[str, int]
    #: Days after a proposal in which the same rule leaves the same person alone.
    cool_down_days: int
    #: Role that is told when no coach is free.
    alerts: str = "site_lead"


#: Figure -> least and most.
LIMITS: Mapping[str, tuple[int, int]] = {
    "due_days": (1, 30),
    "due_days_minor": (1, 30),
    "critical_only": (0, 1),
    "failures": (1, 10),
    "weekly_times": (0, 12),
    "weekly_days": (5, 14),
    "then_days": (7, 60),
    "absent_days": (14, 365),
    "fade_days": (14, 365),
    "every_days": (14, 120),
}

#: The rules as delivered, version 1. Only the one that stood before is on: the others are tried on history first (0027).
#: Due days and cadence: a major or critical one within 5 working days, a minor one that came back within 10, a failed
#: assessment within 3; starters weekly four times, then fortnightly; a qualified person every 4 to 6 weeks.
DELIVERED: Mapping[Trigger, Rule] = {
    rule.code: rule
    for rule in (
        Rule(Trigger.RECURRENCE, 1, is_on=True, figures={"due_days": 5, "due_days_minor": 10}, cool_down_days=0),
        Rule(Trigger.SEVERE_DEVIATION, 1, is_on=False, figures={"critical_only": 0, "due_days": 5}, cool_down_days=0),
        Rule(Trigger.ASSESSMENT, 1, is_on=False, figures={"failures": 1, "due_days": 3}, cool_down_days=14),
        Rule(Trigger.OBSERVATION, 1, is_on=False, figures={"due_days": 3}, cool_down_days=14),
        Rule(
            Trigger.STARTER,
            1,
            is_on=False,
            figures={"weekly_times": 4, "weekly_days": 7, "then_days": 14, "due_days": 5},
            cool_down_days=5,
        ),
        Rule(Trigger.RETURN, 1, is_on=False, figures={"absent_days": 30, "due_days": 5}, cool_down_days=14),
        Rule(Trigger.FADE, 1, is_on=False, figures={"fade_days": 30, "due_days": 5}, cool_down_days=30),
        Rule(Trigger.GOOD_CATCH, 1, is_on=False, figures={"due_days": 10}, cool_down_days=90),
        Rule(Trigger.CADENCE, 1, is_on=False, figures={"every_days": 35, "due_days": 10}, cool_down_days=28),
    )
}


# -- what a rule looks at ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day of the site, and with whom a review about it would be held."""

    #: ``recurrence``, ``deviation``, ``assessment`` or ``observation``.
    what: str
    #: The match, deviation, attempt or observed run.
    record_id: UUID
    person_id: UUID
    site_id: UUID
    on: date
    severity: str = ""
    #: Kind of a deviation.
    kind: str = ""
    #: Which attempt it was, and whether it was the last one allowed.
    attempt: int = 1
    locked: bool = False
    #: Number of the deviation, title of the assessment or task.
    title: str = ""


@dataclass(frozen=True, slots=True)
class Starter:
    """Somebody who joined and is, or was at last, signed off for a first task."""

    person_id: UUID
    site_id: UUID
    joined_on: date
    #: First day on which they may do a task alone; None while there is none.
    signed_off_on: date | None


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody who was away and is back."""

    person_id: UUID
    site_id: UUID
    #: First day away and first day back.
    from_day: date
    back_on: date
    #: First day on which they are rostered after that, if they are.
    next_run_on: date | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A qualified person, and the days on which they met a coach or were asked to."""

    person_id: UUID
    site_id: UUID
    #: First and last day on which they are qualified for a task.
    qualified_from: date
    qualified_until: date
    met_on: tuple[date, ...] = ()


Fact = Event | Starter | Absence | Contact


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule fires: with whom, why, and by when a review is to be held."""

    trigger: Trigger
    rule_number: int
    person_id: UUID
    site_id: UUID
    on: date
    #: What it fires for; the same occasion never proposes twice.
    occasion: str
    due_days: int
    #: What the proposal shows as its reason, in plain values.
    evidence: Mapping[str, object] = field(default_factory=dict)
    #: The review is to be held by this day, if it comes before the due day.
    before: date | None = None


def firings(rule: Rule, fact: Fact, since: date, until: date) -> Iterator[Firing]:
    """Return when a rule fires because of a fact, from a day until a day, both included. Cool-downs are not looked at."""
    if rule.code in WAITS_FOR:
        return
    for on, occasion, due_days, evidence in _occasions(rule, fact, until):
        if since <= on <= until:
            yield Firing(
                trigger=rule.code,
                rule_number=rule.number,
                person_id=fact.person_id,
                site_id=fact.site_id,
                on=on,
                occasion=f"{fact.person_id}:{occasion}",
                due_days=due_days,
                evidence={"on": on.isoformat(), **evidence},
                before=fact.next_run_on if isinstance(fact, Absence) else None,
            )


def is_still_due(fact: Fact, firing: Firing, today: date) -> bool:
    """Whether what fired some days ago still has a point: they have not met, or been signed off, since."""
    match fact:
        case Contact():
            return all(day < firing.on for day in fact.met_on)
        case Starter():
            return fact.signed_off_on is None or fact.signed_off_on > today
        case _:
            return True


def _occasions(rule: Rule, fact: Fact, until: date) -> Iterator[tuple[date, str, int, dict[str, object]]]:
    match fact:
        case Event():
            due = _due_of_event(rule, fact)
            if due is not None:
                shown = {
                    "record": str(fact.record_id),
                    "title": fact.title,
                    "severity": fact.severity,
                    "attempt": fact.attempt,
                    "locked": fact.locked,
                }
                yield fact.on, f"{fact.what}:{fact.record_id}", due, shown
        case Starter() if rule.code is Trigger.STARTER:
            for number, on in enumerate(_ramp(rule, fact, until), 1):
                shown = {"joined_on": fact.joined_on.isoformat(), "number": number}
                yield on, f"{fact.joined_on}:{number}", rule.figures["due_days"], shown
        case Absence() if rule.code is Trigger.RETURN:
            days = (fact.back_on - fact.from_day).days
            if days > rule.figures["absent_days"]:
                shown = {"from": fact.from_day.isoformat(), "days": days}
                yield fact.back_on, f"{fact.back_on}", rule.figures["due_days"], shown
        case Contact() if rule.code is Trigger.CADENCE:
            for last, number, on in _cadence(rule, fact, until):
                shown = {"last": last.isoformat(), "met": last in fact.met_on}
                yield on, f"{last}:{number}", rule.figures["due_days"], shown
        case _:
            return


def _due_of_event(rule: Rule, event: Event) -> int | None:
    """Return within how many working days the review is due; None if the rule does not look at this event."""
    figures = rule.figures
    match rule.code, event.what:
        case Trigger.RECURRENCE, "recurrence":
            return figures["due_days" if event.severity in {"major", "critical"} else "due_days_minor"]
        case Trigger.SEVERE_DEVIATION, "deviation" if event.kind not in {"good_catch", "event"}:
            severe = {"critical"} if figures["critical_only"] else {"major", "critical"}
            return figures["due_days"] if event.severity in severe else None
        case Trigger.GOOD_CATCH, "deviation" if event.kind == "good_catch":
            return figures["due_days"]
        case Trigger.ASSESSMENT, "assessment":
            return figures["due_days"] if event.locked or event.attempt >= figures["failures"] else None
        case Trigger.OBSERVATION, "observation":
            return figures["due_days"]
    return None


def _ramp(rule: Rule, starter: Starter, until: date) -> Iterator[date]:
    """Return the days of the ramp: weekly so many times, then fortnightly, until signed off or half a year is over."""
    last = min(until, starter.joined_on + timedelta(days=RAMP_DAYS))
    day, number = starter.joined_on, 0
    while True:
        weekly = number < rule.figures["weekly_times"]
        day += timedelta(days=rule.figures["weekly_days" if weekly else "then_days"])
        if day > last or (starter.signed_off_on is not None and day >= starter.signed_off_on):
            return
        number += 1
        yield day


def _cadence(rule: Rule, contact: Contact, until: date) -> Iterator[tuple[date, int, date]]:
    """Return when somebody has not met a coach for so long, again after each further such time, with what was last."""
    every = timedelta(days=rule.figures["every_days"])
    begins = sorted({contact.qualified_from, *(day for day in contact.met_on if day >= contact.qualified_from)})
    for last, following in zip(begins, [*begins[1:], None], strict=True):
        end = min(until, contact.qualified_until, (following or date.max) - timedelta(days=1))
        day, number = last + every, 1
        while day <= end:
            yield last, number, day
            day, number = day + every, number + 1


def is_cooled(rule: Rule, last_on: date | None, on: date) -> bool:
    """Whether the rule may propose again to a person it proposed to on that day."""
    return last_on is None or (on - last_on).days >= rule.cool_down_days


def would_have_fired(rule: Rule, facts: Iterable[Fact], since: date, until: date) -> list[Firing]:
    """Return what the rule would have proposed, newest first: every occasion once, cool-downs kept.

    What its proposals would have changed is not played: nobody can know it.
    """
    last: dict[UUID, date] = {}
    found: dict[str, Firing] = {}
    for firing in sorted(
        (firing for fact in facts for firing in firings(rule, fact, since, until)), key=lambda f: (f.on, f.occasion)
    ):
        if firing.occasion not in found and is_cooled(rule, last.get(firing.person_id), firing.on):
            found[firing.occasion], last[firing.person_id] = firing, firing.on
    return list(found.values())[::-1]
