"""Charts of the page: control charts by site, growth over time, and batches between rare ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from behavior_metrics.charts.curve import CurveWords, curve
from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Mark
from behavior_metrics.charts.rates import RatePanel, RateWords, rates_over_time
from behavior_metrics.recurrence.lines import Charted, Growth
from lms.web.labels import label

if TYPE_CHECKING:  # it brings numpy
    from behavior_metrics.stats.control_charts import GapLimits


def control_picture(panels: Sequence[tuple[str, Charted]], periods: Sequence[str]) -> str:
    """Draw each one's quarters within its own limits, all on one scale."""
    drawn = [RatePanel(name, one.readings, one.centre, one.limits) for name, one in panels]
    return _rates(drawn, periods, word("rate"), word("control_title"))


def gaps_picture(gaps: Sequence[int], days: Sequence[str], limits: GapLimits, category: str) -> str:
    """Draw the batches between one event and the next, within the limit of a g chart."""
    readings = tuple(Mark(gap, gap, gap) for gap in gaps)
    panel = RatePanel(category, readings, limits.mean, ((0.0, limits.high),) * len(gaps))
    return _rates([panel], days, word("gap"), word("gap_title"))


def growth_picture(found: Growth) -> str:
    """Draw the mean cumulative function with its band."""
    words = CurveWords(word("growth"), word("band"), word("mean"))
    periods = [quarter.short for quarter in found.quarters]
    return at_every_width(
        lambda width, classes: curve(
            found.steps,
            periods,
            words,
            title=word("growth_title"),
            description=word("see_table"),
            width=width,
            classes=classes,
        )
    )


def _rates(panels: Sequence[RatePanel], periods: Sequence[str], unit: str, title: str) -> str:
    words = RateWords(
        unit, word("centre"), word("limits"), word("outside"), word("beyond"), word("waiting"), word("no_exposure")
    )
    return at_every_width(
        lambda width, classes: rates_over_time(
            panels, periods, words, title=title, description=word("see_table"), width=width, classes=classes
        )
    )


def word(key: str) -> str:
    """Say a word of the charts."""
    return label(key, "recurrence_chart")
