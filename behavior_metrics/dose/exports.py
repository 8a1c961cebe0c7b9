"""The page as files, unrounded; what is not said on the page is not said here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from behavior_metrics.dose.lines import DoseLine, WaitLine
from behavior_metrics.stats.intervals import POISSON_EXACT
from behavior_metrics.stats.waiting import PRODUCT_LIMIT
from lms.exports.sheets import Cell

DOSE = (
    "site", "quarter", "reviews_held", "reading", "batches", "held_per_100", "recurrences_quarter_after",
    "batches_quarter_after", "recurrences_per_100", "low", "high", "quarter_after_over", "method",
)  # fmt: skip
WAITS = (
    "quarter",
    "triggers",
    "still_waiting",
    "days_lower_quartile",
    "days_median",
    "days_upper_quartile",
    "reading",
    "method",
)


def dose_cells(lines: Iterable[DoseLine]) -> Iterator[tuple[Cell, ...]]:
    """Give each site's quarter in the order of ``DOSE``."""
    for line in lines:
        rate = line.rate
        yield (
            line.name,
            str(line.quarter),
            line.held,
            "told" if line.held is not None else "fewer than 5 people",
            line.batches,
            line.dose,
            line.after.recurrences,
            line.after.batches,
            *((rate.value, rate.low, rate.high) if rate else (None,) * 3),
            "yes" if line.after_over else "no",
            POISSON_EXACT,
        )


def wait_cells(lines: Iterable[WaitLine]) -> Iterator[tuple[Cell, ...]]:
    """Give each quarter in the order of ``WAITS``."""
    for line in lines:
        found = line.quartiles
        told = (found.n, found.waiting, found.lower, found.median, found.upper) if found else (None,) * 5
        reading = "told" if found else "fewer than 5 people" if line.few else "cannot tell yet"
        yield str(line.quarter), *told, reading, PRODUCT_LIMIT
