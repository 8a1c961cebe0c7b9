"""Mean cumulative counts as steps with their intervals: one panel per outcome, one line per group, all on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale

_PLOT = 190.0
_HEAD = 26.0
_FOOT = 36.0
_BETWEEN = 28.0
_NARROWEST_PANEL = 300.0
_HEADROOM = 1.5


@dataclass(frozen=True, slots=True)
class StepLine:
    """One group: its name, (place, mean, low, high) at each step, and where its observation ended."""

    name: str
    steps: tuple[tuple[float, float, float, float], ...]
    until: float


@dataclass(frozen=True, slots=True)
class StepPanel:
    """One outcome with a line for each group. At most three; they differ in dash as well as colour."""

    title: str
    lines: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True)
class StepWords:
    """Words of the chart, in the reader's language."""

    across: str
    #: Stands for a line that has too little to be drawn.
    short: str


def steps(
    panels: Sequence[StepPanel],
    words: StepWords,
    *,
    title: str,
    description: str,
    width: int = 720,
    classes: str = "",
) -> str:
    """SVG of the panels, beside each other where they are readable so, one under the other where they are not."""
    columns = max(1, min(len(panels), int((width + _BETWEEN) // (_NARROWEST_PANEL + _BETWEEN))))
    each = (width - _BETWEEN * (columns - 1)) / columns
    top = _top(panels)
    levels = drawing.ticks(0, top)
    furthest = max((line.until for panel in panels for line in panel.lines), default=1.0) or 1.0
    left = max(drawing.width_of(drawing.tick_text(level)) for level in levels) + 10
    names = [f"{line.name}" for line in (panels[0].lines if panels else ())]
    key, key_height = drawing.key(
        [(drawing.line(-8, 0, 8, 0, f"l{_series(place, names)}"), name) for place, name in enumerate(names)],
        0,
        12,
        width,
    )
    marks = [key] if any(names) else []
    row_height = _HEAD + _PLOT + _FOOT
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        x, y = column * (each + _BETWEEN) + left, key_height + row * row_height + _HEAD + 8
        across, up = Scale(0, furthest, x, x + each - left - 48), Scale(0, levels[-1], y + _PLOT, y)
        marks += _axes(panel, across, up, levels, words)
        marks += _lines(panel, across, up, words)
    height = key_height + 8 + row_height * -(-len(panels) // columns)
    return drawing.svg(width, height, title, description, marks, classes=classes)


def _axes(panel: StepPanel, across: Scale, up: Scale, levels: Sequence[float], words: StepWords) -> list[str]:
    marks = [drawing.text(across.start, up.end - 12, panel.title, "bt")]
    for level in levels:
        marks.append(drawing.line(across.start, up(level), across.end, up(level), "gl" if level else "ax"))
        marks.append(drawing.text(across.start - 6, up(level) + 4, drawing.tick_text(level), "mutt", "end"))
    apart = drawing.every(["0000"] * (int(across.high) + 1), (across.end - across.start) / across.high)
    places = range(0, int(across.high) + 1, apart)
    marks += [drawing.text(across(at), up.start + 16, str(at), "mutt", "middle") for at in places]
    return [*marks, drawing.text(across.end, up.start + LINE * 2, words.across, "mutt", "end")]


def _lines(panel: StepPanel, across: Scale, up: Scale, words: StepWords) -> list[str]:
    bands, strokes, ends = [], [], []
    for place, line in enumerate(panel.lines):
        series = _series(place, panel.lines)
        if line.steps:
            upper, lower = (_stairs(line, column, across, up) for column in (3, 2))
            bands.append(drawing.path([*upper, *reversed(lower)], f"b{series}", closed=True))
            strokes.append(drawing.path(_stairs(line, 1, across, up), f"l{series}"))
            ends.append((up.held(line.steps[-1][1]), f"{line.steps[-1][1]:.2f}", f"t{series} bt"))
        else:
            ends.append((up.start - 6, "–", f"t{series}"))
    places = drawing.apart([y for y, _, _ in ends], LINE - 2)
    words_at = [
        drawing.text(across.end + 6, y + 4, word, classes) for y, (_, word, classes) in zip(places, ends, strict=True)
    ]
    if not any(line.steps for line in panel.lines):
        words_at.append(drawing.text(across.start + 8, up.start - 10, words.short, "mutt"))
    return [*bands, *strokes, *words_at]


def _stairs(line: StepLine, column: int, across: Scale, up: Scale) -> list[tuple[float, float]]:
    """Corners of the stairs: level until a step, then up."""
    corners, level = [(across(0), up(0))], 0.0
    for step in line.steps:
        corners += [(across(step[0]), up.held(level)), (across(step[0]), up.held(step[column]))]
        level = step[column]
    return [*corners, (across(max(line.until, line.steps[-1][0])), up.held(level))]


def _top(panels: Sequence[StepPanel]) -> float:
    """Upper end: every mean, and intervals as far as they stay near those."""
    ends = [line.steps[-1] for panel in panels for line in panel.lines if line.steps]
    means = max((end[1] for end in ends), default=0.0)
    return min(max((end[3] for end in ends), default=0.0), means * _HEADROOM) or 1.0


def _series(place: int, groups: Sequence[object]) -> int:
    """The last group is drawn whole, those before it with dashes."""
    return len(groups) - place
