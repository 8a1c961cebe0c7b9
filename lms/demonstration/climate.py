"""The true climate of each team, month by month: a level of its own, wandering, and a slow rise where coaching is kept."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from lms.demonstration import truth
from lms.demonstration.chance import chance
from lms.demonstration.world import TeamSpec

#: Months simulated before the history begins, so that its first quarter has one before it.
BEFORE = 6


def climate_of(seed: int, teams: Iterable[TeamSpec], first: int, last: int) -> dict[str, dict[int, float]]:
    """Return team -> month -> true climate, from ``BEFORE`` months before the first month to the last one's quarter end."""
    found: dict[str, dict[int, float]] = {}
    for team in teams:
        rng = chance(seed, "climate", team.key)
        of_site = chance(seed, "climate", team.site).gauss(0, truth.CLIMATE_SD_SITE)
        level = truth.CLIMATE_MEAN + of_site + rng.gauss(0, truth.CLIMATE_SD_TEAM)
        # the rise is centred, so that the mean over the whole history stays the mean
        rise = truth.CLIMATE_RISE_A_MONTH * team.follow_through
        wander = rng.gauss(0, truth.CLIMATE_SD_OVER_TIME)
        step = truth.CLIMATE_SD_OVER_TIME * sqrt(1 - truth.CLIMATE_PERSISTENCE**2)
        low, high = truth.CLIMATE_BOUNDS
        months: dict[int, float] = {}
        for month in range(first - BEFORE, last + 4):
            wander = truth.CLIMATE_PERSISTENCE * wander + rng.gauss(0, step)
            months[month] = min(high, max(low, level + wander + rise * (month - first - truth.MONTHS / 2)))
        found[team.key] = months
    return found
