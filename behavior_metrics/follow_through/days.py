"""Windows of whole days, cut where a site's clock changes, so that a database can tell on which local day a moment lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from behavior_metrics.counting.rules import first_day, quarter_of
from lms.web.times import start_of_day

#: The rolling window of the index.
ROLLING_DAYS = 180


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days of every site. ``key`` names it among those counted together; an empty one counts nothing."""

    key: int
    first_day: date
    last_day: date

    @property
    def quarter(self) -> int | None:
        """The calendar quarter that it is, as ``summaries`` counts them; None if it is none."""
        index = quarter_of(self.first_day)
        whole = first_day(index), first_day(index + 1) - timedelta(days=1)
        return index if (self.first_day, self.last_day) == whole else None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of a span in one zone that all end equally long before (or after) the end of the same day by UTC."""

    zone: str
    first_day: date
    last_day: date
    #: Seconds from the end of the local day to the end of the day by UTC; above nought east of Greenwich.
    ahead: int


def rolling(last_full_day: date, key: int = 0) -> Span:
    """Return the 180 days up to a day."""
    return Span(key, last_full_day - timedelta(days=ROLLING_DAYS - 1), last_full_day)


def stretches(span: Span, zones: Iterable[str]) -> list[Stretch]:
    """Return the stretches of a span in each zone, by zone and day."""
    if span.last_day < span.first_day:
        return []
    return [one for zone in sorted(zones) for one in _cut(zone, span.first_day, span.last_day)]


@lru_cache(maxsize=4096)
def _cut(zone: str, first: date, last: date) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    day = first
    while day <= last:
        ahead = _ahead(day, zone)
        if found and found[-1].ahead == ahead:
            found[-1] = Stretch(zone, found[-1].first_day, day, ahead)
        else:
            found.append(Stretch(zone, day, day, ahead))
        day += timedelta(days=1)
    return tuple(found)


def _ahead(day: date, zone: str) -> int:
    end = day + timedelta(days=1)
    return int((datetime.combine(end, time(), UTC) - start_of_day(end, zone)).total_seconds())
