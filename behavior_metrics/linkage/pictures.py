"""Charts of the linkage. Their words come registered, so that the drawing itself knows no language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.forest import ForestRow, ForestWords, forest
from behavior_metrics.charts.grid import CellState, cells_grid
from behavior_metrics.charts.marks import Mark
from behavior_metrics.charts.scatter import ScatterPoint, ScatterWords, scatter
from behavior_metrics.charts.steps import StepLine, StepPanel, StepWords, steps
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.linkage.rows import Row
from behavior_metrics.stats.panel import Point
from behavior_metrics.stats.trial import Curve
from lms.web.labels import label

#: How wide a chart is drawn: at every width for a page, once for paper.
Paint = Callable[[Callable[[int, str], str]], str]


#: A picture and a table of more teams than these are not looked at; the file has all of them.
MOST_TEAMS = 24


@dataclass(frozen=True)
class Grid:
    """What became of each team-quarter: (team, state per quarter) in the order of names; None before the team began."""

    quarters: tuple[Quarter, ...]
    rows: tuple[tuple[str, tuple[CellState | None, ...]], ...]

    @property
    def drawn(self) -> tuple[tuple[str, tuple[CellState | None, ...]], ...]:
        """The teams that a page shows: the first by name."""
        return self.rows[:MOST_TEAMS]

    @property
    def not_drawn(self) -> str:
        """Say that not all of them are; empty where they are."""
        told = {"shown": len(self.drawn), "all": len(self.rows)}
        return _word("grid_first") % told if self.drawn != self.rows else ""

    @cached_property
    def counts(self) -> Mapping[CellState, int]:
        """How many there are of each."""
        return Counter(state for _, states in self.rows for state in states if state is not None)


def team_name(row: Row, names: Mapping[str, str]) -> str:
    """Return a team's name after its site's; `names` gives each site's by its code."""
    return f"{names.get(row.site, row.site)}: {row.team_name}"


def grid_of(rows: Sequence[Row], quarters: Sequence[Quarter], names: Mapping[str, str]) -> Grid:
    """Return the cells an analysis rests on, at the declared lag, over these closed quarters once anything began."""
    first = min((row.quarter for row in rows), default=0)
    quarters = [quarter for quarter in quarters if quarter.index >= first]
    by_team: dict[tuple[str, str], dict[int, Row]] = {}
    for row in rows:
        by_team.setdefault((row.site, row.team), {})[row.quarter] = row
    lines = []
    named = ((team_name(next(iter(own.values())), names), *key, own) for key, own in by_team.items())
    for name, _site, _team, own in sorted(named, key=lambda one: one[:3]):
        begun = min(own)
        states = tuple(None if quarter.index < begun else _state(own.get(quarter.index)) for quarter in quarters)
        lines.append((name, states))
    return Grid(tuple(quarters), tuple(lines))


def forest_picture(rows: Sequence[ForestRow], paint: Paint = at_every_width) -> str:
    """Draw both outcomes side by side."""
    words = ForestWords(
        _word("forest_self_reported"), _word("self_note"), _word("forest_independent"), _word("independent_note"), _word("figure"),
        _word("fewer"), _word("more"),
    )  # fmt: skip
    return paint(
        lambda width, classes: forest(
            rows, words, title=_word("forest_title"), description=_word("see_table"), width=width, classes=classes
        )
    )


def curves_picture(curves: Sequence[Curve], paint: Paint = at_every_width) -> str:
    """Draw the mean cumulative recurrences of each band, an outcome beside the other."""
    panels: dict[str, list[StepLine]] = {}
    for curve in curves:
        marks = tuple((float(step.quarter), step.mean, step.low, step.high) for step in curve.steps)
        name = label(curve.band, "linkage_band")
        panels.setdefault(curve.outcome, []).append(StepLine(name, marks, marks[-1][0] + 0.3 if marks else 0.0))
    words = StepWords(_word("curves_across"), _word("curves_short"))
    return paint(
        lambda width, classes: steps(
            [StepPanel(label(outcome, "linkage_outcome"), tuple(lines)) for outcome, lines in panels.items()],
            words,
            title=_word("curves_title"),
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def grid_picture(grid: Grid, paint: Paint = at_every_width) -> str:
    """Draw which team-quarters are used and why the others are not."""
    counts = grid.counts
    words = {state: f"{counts[state]} {label(state.value, 'linkage_cell')}" for state in CellState}
    periods = [quarter.short for quarter in grid.quarters]
    return paint(
        lambda width, classes: cells_grid(
            grid.drawn,
            periods,
            words,
            title=_word("grid_title"),
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def scatter_picture(points: Sequence[Point], paint: Paint = at_every_width) -> str:
    """Draw climate and the rate a quarter later, without a line."""
    words = ScatterWords(_word("scatter_across"), _word("scatter_up"), _word("band"), _word("beyond"))
    marks = [
        ScatterPoint(point.climate, point.rounding, Mark(point.rate.value, point.rate.low, point.rate.high))
        for point in points
    ]
    return paint(
        lambda width, classes: scatter(
            marks, words, title=_word("scatter_title"), description=_word("see_table"), width=width, classes=classes
        )
    )


def _state(row: Row | None) -> CellState:
    if row is None or not row.batches:
        return CellState.NO_EXPOSURE
    return CellState.USED if row.climate is not None else CellState.WAITING


def _word(key: str) -> str:
    return label(key, "behavior_chart")
