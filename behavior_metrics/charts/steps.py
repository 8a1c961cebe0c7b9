"""A count or a share that moves in steps over time, with the limits of its doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale

_PLOT = 220.0


@dataclass(frozen=True, slots=True)
class StepCurve:
    """Values from each time on until the next; a limit that is not defined is None."""

    time: Sequence[float]
    value: Sequence[float]
    low: Sequence[float | None]
    high: Sequence[float | None]
    #: What it is before the first time.
    begins_at: float = 0.0


def steps(
    curve: StepCurve, *, across: str, up: str, title: str, description: str, width: int = 560, classes: str = ""
) -> str:
    """SVG of one curve, drawn through and its limits broken; `across` and `up` say what the axes are."""
    known = [one for one in (*curve.value, *curve.high, curve.begins_at) if one is not None]
    levels = drawing.ticks(0, max(known) or 1.0)
    days = drawing.ticks(0, max(curve.time))
    left = max(drawing.width_of(drawing.tick_text(level)) for level in levels) + 10
    x, y = Scale(days[0], days[-1], left, width - 12), Scale(0, levels[-1], LINE + 8 + _PLOT, LINE + 8)
    marks = [drawing.text(0, 11, up, "mutt")]
    for level in levels:
        marks.append(drawing.line(left, y(level), x.end, y(level), "gl" if level else "ax"))
        marks.append(drawing.text(left - 6, y(level) + 4, drawing.tick_text(level), "mutt", "end"))
    for day in days:
        marks.append(drawing.line(x(day), y.start, x(day), y.start + 4, "ax"))
        marks.append(drawing.text(x(day), y.start + 18, drawing.tick_text(day), "mutt", "middle"))
    marks.append(drawing.text((left + x.end) / 2, y.start + 36, across, "mutt", "middle"))
    for values, drawn in ((curve.low, "l3"), (curve.high, "l3"), (curve.value, "l1")):
        marks.append(drawing.path(_stairs(curve, values, x, y), drawn))
    return drawing.svg(width, y.start + 44, title, description, marks, classes=classes)


def _stairs(curve: StepCurve, values: Sequence[float | None], x: Scale, y: Scale) -> list[tuple[float, float]]:
    last = curve.begins_at
    points = [(x(0), y.held(last))]
    for time, value in zip(curve.time, values, strict=True):
        points.append((x(time), y.held(last)))
        last = last if value is None else value
        points.append((x(time), y.held(last)))
    return points
