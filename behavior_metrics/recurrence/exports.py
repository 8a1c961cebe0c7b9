"""The page as files, unrounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from behavior_metrics.counting.rules import Facet
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.recurrence.lines import Charted, Growth, Line
from behavior_metrics.stats.intervals import POISSON_EXACT
from lms.exports.sheets import Cell
from lms.web.labels import label

_COUNTS = ("classified", "recurrences", "self_reported", "independent", "after_action", "batches")
LINES = (
    "by", "code", "words", *_COUNTS, "recurrences_per_100", "low", "high", "told", "after_action_per_100",
    "after_action_low", "after_action_high", "method",
)  # fmt: skip
QUARTERS = (
    "of", "quarter", "over", "recurrences", "batches", "per_100", "low", "high", "centre", "limit_low", "limit_high",
    "sigma_z", "outside",
)  # fmt: skip
GROWTH = ("by_the_end_of", "units_making", "mean_cumulative", "low", "high")


def line_cells(tables: Mapping[Facet, Sequence[Line]]) -> Iterator[tuple[Cell, ...]]:
    """Give each line of each table in the order of ``LINES``; sites come under ``all``."""
    for facet, lines in tables.items():
        for line in lines:
            rate, after = line.rated.rate, line.after_action_rate
            counts = (getattr(line.numbers, name) for name in _COUNTS)
            words = (
                line.rated.name
                if facet in {Facet.ALL, Facet.PRODUCT} or not line.code
                else label(line.code, str(facet))
            )
            yield (
                "site" if facet is Facet.ALL else str(facet),
                line.code,
                words,
                *counts,
                *((rate.value, rate.low, rate.high) if rate else (None,) * 3),
                "yes" if line.rated.told else "cannot tell yet",
                *((after.value, after.low, after.high) if after else (None,) * 3),
                POISSON_EXACT,
            )


def quarter_cells(
    panels: Iterable[tuple[str, Charted]], quarters: Sequence[Quarter], closed: int
) -> Iterator[tuple[Cell, ...]]:
    """Give each quarter of each chart in the order of ``QUARTERS``."""
    for name, chart in panels:
        for index, quarter in enumerate(quarters):
            reading = chart.readings[index]
            values = (getattr(reading, side, None) for side in ("value", "low", "high"))
            limits = chart.limits[index] if chart.limits and chart.batches[index] else (None, None)
            yield (
                name,
                str(quarter),
                "yes" if index < closed else "no",
                chart.events[index],
                chart.batches[index],
                *values,
                chart.centre,
                *limits,
                chart.sigma_z,
                "yes" if chart.outside(index) else "no",
            )


def growth_cells(found: Growth | None) -> Iterator[tuple[Cell, ...]]:
    """Give the mean cumulative function in the order of ``GROWTH``; nothing below two units."""
    for index, quarter in enumerate(found.quarters if found else ()):
        step = found.steps[index] if found else None
        if step is not None and found is not None:
            yield str(quarter), found.at_risk[index], step.value, step.low, step.high
