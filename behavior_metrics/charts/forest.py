"""Two outcomes side by side: same rows, same log scale, a null line each; square self-reported, circle independent."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale
from behavior_metrics.charts.marks import Mark

_WIDE_ENOUGH = 760
_ROW = 34.0
_TALL_ROW = 62.0
_GAP = 28.0
_STEPS = (0.1, 0.2, 0.33, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0)
_FEW_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_MARGIN = 0.02


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One estimate of each outcome as a ratio, or a word such as "does not apply" in its place.

    `self_text` and `independent_text` are the figures as read, "1.31 (1.08–1.59)"; `main` marks the declared one.
    """

    label: str
    self_reported: Mark | None
    independent: Mark | None
    self_text: str
    independent_text: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class ForestWords:
    """Words of the chart, in the reader's language."""

    self_reported: str
    self_note: str
    independent: str
    independent_note: str
    figure: str
    fewer: str
    more: str


@dataclass(frozen=True, slots=True)
class _Side:
    series: int
    title: str
    note: str
    scale: Scale
    text_at: float


def forest(
    rows: Sequence[ForestRow],
    words: ForestWords,
    *,
    title: str,
    description: str,
    width: int = 1120,
    classes: str = "",
) -> str:
    """SVG of both outcomes. Ratios must be above 0; an interval beyond the scale ends in an arrow."""
    low, high = _ends(rows)
    wide = width >= _WIDE_ENOUGH
    texts = [*(row.self_text for row in rows if row.self_reported), *(row.independent_text for row in rows)]
    figure = max(drawing.width_of(one, bold=True) for one in texts) if wide else 0.0
    label = max(drawing.width_of(row.label, bold=True) for row in rows) + 24 if wide else 0.0
    plot = (width - label - 2 * figure - 3 * _GAP) / 2 if wide else (width - _GAP) / 2
    second = label + plot + figure + 2 * _GAP if wide else plot + _GAP
    sides = (
        _Side(
            2, words.self_reported, words.self_note, Scale(low, high, label + 8, label + plot - 4), label + plot + 16
        ),
        _Side(
            1,
            words.independent,
            words.independent_note,
            Scale(low, high, second + 8, second + plot - 4),
            second + plot + 16,
        ),
    )
    marks, top = _heads(sides, words, plot, figure, wide=wide)
    height = _ROW if wide else _TALL_ROW
    bottom = top + height * len(rows)
    for index, row in enumerate(rows):
        if row.main:
            marks.append(drawing.rect(0, top + index * height, width, height, "zone", radius=4))
    spans = (
        [(top, bottom)]
        if wide
        else [(top + index * height + 24, top + index * height + 40) for index in range(len(rows))]
    )
    for side in sides:
        marks += _grid(side, words, spans, wide=wide)
    for index, row in enumerate(rows):
        marks += _row(row, sides, top + index * height, wide=wide)
    return drawing.svg(width, bottom + 44, title, description, marks, classes=classes)


def _heads(
    sides: tuple[_Side, _Side], words: ForestWords, plot: float, figure: float, *, wide: bool
) -> tuple[list[str], float]:
    marks, top = [], 0.0
    for side in sides:
        room = (plot + figure + _GAP if wide else plot) - 12
        beside = side.text_at - side.scale.start - 12 if wide else room  # a note ends where the figures' heading begins
        y = 12.0
        for part, classes, most in ((side.title, f"bt t{side.series}", room), (side.note, "mutt", beside)):
            for piece in _wrapped(part, most, bold=classes != "mutt"):
                marks.append(drawing.text(side.scale.start, y, piece, classes))
                y += LINE
        top = max(top, y)
    if wide:
        heading = _wrapped(words.figure, figure + _GAP / 2, bold=False)
        for line, piece in enumerate(heading, 1):
            marks += [drawing.text(side.text_at, 12 + line * LINE, piece, "mutt") for side in sides]
        top = max(top, 12 + (1 + len(heading)) * LINE)
    return marks, top


def _grid(side: _Side, words: ForestWords, spans: Sequence[tuple[float, float]], *, wide: bool) -> list[str]:
    """Scale lines down each span (narrow: beside each interval only, so that none crosses a text) and their figures."""
    bottom, foot = spans[-1][1], LINE if wide else LINE + 22
    scale, marks = side.scale, []
    crowded = not wide or scale.high > log(3)
    shown = [step for step in (_FEW_STEPS if crowded else _STEPS) if scale.low <= log(step) <= scale.high]
    for step in shown:
        x = scale(log(step))
        for upper, lower in spans:
            marks.append(drawing.line(x, upper, x, lower, "nul" if step == 1 else "gl"))
        marks.append(drawing.text(x, bottom + foot, drawing.tick_text(step), "mutt", "middle"))
    marks.append(drawing.text(scale.start, bottom + foot + LINE + 2, f"← {words.fewer}", "mutt"))
    marks.append(drawing.text(scale.end, bottom + foot + LINE + 2, f"{words.more} →", "mutt", "end"))
    return marks


def _row(row: ForestRow, sides: tuple[_Side, _Side], y: float, *, wide: bool) -> list[str]:
    named = "bt" if row.main else ""
    middle = y + (_ROW / 2 if wide else 32)
    marks = [drawing.text(12 if wide else 4, middle + 4 if wide else y + 17, row.label, named)]
    for side, mark, figure in zip(
        sides, (row.self_reported, row.independent), (row.self_text, row.independent_text), strict=True
    ):
        if mark is None:
            marks.append(drawing.text(side.scale(0) + 8, middle + 4, figure, "mutt"))
            continue
        marks.append(_interval(side, mark, middle))
        marks.append(
            drawing.point(side.series, side.scale.held(log(mark.value)), middle, size=5.5 if row.main else 4.5)
        )
        place = (side.text_at, middle + 4) if wide else (side.scale.start, y + 53)
        marks.append(drawing.text(*place, figure, named))
    return marks


def _interval(side: _Side, mark: Mark, y: float) -> str:
    scale, series = side.scale, side.series
    ends = [log(mark.low) if mark.low > 0 else scale.low - 1, log(mark.high)]
    left, right = (scale.held(end) for end in ends)
    drawn = drawing.line(left, y, right, y, f"ci{series}")
    if ends[0] < scale.low:
        drawn += drawing.path([(left + 6, y - 4), (left - 1, y), (left + 6, y + 4)], f"f{series}", closed=True)
    if ends[1] > scale.high:
        drawn += drawing.path([(right - 6, y - 4), (right + 1, y), (right - 6, y + 4)], f"f{series}", closed=True)
    return drawn


def _ends(rows: Sequence[ForestRow]) -> tuple[float, float]:
    """Log scale, as far below 1 as above: every ratio and all but the widest fifth of the limits; at most tenfold."""
    marks = [mark for row in rows for mark in (row.self_reported, row.independent) if mark]
    limits = sorted(abs(log(end)) if end > 0 else inf for mark in marks for end in (mark.low, mark.high))
    reach = max([limits[int(0.8 * (len(limits) - 1))], *(abs(log(mark.value)) for mark in marks)]) if marks else 0.5
    steps = [step for step in _STEPS if step > 1]
    end = next((step for step in steps if log(step) >= reach), steps[-1])
    return log(1 / end) - _MARGIN, log(end) + _MARGIN


def _wrapped(words: str, room: float, *, bold: bool) -> list[str]:
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and drawing.width_of(longer, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
