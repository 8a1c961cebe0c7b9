"""A count that only grows, as steps with the band it may lie in: the mean cumulative function."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale
from behavior_metrics.charts.marks import Mark

_PLOT = 200.0
_HEADROOM = 1.6


@dataclass(frozen=True, slots=True)
class CurveWords:
    """Words of the chart, in the reader's language."""

    up: str
    band: str
    curve: str


def curve(
    steps: Sequence[Mark],
    periods: Sequence[str],
    words: CurveWords,
    *,
    title: str,
    description: str,
    width: int = 560,
    classes: str = "",
) -> str:
    """SVG of the value reached at the end of each period, flat until then, and its limits as broken lines."""
    top = max(min(max(step.high for step in steps), _HEADROOM * max(step.value for step in steps)), 1e-9)
    levels = drawing.ticks(0, top)
    left = max(drawing.width_of(drawing.tick_text(level)) for level in levels) + 10
    across, up = Scale(0, len(steps), left, width - 6), Scale(0, levels[-1], LINE + 14 + _PLOT, LINE + 14)
    marks = [drawing.text(0, 11, words.up, "mutt")]
    for level in levels:
        marks.append(drawing.line(left, up(level), width - 6, up(level), "gl" if level else "ax"))
        marks.append(drawing.text(left - 6, up(level) + 4, drawing.tick_text(level), "mutt", "end"))
    step_of = drawing.every(periods, across(1) - left)
    for index, period in enumerate(periods):
        if (len(periods) - 1 - index) % step_of == 0:
            marks.append(drawing.text(across(index + 0.5), up.start + 17, period, "mutt", "middle"))
    for values, named in (
        ([step.low for step in steps], "cutl"),
        ([step.high for step in steps], "cutl"),
        ([step.value for step in steps], "l1"),
    ):
        marks += _stairs(values, across, up, named)
    marks += [drawing.point(1, across(index + 0.5), up.held(step.value), size=3) for index, step in enumerate(steps)]
    entries = [
        (drawing.point(1, 0, 0, size=3), words.curve),
        (drawing.line(-7, 0, 7, 0, "cutl"), words.band),
    ]
    drawn, key_height = drawing.key(entries, 0, up.start + 40, width)
    return drawing.svg(width, up.start + 32 + key_height, title, description, [*marks, drawn], classes=classes)


def _stairs(values: Sequence[float], across: Scale, up: Scale, named: str) -> list[str]:
    held = [up.held(value) for value in values]
    marks = [drawing.line(across(index), y, across(index + 1), y, named) for index, y in enumerate(held)]
    for index, (before, after) in enumerate(pairwise(held), 1):
        if abs(after - before) > 0.05:
            marks.append(drawing.line(across(index), before, across(index), after, named))
    return marks
