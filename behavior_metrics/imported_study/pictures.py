"""The two curves of a study as drawings."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask_babel import gettext as _

from behavior_metrics.charts import drawing
from behavior_metrics.charts.steps import StepCurve, steps


def mean_count_picture(curve: dict[str, Any]) -> str:
    """Draw the mean number of events of a unit."""
    words = _("Mean number of events of a unit from the beginning, with 95 %% limits")
    return _drawn(StepCurve(curve["time"], curve["mean"], curve["low"], curve["high"]), _("events of a unit"), words)


def first_picture(curve: dict[str, Any]) -> str:
    """Draw the share of units that had no event yet."""
    words = _("Share of units without an event, with 95 %% limits")
    drawn = StepCurve(curve["time"], curve["share"], curve["low"], curve["high"], begins_at=1.0)
    return _drawn(drawn, _("share without an event"), words)


def _drawn(curve: StepCurve, up: str, words: str) -> str:
    draw = partial(steps, curve, across=_("time, in the file's own unit"), up=up, title=words, description=words)
    return drawing.at_every_width(lambda width, classes: draw(width=width, classes=classes))
