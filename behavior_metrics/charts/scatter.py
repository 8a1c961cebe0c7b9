"""Climate and the rate one quarter later as points with their doubt and, on purpose, without a line through them."""

from collections.abc import Sequence
from dataclasses import dataclass

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale
from behavior_metrics.charts.marks import Mark

_PLOT = 240.0
_HEADROOM = 2.2


@dataclass(frozen=True, slots=True)
class ScatterPoint:
    """Climate as released with the base it was rounded to (0: exact), and the rate with its interval."""

    climate: float
    rounding: float
    rate: Mark


@dataclass(frozen=True, slots=True)
class ScatterWords:
    """Words of the chart, in the reader's language; `band` explains the shading, `beyond` the arrow."""

    across: str
    up: str
    band: str
    beyond: str


def scatter(
    points: Sequence[ScatterPoint],
    words: ScatterWords,
    *,
    title: str,
    description: str,
    width: int = 560,
    classes: str = "",
) -> str:
    """SVG of the points. No fit, no order, no names: the gate is not met and the picture must not suggest more."""
    levels = drawing.ticks(0, _top(points))
    sides = drawing.ticks(*_span(points))
    left = max(drawing.width_of(drawing.tick_text(level)) for level in levels) + 10
    across = Scale(sides[0], sides[-1], left, width - 12)
    up = Scale(0, levels[-1], LINE + 8 + _PLOT, LINE + 8)
    marks = [drawing.text(0, 11, words.up, "mutt")]
    for level in levels:
        marks.append(drawing.line(left, up(level), across.end, up(level), "gl" if level else "ax"))
        marks.append(drawing.text(left - 6, up(level) + 4, drawing.tick_text(level), "mutt", "end"))
    for side in sides:
        marks.append(drawing.line(across(side), up.start, across(side), up.start + 4, "ax"))
        marks.append(drawing.text(across(side), up.start + 18, drawing.tick_text(side), "mutt", "middle"))
    marks.append(drawing.text((left + across.end) / 2, up.start + 36, words.across, "mutt", "middle"))
    for one in points:
        x, y = across(one.climate), up.held(one.rate.value)
        if one.rounding:
            start, end = across.held(one.climate - one.rounding), across.held(one.climate + one.rounding)
            marks.append(drawing.rect(start, y - 3, end - start, 6, "b3", radius=3))
        marks.append(drawing.whisker(3, x, one.rate.low, one.rate.high, up))
    marks += [drawing.point(1, across(one.climate), up.held(one.rate.value)) for one in points]
    entries = []
    if any(one.rounding for one in points):
        entries.append((drawing.rect(-7, -3, 14, 6, "b3", radius=3) + drawing.point(1, 0, 0, size=3), words.band))
    if any(one.rate.high > up.high for one in points):
        arrow = drawing.line(0, 6, 0, -3, "ci3") + drawing.path([(-4, 0), (0, -7), (4, 0)], "f3", closed=True)
        entries.append((arrow, words.beyond))
    drawn, key_height = drawing.key(entries, 0, up.start + 60, width)
    return drawing.svg(width, up.start + 48 + key_height, title, description, [*marks, drawn], classes=classes)


def _top(points: Sequence[ScatterPoint]) -> float:
    firm = max((one.rate.value for one in points), default=0.0)
    loose = max((one.rate.high for one in points), default=1.0)
    return min(firm * _HEADROOM, loose) if firm > 0 else loose


def _span(points: Sequence[ScatterPoint]) -> tuple[float, float]:
    values = [one.climate for one in points] or [0.0]
    margin = max((max(values) - min(values)) * 0.08, 0.1)
    return max(0.0, min(values) - margin), max(values) + margin  # neither climate nor a dose lies below nought
