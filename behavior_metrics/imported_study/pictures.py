"""The two curves of a study as drawings."""

from __future__ import annotations

from functools import partial
from typing import Any

from behavior_metrics.charts import drawing
from behavior_metrics.charts.steps import StepCurve, steps
from behavior_metrics.imported_study.words import ACROSS, MEAN_COUNT, WITHOUT_EVENT


def mean_count_picture(curve: dict[str, Any]) -> str:
    """Draw the mean number of events of a unit."""
    return _drawn(StepCurve(curve["time"], curve["mean"], curve["low"], curve["high"]), *map(str, MEAN_COUNT))


def first_picture(curve: dict[str, Any]) -> str:
    """Draw the share of units that had no event yet."""
    drawn = StepCurve(curve["time"], curve["share"], curve["low"], curve["high"], begins_at=1.0)
    return _drawn(drawn, *map(str, WITHOUT_EVENT))


def _drawn(curve: StepCurve, up: str, words: str) -> str:
    draw = partial(steps, curve, across=str(ACROSS), up=up, title=words, description=words)
    return drawing.at_every_width(lambda width, classes: draw(width=width, classes=classes))
