"""The chart of root causes: human performance beside all others, on one scale, because a share alone misleads."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.charts.rates import RatePanel, RateWords, rates_over_time
from behavior_metrics.coding.lines import CauseLine
from behavior_metrics.stats.intervals import Estimate
from lms.web.labels import label


def causes_picture(lines: Sequence[CauseLine]) -> str:
    """Draw both rates by quarter."""
    panels = [
        RatePanel(_word("human_causes"), tuple(_reading(line.human) for line in lines)),
        RatePanel(_word("other_causes"), tuple(_reading(line.other) for line in lines)),
    ]
    words = RateWords(_word("causes_note"), "", "", "", _word("beyond"), _word("waiting"), _word("no_exposure"))
    return at_every_width(
        lambda width, classes: rates_over_time(
            panels,
            [line.quarter.short for line in lines],
            words,
            title=_word("causes_title"),
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def _reading(rate: Estimate | None) -> Reading:
    return Gap.NO_EXPOSURE if rate is None else Mark(rate.value, rate.low, rate.high)


def _word(key: str) -> str:
    return label(key, "behavior_chart")
