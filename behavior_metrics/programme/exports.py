"""The programme as files, unrounded; what is not said on the page is not said here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from behavior_metrics.programme.lines import MonthLine, Shown, SiteLine, Took
from behavior_metrics.stats.intervals import WILSON
from behavior_metrics.stats.waiting import PRODUCT_LIMIT
from lms.exports.sheets import Cell


def _named(done: str, due: str) -> tuple[str, ...]:
    return due, done, f"{done}_share", f"{done}_low", f"{done}_high", f"{done}_reading"


SHARES = (*_named("held", "planned"), *_named("led_to_system", "reviews_held"), *_named("kept", "commitments_due"))
MONTHS = ("month", "over", *SHARES, "method")
SITES = (
    "quarter", "site", *SHARES, "triggers", "still_waiting", "days_lower_quartile", "days_median", "days_upper_quartile",
    "days_reading", "method", "method_of_days",
)  # fmt: skip


def month_cells(lines: Iterable[MonthLine]) -> Iterator[tuple[Cell, ...]]:
    """Give each month in the order of ``MONTHS``."""
    for line in lines:
        over = "yes" if line.is_over else "no"
        yield line.period.name, over, *_share(line.held), *_share(line.system), *_share(line.kept), WILSON


def site_cells(quarter: str, lines: Iterable[SiteLine], total: SiteLine) -> Iterator[tuple[Cell, ...]]:
    """Give each site, then all together, in the order of ``SITES``."""
    for line in (*lines, total):
        shares = (*_share(line.held), *_share(line.system), *_share(line.kept))
        yield quarter, line.name or "all together", *shares, *_days(line.took), WILSON, PRODUCT_LIMIT


def _share(shown: Shown) -> tuple[Cell, ...]:
    if shown.estimate is None:
        return None, None, None, None, None, "fewer than 5 people" if shown.few else "nothing due"
    return shown.due, shown.done, shown.estimate.value, shown.estimate.low, shown.estimate.high, "told"


def _days(took: Took) -> tuple[Cell, ...]:
    found = took.quartiles
    if found is None:
        return None, None, None, None, None, "fewer than 5 people" if took.few else "cannot tell yet"
    return found.n, found.waiting, found.lower, found.median, found.upper, "told"
