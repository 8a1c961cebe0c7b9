"""Rates over time as small multiples on one scale: exact intervals, limits, and periods in which nothing was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale
from behavior_metrics.charts.marks import Gap, Mark, Reading

_PLOT = 150.0
_HEAD = 24.0
_FOOT = 26.0
_BETWEEN = 20.0
_NARROWEST_PANEL = 260.0
# An interval from very few batches may reach far above all the others; past this it ends in an arrow.
_HEADROOM = 2.2
# Times the usual upper limit up to which an interval is taken for firm.
_FIRM = 4


@dataclass(frozen=True, slots=True)
class RatePanel:
    """One series: a reading per period, and optionally its centre line and limits (low, high) per period.

    Periods in `untold` have too little exposure to be read; their marks are hollow.
    """

    title: str
    readings: tuple[Reading, ...]
    centre: float | None = None
    limits: tuple[tuple[float, float], ...] = ()
    untold: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RateWords:
    """Words of the chart, in the reader's language."""

    unit: str
    centre: str
    limits: str
    outside: str
    beyond: str
    waiting: str
    no_exposure: str
    untold: str = ""


def rates_over_time(
    panels: Sequence[RatePanel],
    periods: Sequence[str],
    words: RateWords,
    *,
    title: str,
    description: str,
    width: int = 720,
    classes: str = "",
) -> str:
    """SVG of one panel per series, as many beside each other as are readable at this width, all on one scale."""
    columns = max(1, min(len(panels), int((width + _BETWEEN) // (_NARROWEST_PANEL + _BETWEEN))))
    scale_top = top_of(panels)
    levels = drawing.ticks(0, scale_top)
    left = max(drawing.width_of(drawing.tick_text(level)) for level in levels) + 10
    has_lines = any(panel.centre is not None or panel.limits for panel in panels)
    gutter = max(drawing.width_of(words.centre), drawing.width_of(words.limits)) + 10 if has_lines else 6
    each = (width - gutter - _BETWEEN * (columns - 1)) / columns
    row_height = _HEAD + _PLOT + _FOOT
    marks = [drawing.text(0, 11, words.unit, "mutt")]
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        x = column * (each + _BETWEEN) + left
        y = LINE + row * (row_height + _BETWEEN / 2) + _HEAD
        plot = _Plot(Scale(0, len(periods), x, x + each - left), Scale(0, levels[-1], y + _PLOT, y), levels)
        last = column == columns - 1
        marks += _panel(panel, periods, plot, words if last else None, labelled=column == 0)
    height = LINE + -(-len(panels) // columns) * (row_height + _BETWEEN / 2)
    drawn, key_height = drawing.key(_key(panels, levels[-1], words), 0, height + 8, width)
    return drawing.svg(width, height + key_height, title, description, [*marks, drawn], classes=classes)


@dataclass(frozen=True, slots=True)
class _Plot:
    across: Scale
    up: Scale
    levels: tuple[float, ...]


def _panel(
    panel: RatePanel, periods: Sequence[str], plot: _Plot, words: RateWords | None, *, labelled: bool
) -> list[str]:
    left, right, bottom = plot.across.start, plot.across.end, plot.up.start
    marks = [drawing.text(left, plot.up.end - 10, panel.title, "bt")]
    for level in plot.levels:
        marks.append(drawing.line(left, plot.up(level), right, plot.up(level), "gl" if level else "ax"))
        if labelled:
            marks.append(drawing.text(left - 6, plot.up(level) + 4, drawing.tick_text(level), "mutt", "end"))
    slot = plot.across(1) - left
    step = drawing.every(periods, slot)
    for index, period in enumerate(periods):
        if (len(periods) - 1 - index) % step == 0:
            marks.append(drawing.text(plot.across(index + 0.5), bottom + 17, period, "mutt", "middle"))
    marks += _lines(panel, plot, words)
    for index in range(len(panel.readings)):
        marks += _reading(panel, index, slot, plot)
    return marks


def _reading(panel: RatePanel, index: int, slot: float, plot: _Plot) -> list[str]:
    reading, x, bottom = panel.readings[index], plot.across(index + 0.5), plot.up.start
    if isinstance(reading, Mark):
        whisker = drawing.whisker(1, x, reading.low, reading.high, plot.up)
        if reading.value > plot.up.high:
            return [whisker, drawing.text(x + 5, plot.up.end + 9, f"{reading.value:.0f}", "mutt")]
        y = plot.up(reading.value)
        ring = [drawing.circle(x, y, 8.5, "cx1")] if _outside(panel, index) else []
        mark = drawing.circle(x, y, drawing.MARK, "hollow l1") if index in panel.untold else drawing.point(1, x, y)
        return [whisker, mark, *ring]
    if reading is Gap.NO_EXPOSURE:
        return [drawing.rect(x - slot / 2, plot.up.end, slot, _PLOT, "zone"), drawing.no_exposure(x, bottom - 9)]
    return [drawing.waiting(x, bottom - 9)] if reading is Gap.WAITING else []


def _lines(panel: RatePanel, plot: _Plot, words: RateWords | None) -> list[str]:
    """Centre and limits, with their words at the end of the line in the last panel of a row."""
    right = plot.across.end
    marks, ends = [], []
    if panel.centre is not None:
        marks.append(drawing.line(plot.across.start, plot.up(panel.centre), right, plot.up(panel.centre), "ax"))
        ends.append((plot.up(panel.centre), words.centre if words else ""))
    if panel.limits:
        for index, limit in enumerate(panel.limits):
            for level in (one for one in limit if 0 < one <= plot.up.high):
                y = plot.up(level)
                marks.append(drawing.line(plot.across(index), y, plot.across(index + 1), y, "cutl"))
        last = next((high for _, high in reversed(panel.limits) if high), 0.0)  # a period without exposure has none
        ends.append((plot.up.held(last), words.limits if words else ""))
    for place, (_, word) in zip(drawing.apart([y for y, _ in ends], LINE - 2), ends, strict=True):
        if word:
            marks.append(drawing.text(right + 6, place + 4, word, "mutt"))
    return marks


def _outside(panel: RatePanel, index: int) -> bool:
    reading = panel.readings[index]
    if not panel.limits or not isinstance(reading, Mark):
        return False
    low, high = panel.limits[index]
    return not low <= reading.value <= high


def top_of(panels: Sequence[RatePanel]) -> float:
    """Upper end of the shared scale: every firm value and centre; intervals and limits as far as they stay near those.

    A value is firm unless its interval reaches many times as high as most: one event in one batch is no scale for all.
    """
    marks = [reading for panel in panels for reading in panel.readings if isinstance(reading, Mark)]
    usual = median(mark.high for mark in marks) if marks else 0.0
    firm = [0.0, *(mark.value for mark in marks if mark.high <= _FIRM * usual)]
    loose = [0.0, *(mark.high for mark in marks)]
    for panel in panels:
        firm += [panel.centre] if panel.centre else []
        loose += [high for _, high in panel.limits]
    return min(max(firm) * _HEADROOM, max(loose)) if max(firm) > 0 else max(*loose, 1.0)


def _key(panels: Sequence[RatePanel], top: float, words: RateWords) -> list[tuple[str, str]]:
    """Only the marks that occur."""
    readings = [reading for panel in panels for reading in panel.readings]
    entries = []
    if any(_outside(panel, index) for panel in panels for index in range(len(panel.readings))):
        entries.append((drawing.point(1, 0, 0, size=3) + drawing.circle(0, 0, 6.5, "cx1"), words.outside))
    if any(isinstance(reading, Mark) and reading.high > top for reading in readings):
        arrow = drawing.line(0, 6, 0, -3, "ci1") + drawing.path([(-4, 0), (0, -7), (4, 0)], "f1", closed=True)
        entries.append((arrow, words.beyond))
    if any(panel.untold for panel in panels):
        entries.append((drawing.circle(0, 0, drawing.MARK, "hollow l1"), words.untold))
    if Gap.WAITING in readings:
        entries.append((drawing.waiting(0, 0), words.waiting))
    if Gap.NO_EXPOSURE in readings:
        entries.append((drawing.no_exposure(0, 0), words.no_exposure))
    return entries
