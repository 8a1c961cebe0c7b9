"""Months against their frozen limits, and the evidence of a rise against its threshold."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.baselines.watching import Point, Watch
from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.charts.rates import RatePanel, RateWords, rates_over_time
from lms.web.labels import label

#: The newest months that are drawn; the table has them all.
DRAWN = 36


def limits_picture(watches: Sequence[Watch]) -> str:
    """Draw the newest months of each outcome within the limits of the baseline, on one scale."""
    panels = [
        RatePanel(
            label(one.outcome, "baseline_outcome"),
            tuple(_rate(point) for point in one.points[-DRAWN:]),
            one.usual.value,
            tuple((point.low or 0.0, point.high or 0.0) for point in one.points[-DRAWN:]),
        )
        for one in watches
    ]
    return _drawn(panels, watches, "limits_title", "rate", "outside")


def evidence_picture(watches: Sequence[Watch]) -> str:
    """Draw the evidence of a rise since the baseline; beyond the threshold it is an alarm."""
    panels = [
        RatePanel(
            label(one.outcome, "baseline_outcome"),
            tuple(
                None if point.evidence is None else Mark(point.evidence, point.evidence, point.evidence)
                for point in one.points[-DRAWN:]
            ),
            None,
            ((0.0, one.threshold or 0.0),) * len(one.points[-DRAWN:]),
        )
        for one in watches
    ]
    return _drawn(panels, watches, "evidence_title", "evidence", "alarm")


def _drawn(panels: Sequence[RatePanel], watches: Sequence[Watch], title: str, unit: str, outside: str) -> str:
    limits = "limits" if unit == "rate" else "threshold"
    words = RateWords(
        _word(unit), _word("centre"), _word(limits), _word(outside), _word("beyond"), "", _word("no_exposure")
    )
    periods = [point.month.words for point in watches[0].points[-DRAWN:]]
    return at_every_width(
        lambda width, classes: rates_over_time(
            panels, periods, words, title=_word(title), description=_word("see_table"), width=width, classes=classes
        )
    )


def _rate(point: Point) -> Reading:
    rate = point.rate
    return Mark(rate.value, rate.low, rate.high) if rate else Gap.NO_EXPOSURE


def _word(key: str) -> str:
    return label(key, "baseline_chart")
