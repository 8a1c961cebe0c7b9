"""How far the figures carry: what is missing, late, not determined, or coded by one person alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from behavior_metrics.accountability.shares import Share
from behavior_metrics.stats import quantiles

#: Fewer records than this have no median worth saying.
FEWEST_DELAYS = 10


@dataclass(frozen=True, slots=True)
class Delay:
    """Hours from what happened to its record: the median and its 95 % interval, in whole hours."""

    n: int
    median: int
    low: int
    high: int


def median_delay(hours: Mapping[int, int]) -> Delay | None:
    """Return the median of whole hours with the interval of its order statistics; None below ten records.

    Limits are the l-th and (n - l + 1)-th smallest with the largest l for which P(Binomial(n, 1/2) < l) is at most 2.5 %.
    Source: Conover (1999), 3.2; R ``DescTools::MedianCI(x, method = "exact")``.
    """
    n = sum(hours.values())
    if n < FEWEST_DELAYS:
        return None
    below, above = 0, n // 2 + 1  # how many can be left out at either end, and how many cannot
    while above - below > 1:
        middle = (below + above) // 2
        if quantiles.binomial_up_to(middle - 1, n, 0.5) <= 0.025:
            below = middle
        else:
            above = middle
    rank = max(below, 1)
    return Delay(n, _nth(hours, (n + 1) // 2), _nth(hours, rank), _nth(hours, n - rank + 1))


def _nth(hours: Mapping[int, int], rank: int) -> int:
    """Return the so-many-th smallest, from 1."""
    passed = 0
    for hour in sorted(hours):
        passed += hours[hour]
        if passed >= rank:
            return hour
    raise ValueError("There are not so many.")


@dataclass(frozen=True, slots=True)
class MissingMonth:
    """A month, counted since the year 0, in which a site started no batch although it worked."""

    site: UUID
    month: int

    @property
    def words(self) -> str:
        """``2026-03``."""
        return f"{self.month // 12}-{self.month % 12 + 1:02d}"

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.month // 12, self.month % 12 + 1, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return date((self.month + 1) // 12, (self.month + 1) % 12 + 1, 1) - timedelta(days=1)


def missing_months(made: Mapping[UUID, Sequence[int]], begins: Mapping[UUID, int], last: int) -> list[MissingMonth]:
    """Return the months without a batch up to `last`, the newest that is over, from each site's first batch on.

    A site that recorded something and never a batch misses all months since `begins`.
    """
    found = []
    for site, months in made.items():
        first = min(months, default=begins.get(site))
        if first is not None:
            found += [MissingMonth(site, month) for month in range(first, last + 1) if month not in set(months)]
    return found


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site: what of its records is late, without a team or without a cause, and its months without batches."""

    name: str
    site: UUID
    late: Share
    without_team: Share
    not_determined: Share
    missing: int
