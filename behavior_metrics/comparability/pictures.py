"""The funnel of the sites."""

from __future__ import annotations

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.funnel import FunnelPoint, FunnelWords, funnel
from behavior_metrics.comparability.lines import Spread
from lms.web.labels import label


def funnel_picture(found: Spread) -> str:
    """Draw each site's rate per 100 batches against how many it made."""
    points = [
        FunnelPoint(one.name, one.batches / 100, 100 * one.events / one.batches, found.outside(index))
        for index, one in enumerate(found.rated)
    ]
    words = FunnelWords(*(_word(key) for key in ("across", "up", "centre", "plain", "widened", "outside")))
    return at_every_width(
        lambda width, classes: funnel(
            points,
            100 * found.centre,
            found.tau2,
            words,
            per=100,
            title=_word("title"),
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def _word(key: str) -> str:
    return label(key, "comparability_chart")
