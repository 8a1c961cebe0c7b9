"""The points: reviews held per 100 batches, and what recurred a quarter later."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Mark
from behavior_metrics.charts.scatter import ScatterPoint, ScatterWords, scatter
from behavior_metrics.dose.lines import DoseLine
from lms.web.labels import label


def dose_picture(lines: Sequence[DoseLine]) -> str:
    """Draw the site-quarters of which both can be said: no names, no order, no line through them."""
    points = [
        ScatterPoint(line.dose, 0, Mark(line.rate.value, line.rate.low, line.rate.high))
        for line in lines
        if line.is_point and line.dose is not None and line.rate is not None
    ]
    words = ScatterWords(_word("across"), _word("up"), "", _word("beyond"))
    return at_every_width(
        lambda width, classes: scatter(
            points, words, title=_word("title"), description=_word("see_table"), width=width, classes=classes
        )
    )


def _word(key: str) -> str:
    return label(key, "dose_chart")
