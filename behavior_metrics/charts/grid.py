"""Which site-quarters or team-quarters an answer rests on, and why each of the others is missing."""

from collections.abc import Mapping, Sequence
from enum import Enum

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale

_ROW = 24.0
_WIDEST_LABEL = 0.4


class CellState(Enum):
    """What became of one cell."""

    USED = "used"
    WAITING = "waiting"
    NO_EXPOSURE = "no_exposure"


def cells_grid(
    rows: Sequence[tuple[str, Sequence[CellState | None]]],
    periods: Sequence[str],
    words: Mapping[CellState, str],
    *,
    title: str,
    description: str,
    width: int = 560,
    classes: str = "",
) -> str:
    """SVG of (name, state per period) rows in the order given; None leaves a place empty (before the site joined).

    `words` name each state with its count, "88 used"; the key shows the states that occur.
    """
    label = min(max(drawing.width_of(name) for name, _ in rows), width * _WIDEST_LABEL) + 14
    # The last period's name is centred under its column and may be wider than that.
    overhang = max(0.0, (drawing.width_of(periods[-1]) - (width - label) / len(periods)) / 2)
    across = Scale(0, len(periods), label, width - overhang)
    step = drawing.every(periods, across(1) - label)
    marks = [
        drawing.text(across(index + 0.5), 12, period, "mutt", "middle")
        for index, period in enumerate(periods)
        if (len(periods) - 1 - index) % step == 0
    ]
    for row, (name, states) in enumerate(rows):
        y = LINE + _ROW * (row + 0.5)
        marks.append(drawing.text(label - 14, y + 4, drawing.shortened(name, label - 14), "", "end"))
        marks += [_cell(state, across(index + 0.5), y) for index, state in enumerate(states) if state]
    bottom = LINE + _ROW * len(rows)
    occurring = {state for _, states in rows for state in states}
    entries = [(_cell(state, 0, 0), words[state]) for state in CellState if state in occurring]
    drawn, key_height = drawing.key(entries, 0, bottom + 20, width)
    return drawing.svg(width, bottom + 10 + key_height, title, description, [*marks, drawn], classes=classes)


def _cell(state: CellState, x: float, y: float) -> str:
    if state is CellState.USED:
        return drawing.rect(x - 5.5, y - 5.5, 11, 11, "cu", radius=2)
    if state is CellState.WAITING:
        return drawing.cross(x, y, 4.5, "cx1")
    return drawing.no_exposure(x, y)
