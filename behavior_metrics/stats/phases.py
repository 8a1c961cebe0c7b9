"""Limits that stand still: set once from a quiet stretch (phase I), versioned, and held against what comes after.

Limits computed anew with each point follow the drift they should show. A change of method or of stretch is a new version,
and what was judged keeps the version it was judged by.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.control_charts import rate_limits, share_limits
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats, counts, exposures, finite, same_length

#: Fewer points than these make limits that move by themselves.
FEWEST_POINTS = 20
#: Below this expected count a normal limit is too far from the exact one: take a g chart instead.
FEWEST_EXPECTED = 5.0


class Chart(StrEnum):
    """Which chart the limits belong to."""

    RATE = "u"
    RATE_LANEY = "u_prime"
    SHARE = "p"
    SHARE_LANEY = "p_prime"


class Caution(StrEnum):
    """What makes limits doubtful, said beside them on every page that draws them."""

    FEW_POINTS = "few_points"
    FEW_EXPECTED = "few_expected"


@dataclass(frozen=True, slots=True)
class FrozenLimits:
    """Limits of a phase: first and last day of the stretch they come from, and what new points are held against.

    `centre` in events per unit of exposure (or 0 to 1), `sigma_z` the width by Laney (1 for a plain chart), `points` of
    the stretch. `version` counts up from 1 for one series.
    """

    chart: Chart
    version: int
    start: date
    end: date
    points: int
    centre: float
    sigma_z: float
    cautions: tuple[Caution, ...]

    def bounds(self, exposure: ArrayLike) -> tuple[Floats, Floats]:
        """Low and high limit for periods with this exposure, or this number of records; from the stretch alone.

        Raises:
            NoEstimate: no exposure.
        """
        area = exposures(exposure)
        share = self.chart in {Chart.SHARE, Chart.SHARE_LANEY}
        spread = self.centre * (1 - self.centre) if share else self.centre
        reach = 3 * self.sigma_z * np.sqrt(spread / area)
        return np.maximum(self.centre - reach, 0.0), np.minimum(self.centre + reach, 1.0 if share else inf)

    def signals(self, events: ArrayLike, exposure: ArrayLike) -> tuple[int, ...]:
        """Places (0 first) of the periods outside the limits.

        Raises:
            NoEstimate: counts that are no counts, no exposure, or columns of different length.
        """
        count, area = counts(events), exposures(exposure)
        same_length(events=count, exposure=area)
        low, high = self.bounds(area)
        return tuple(int(place) for place in np.flatnonzero((count / area < low) | (count / area > high)))


def freeze(events: ArrayLike, exposure: ArrayLike, *, chart: Chart, start: date, end: date) -> FrozenLimits:
    """Freeze the limits of a stretch of periods, `start` to `end` (both within it), as version 1.

    Source: Montgomery (2013), phase I and II; warns below 20 points, or where a period expects fewer than 5 events.

    Raises:
        NoEstimate: a stretch that ends before it starts, fewer than 2 points, or as `rate_limits` and `share_limits`.
    """
    if end < start:
        raise NoEstimate("Not estimable because the stretch ends before it starts.")
    share = chart in {Chart.SHARE, Chart.SHARE_LANEY}
    found = (share_limits if share else rate_limits)(events, exposure)
    area = finite(exposure, "exposure")
    if area.size < 2:
        raise NoEstimate("Not estimable because one period shows no spread.")
    sigma_z = found.sigma_z if chart in {Chart.RATE_LANEY, Chart.SHARE_LANEY} else 1.0
    if sigma_z == 0:
        raise NoEstimate("Not estimable because all periods are alike to the last digit, which no counting gives.")
    return FrozenLimits(
        chart, 1, start, end, area.size, found.centre, sigma_z, cautions(area, found.centre, share=share)
    )


def renew(limits: FrozenLimits, events: ArrayLike, exposure: ArrayLike, *, start: date, end: date) -> FrozenLimits:
    """Freeze the limits of another stretch as the next version; `limits` stay what they are.

    Raises:
        NoEstimate: as `freeze`.

    Source: own definition.
    """
    renewed = freeze(events, exposure, chart=limits.chart, start=start, end=end)
    return replace(renewed, version=limits.version + 1)


def cautions(exposure: ArrayLike, centre: float, *, share: bool = False) -> tuple[Caution, ...]:
    """Say what makes 3-sigma limits doubtful at this exposure per period and centre (rate, or share of it).

    A share needs 5 expected on the rarer side.

    Raises:
        NoEstimate: no exposure.

    Source: own definition.
    """
    area = exposures(exposure)
    rarer = min(centre, 1 - centre) if share else centre
    found = []
    if area.size < FEWEST_POINTS:
        found.append(Caution.FEW_POINTS)
    if float(area.min()) * rarer < FEWEST_EXPECTED:
        found.append(Caution.FEW_EXPECTED)
    return tuple(found)
