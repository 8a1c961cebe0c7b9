"""How an event of the simulated network comes to light, when, by whom and in which words, and what QA does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from math import log
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from lms.demonstration import truth
from lms.demonstration.chance import logistic
from lms.demonstration.places import Kind, kinds_of_event, phrases
from lms.demonstration.world import BatchSpec, EventSpec, HandlingSpec, PersonSpec, SiteSpec, World, month_of
from lms.permissions import Role

#: Found by people, who may or may not say so.
BY_PEOPLE = frozenset({"performer", "peer", "supervisor"})
#: Channel -> hours from the event to its record.
_DELAY: Mapping[str, tuple[float, float]] = {
    "performer": (0.1, 5),
    "peer": (0.2, 7),
    "supervisor": (2, 20),
    "in_process_control": (0.2, 6),
    "alarm": (0.1, 3),
    "qc_em_result": (30, 140),
    "batch_record_review": (80, 400),
    "audit": (200, 900),
    "clinical": (150, 500),
}
#: Category -> how controls find its events, with weights; the last line is for every other category.
_FOUND_BY: Mapping[str, Mapping[str, float]] = {
    "test_oos": {"qc_em_result": 8, "in_process_control": 2},
    "facility_em": {"qc_em_result": 6, "alarm": 3, "audit": 1},
    "equipment": {"alarm": 6, "in_process_control": 3, "batch_record_review": 1},
    "transport_temperature": {"alarm": 4, "in_process_control": 4, "clinical": 1},
    "aseptic_technique": {"qc_em_result": 6, "in_process_control": 3, "audit": 1},
    "": {"in_process_control": 4, "batch_record_review": 5, "audit": 1.2, "clinical": 0.6},
}
#: Working days from the record to QA's classification, with weights.
_TRIAGE_DAYS = {0: 25, 1: 52, 2: 17, 3: 6}


def tell(
    world: World,
    site: SiteSpec,
    batch: BatchSpec,
    key: str,
    kind: Kind,
    occurred_at: datetime,
    rng: Random,
    *,
    is_repeat: bool,
) -> EventSpec:
    """Return the event as it is told. ``recorded_at`` is None if nobody ever writes it down."""
    day = occurred_at.date()
    climate = world.climate[batch.team][month_of(day)] - truth.CLIMATE_MEAN
    major = rng.random() < truth.MAJOR
    channel = _channel(kind, climate, rng, major=major)
    wording = _wording(kind, rng, major=major, by_people=channel in BY_PEOPLE)
    critical = major and wording["severity"] == "critical"
    severity = "critical" if critical else "major" if major else "minor"
    team = [person for person in world.people if person.team == batch.team and person.works_on(day)]
    involved = rng.sample(team, min(len(team), rng.choice((1, 1, 2))))
    recorded_at = occurred_at + _delay(channel, climate, rng) if channel else None
    late = recorded_at is not None and recorded_at - occurred_at > timedelta(hours=24)
    reasons = phrases()["late"]["self_reported" if channel in BY_PEOPLE else "found_later"]
    return EventSpec(
        key=key,
        site=batch.site,
        team=batch.team,
        batch=batch.number,
        process_step=kind[0],
        category=kind[1],
        root_cause_class=kind[2],
        severity=severity,
        kind=wording["kind"],
        description=f"{wording['title']}. {wording['description'].format(batch=batch.number)}",
        immediate_action=wording["immediate_action"],
        occurred_at=occurred_at,
        is_repeat=is_repeat,
        channel=channel,
        recorded_at=recorded_at,
        reporter=_reporter(world, batch.site, channel, team, involved, rng),
        people=tuple(person.employee_no for person in involved),
        late_reason=rng.choice(reasons) if late else "",
        handling=handle(recorded_at, severity, wording["kind"], channel, site.zone, rng) if recorded_at else None,
    )


def _channel(kind: Kind, climate: float, rng: Random, *, major: bool) -> str:
    """Return how the event comes to light, or nothing if it never does. ``climate`` is relative to the mean."""
    found_by = _FOUND_BY.get(kind[1], _FOUND_BY[""])
    if rng.random() < truth.FOUND_INDEPENDENTLY:
        return rng.choices(list(found_by), list(found_by.values()))[0]
    at_mean = log(truth.RAISED_AT_MEAN / (1 - truth.RAISED_AT_MEAN))
    if rng.random() < logistic(at_mean + truth.RAISED_A_POINT * climate):
        return "peer" if rng.random() < truth.BY_A_PEER else "performer"
    if major:
        return "batch_record_review" if rng.random() < 0.8 else "audit"
    return "supervisor" if rng.random() < truth.NOTICED_BY_SUPERVISOR else ""


def _wording(kind: Kind, rng: Random, *, major: bool, by_people: bool) -> Mapping[str, Any]:
    """Return a wording of the kind: of that severity if there is one, a good catch only if people told it."""
    wordings: Sequence[Mapping[str, Any]] = kinds_of_event()[kind]
    if not by_people:
        wordings = [w for w in wordings if w["kind"] != "good_catch"] or wordings
    wordings = [w for w in wordings if (w["severity"] != "minor") is major] or wordings
    return rng.choice(wordings)


def _delay(channel: str, climate: float, rng: Random) -> timedelta:
    low, high = _DELAY[channel]
    if channel in {"performer", "peer"} and rng.random() < truth.RAISED_LATE * 0.5**climate:
        low, high = 25, 90
    return timedelta(minutes=round(60 * rng.uniform(low, high)))


def _reporter(
    world: World, site: str, channel: str, team: Sequence[PersonSpec], involved: Sequence[PersonSpec], rng: Random
) -> str:
    """Return who writes the event down: the performer, a colleague, the site lead or QA."""
    if channel == "performer":
        return involved[0].employee_no
    if channel in {"peer", "alarm", "in_process_control"}:
        return rng.choice([p for p in team if p not in involved] or team).employee_no
    role = Role.SITE_LEAD if channel == "supervisor" else Role.QA
    # whoever holds the role at that very site comes before the control site
    for where in (site, None):
        for person in world.people:
            if any(held.role is role and held.site == where for held in person.roles):
                return person.employee_no
    raise LookupError(f"nobody is {role} at {site}")


def handle(recorded_at: datetime, severity: str, kind: str, channel: str, zone: str, rng: Random) -> HandlingSpec:
    """Return when QA classifies, decides and closes, in working hours of the site, and what it says."""
    triaged_at = working_moment(recorded_at, rng.choices(list(_TRIAGE_DAYS), list(_TRIAGE_DAYS.values()))[0], zone, rng)
    decided_at = working_moment(triaged_at, rng.choice((0, 1, 1, 2, 3, 5)), zone, rng)
    slow = rng.random() < 0.07  # past the 30 days that a deviation should take
    closed_at = working_moment(decided_at, rng.randint(22, 45) if slow else rng.randint(6, 19), zone, rng)
    answer = ""
    if channel in {"performer", "peer"}:
        answer = rng.choice(phrases()["answer"]["good_catch" if kind == "good_catch" else "self_reported"])
    return HandlingSpec(triaged_at, rng.choice(phrases()["rationale"][severity]), answer, decided_at, closed_at)


def working_moment(after: datetime, days: int, zone: str, rng: Random) -> datetime:
    """Return a moment of a site's working day (Monday to Friday, 08:30 to 16:30), so many working days later."""
    place = ZoneInfo(zone)
    day = after.astimezone(place).date()
    moment = datetime.combine(day, time(8, 30), place) + timedelta(minutes=rng.randint(0, 480))
    while days > 0 or day.weekday() >= 5 or moment <= after:
        day += timedelta(days=1)
        days -= day.weekday() < 5
        moment = datetime.combine(day, time(8, 30), place) + timedelta(minutes=rng.randint(0, 480))
    return moment.astimezone(UTC)
