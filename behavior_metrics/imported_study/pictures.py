"""The two curves of a study as drawings."""

from __future__ import annotations

from functools import partial
from typing import Any

from behavior_metrics.charts import drawing
from behavior_metrics.charts.steps import StepLine, StepPanel, StepWords, steps
from behavior_metrics.imported_study.words import ACROSS, FIRST, MEAN_COUNT, SHORT


def mean_count_picture(curve: dict[str, Any]) -> str:
    """Draw the mean number of events of a unit."""
    return _drawn(curve["time"], list(zip(curve["mean"], curve["low"], curve["high"], strict=True)), str(MEAN_COUNT))


def first_picture(curve: dict[str, Any]) -> str:
    """Draw the share of units that had an event by then; a limit that is not defined lies on the share itself."""
    values = [
        (1 - share, 1 - (share if high is None else high), 1 - (share if low is None else low))
        for share, low, high in zip(curve["share"], curve["low"], curve["high"], strict=True)
    ]
    return _drawn(curve["time"], values, str(FIRST))


def _drawn(time: list[float], values: list[tuple[float, float, float]], words: str) -> str:
    stairs = tuple((at, *value) for at, value in zip(time, values, strict=True))
    panels = (StepPanel(words, (StepLine("", stairs, time[-1]),)),)
    draw = partial(steps, panels, StepWords(str(ACROSS), str(SHORT)), title=words, description=words)
    return drawing.at_every_width(lambda width, classes: draw(width=width, classes=classes))
