"""The programme's numbers, ready to be shown: by month for all together, by site for one quarter.

A figure behind which fewer than five people stand is not said; small sites are put together, and where even together they
are fewer than five they are left out of the sum as well, so that no difference of the sum and its sites tells one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.stats.intervals import Estimate, share_wilson
from behavior_metrics.stats.waiting import Quartiles, Wait, quartiles
from coaching.api import FirstReview, Period, ProgrammeCounts, Tally
from lms.web.times import show_month

#: Fewer people than this behind a figure, and it is not said.
K = 5
#: Below this share of the planned reviews held in a month, somebody should ask what stood in the way.
HELD_ALERT = 0.80
MONTHS = 12
QUARTERS = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """A share with its Wilson interval, or why there is none: nothing was due, or too few people stand behind it."""

    done: int
    due: int
    estimate: Estimate | None
    few: bool = False

    @classmethod
    def of(cls, tally: Tally) -> Shown:
        """Return what may be said of a count."""
        if not tally.due:
            return cls(0, 0, None)
        if tally.people < K:
            return cls(0, 0, None, few=True)
        return cls(tally.done, tally.due, share_wilson(tally.done, tally.due))

    @property
    def is_low(self) -> bool:
        """Whether fewer were held than the alert allows."""
        return self.estimate is not None and self.estimate.value < HELD_ALERT


@dataclass(frozen=True, slots=True)
class Took:
    """Quartiles of the days from a trigger to its first review, or that too few people or triggers stand behind them."""

    quartiles: Quartiles | None
    few: bool = False


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month of all the reader's sites together."""

    period: Period
    is_over: bool
    held: Shown
    system: Shown
    kept: Shown

    @property
    def words(self) -> str:
        """The month as people read it, ``Nov 2026``."""
        return show_month(self.period.first_day)


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site, or (``name`` empty) all together, in one quarter."""

    name: str
    held: Shown
    system: Shown
    kept: Shown
    took: Took


Counts = Mapping[tuple[UUID, str], ProgrammeCounts]


def months(days: Sequence[date]) -> tuple[Period, ...]:
    """Return the last twelve months up to now, oldest first, given what day it is at each site."""
    newest, found = max(days), []
    year, month = newest.year, newest.month
    for _step in range(MONTHS):
        first = date(year, month, 1)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        following = (first + timedelta(days=31)).replace(day=1)
        found.append(Period(f"{first:%Y-%m}", first, following - timedelta(days=1)))
    return tuple(reversed(found))


def quarter_period(quarter: Quarter) -> Period:
    """Return a quarter as a period to count in."""
    return Period(str(quarter), quarter.first_day, quarter.last_day)


def together(tallies: Iterable[Tally]) -> Tally:
    """Add up sites; those below five people are added as a group, or not at all where even the group is below five."""
    large, small = Tally(), Tally()
    for tally in tallies:
        if tally.people >= K:
            large += tally
        else:
            small += tally
    return large + small if small.people >= K else large


def month_lines(counts: Counts, periods: Sequence[Period], today: date) -> list[MonthLine]:
    """Return every month of all sites together, oldest first. ``today`` is the earliest day at any site."""
    lines = []
    for period in periods:
        own = [found for (_site, name), found in counts.items() if name == period.name]
        shares = _shares(own)
        lines.append(MonthLine(period, period.last_day < today, *shares))
    return lines


def site_lines(
    counts: Counts, waits: Sequence[FirstReview], quarter: Quarter, names: Mapping[UUID, str]
) -> tuple[list[SiteLine], SiteLine]:
    """Return each site with anything in a quarter, by name, and all of them together."""
    key = str(quarter)
    in_quarter = [wait for wait in waits if quarter.first_day <= wait.proposed_on <= quarter.last_day]
    busy = {site_id for site_id, name in counts if name == key} | {wait.site_id for wait in in_quarter}
    lines = []
    for site_id in sorted(busy & names.keys(), key=lambda one: names[one]):
        found = counts.get((site_id, key), ProgrammeCounts())
        shown = Shown.of(found.held), Shown.of(found.system), Shown.of(found.kept)
        lines.append(SiteLine(names[site_id], *shown, took([w for w in in_quarter if w.site_id == site_id])))
    all_shares = _shares([found for (_site, name), found in counts.items() if name == key])
    return lines, SiteLine("", *all_shares, _took_together(in_quarter))


def took(waits: Sequence[FirstReview]) -> Took:
    """Return how long first reviews took, if five people and five triggers stand behind it."""
    if waits and len({wait.person_id for wait in waits}) < K:
        return Took(None, few=True)
    return Took(quartiles([Wait(wait.days, wait.is_held) for wait in waits]))


def _took_together(waits: Sequence[FirstReview]) -> Took:
    by_site: dict[UUID, list[FirstReview]] = {}
    for wait in waits:
        by_site.setdefault(wait.site_id, []).append(wait)
    large: list[FirstReview] = []
    small: list[FirstReview] = []
    for own in by_site.values():
        (large if len({wait.person_id for wait in own}) >= K else small).extend(own)
    enough = len({wait.person_id for wait in small}) >= K
    return took([*large, *small] if enough or not large else large)


def _shares(own: Sequence[ProgrammeCounts]) -> tuple[Shown, Shown, Shown]:
    return (
        _share(found.held for found in own),
        _share(found.system for found in own),
        _share(found.kept for found in own),
    )


def _share(tallies: Iterable[Tally]) -> Shown:
    found = list(tallies)
    added = together(found)
    if not added.due and any(tally.due for tally in found):
        return Shown(0, 0, None, few=True)
    return Shown.of(added)
