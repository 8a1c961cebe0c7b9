"""What truly goes wrong in the simulated network, and what of it is ever written down.

Two streams per batch: first-time events, whose number does not depend on climate, and repeats of an earlier recorded one,
whose rate falls with the team's climate of the calendar quarter before. Part of each is found by alarms, controls and
reviews; the rest only people can see, and whether they say so rises with the climate of the month (reporting bias).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import cos, exp, pi
from random import Random
from zoneinfo import ZoneInfo

from lms.demonstration import truth
from lms.demonstration.chance import chance, poisson
from lms.demonstration.places import Kind, kinds_of_event
from lms.demonstration.telling import tell
from lms.demonstration.world import BatchSpec, EventSpec, SiteSpec, World, quarter_of

#: Days after the batch's start on which a step is worked on; every other step may be any day.
_DAYS: Mapping[str, tuple[int, int]] = {
    "receipt": (0, 0),
    "thaw": (0, 0),
    "wash_selection": (0, 0),
    "activation": (0, 1),
    "transduction": (1, 2),
    "expansion": (3, 8),
    "harvest": (8, 9),
    "formulation": (8, 9),
    "fill_finish": (9, 9),
    "cryopreservation": (8, 9),
}
_ANY_DAY = (0, 8)
#: Days on either side of an event within which no first-time event of its kind happens at the same site.
_APART = 366
#: Days before a batch within which its repeats find the event that they repeat.
_REPEATED_WITHIN = 320


@dataclass
class _Site:
    """What a site has seen so far."""

    spec: SiteSpec
    rate: float
    by_kind: defaultdict[Kind, list[date]]
    recorded: list[tuple[date, str, Kind]]


def happenings(seed: int, world: World) -> tuple[EventSpec, ...]:
    """Return everything that truly happens in the world's batches, by batch."""
    sites = {
        site.code: _Site(site, exp(chance(seed, "site", site.code).gauss(0, truth.SITE_SD)), defaultdict(list), [])
        for site in world.sites
    }
    found: list[EventSpec] = []
    for batch in world.batches:
        site, rng = sites[batch.site], chance(seed, "events", batch.number)
        season = exp(truth.SEASON_AMPLITUDE * cos(2 * pi * (batch.started_on.month - truth.SEASON_PEAK_MONTH) / 12))
        before = world.quarter_climate(batch.team, quarter_of(batch.started_on) - 1)
        ratio = truth.REPEAT_RATIO_A_POINT ** (before - truth.CLIMATE_MEAN)
        repeats = poisson(rng, truth.REPEATS_A_BATCH * ratio * season * site.rate)
        firsts = poisson(rng, truth.FIRST_TIMES_A_BATCH * season * site.rate)
        for number in range(repeats + firsts):
            event = _happen(world, site, batch, f"{batch.number}/{number + 1}", rng, repeats=number < repeats)
            if event is not None:
                found.append(event)
    return tuple(found)


def _happen(world: World, site: _Site, batch: BatchSpec, key: str, rng: Random, *, repeats: bool) -> EventSpec | None:
    kind = _earlier_kind(site, batch, rng) if repeats else None
    is_repeat = kind is not None
    if kind is None:
        kind = _new_kind(site, batch, rng)
    if kind is None:
        return None
    low, high = _DAYS.get(kind[0], _ANY_DAY)
    day = batch.started_on + timedelta(days=rng.randint(low, high))
    clock = time(rng.randint(7, 18), rng.randint(0, 59))
    occurred_at = datetime.combine(day, clock, ZoneInfo(site.spec.zone)).astimezone(UTC)
    if occurred_at >= world.end:
        return None
    event = tell(world, site.spec, batch, key, kind, occurred_at, rng, is_repeat=is_repeat)
    if event.recorded_at is not None:
        site.by_kind[kind].append(day)
        site.recorded.append((day, batch.team, kind))
    return event


def _earlier_kind(site: _Site, batch: BatchSpec, rng: Random) -> Kind | None:
    """Return the kind of an earlier recorded event at the site; frequent ones are found more often, so chains form."""
    last, first = batch.started_on - timedelta(days=1), batch.started_on - timedelta(days=_REPEATED_WITHIN)
    recent = [(team, kind) for day, team, kind in reversed(site.recorded) if first <= day <= last]
    own = [kind for team, kind in recent if team == batch.team]
    if own and rng.random() < truth.SAME_TEAM:
        return rng.choice(own)
    return rng.choice(recent)[1] if recent else None


def _new_kind(site: _Site, batch: BatchSpec, rng: Random) -> Kind | None:
    """Return a kind that the site has not recorded for a year, so that the rule cannot take it for a recurrence."""
    free = [
        kind
        for kind in kinds_of_event()
        if all(abs((batch.started_on - day).days) > _APART for day in site.by_kind[kind])
    ]
    return rng.choice(free) if free else None
