"""A study as the page, the signed snapshot and the printed report show it: all three from the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.forest import ForestRow
from behavior_metrics.charts.grid import CellState
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.linkage import answers, exports, pictures
from behavior_metrics.linkage.queries import Analysis
from behavior_metrics.linkage.reasons import LeftOut, counted, left_out
from behavior_metrics.linkage.rows import Row
from behavior_metrics.stats.trial import Curve


@dataclass(frozen=True)
class Shown:
    """Everything that is said and drawn of a study. Drawings are made by this server from numbers and escaped words."""

    analysis: Analysis
    answer: answers.Answer | None
    rows: Sequence[ForestRow]
    grid: pictures.Grid
    curves: Sequence[Curve]
    method: Sequence[str]
    #: Of the teams that are drawn.
    by_cell: Mapping[tuple[str, int], Row]
    paint: pictures.Paint = at_every_width

    @property
    def told(self) -> bool:
        """Whether the primary outcome has an estimate."""
        return self.answer is not None and self.answer.strength is not None

    @property
    def used(self) -> int:
        """How many team-quarters the study rests on."""
        return self.grid.counts.get(CellState.USED, 0)

    @property
    def cells(self) -> int:
        """How many there are in all."""
        return sum(self.grid.counts.values())

    @cached_property
    def reasons(self) -> Mapping[str, int]:
        """How many are left out for which reason."""
        return counted(left_out(self.analysis.input, self.grid.quarters))

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """Each of them."""
        return tuple(left_out(self.analysis.input, self.grid.quarters))

    @property
    def forest_picture(self) -> Markup:
        """Both outcomes of every estimate."""
        return _drawn(pictures.forest_picture(self.rows, self.paint) if self.rows else "")

    @cached_property
    def grid_picture(self) -> Markup:
        """Team-quarters used and not."""
        has_any = self.grid.rows and self.grid.quarters
        return _drawn(pictures.grid_picture(self.grid, self.paint) if has_any else "")

    @property
    def curves_picture(self) -> Markup:
        """Mean cumulative recurrences by band of climate."""
        return _drawn(pictures.curves_picture(self.curves, self.paint) if self.curves else "")

    @cached_property
    def points_picture(self) -> Markup:
        """The points without a line."""
        points = self.answer.primary.points if self.answer else ()
        return _drawn(pictures.scatter_picture(points, self.paint) if points else "")


def shown(found: Analysis, quarters: Sequence[Quarter], names: Mapping[str, str]) -> Shown:
    """Return a study over these closed quarters. `names` gives each site's name by its code."""
    answer = answers.answer(found.output, names) if found.output else None
    grid = pictures.grid_of(found.input.rows, quarters, names)
    drawn = {name for name, _states in grid.drawn}
    return Shown(
        found,
        answer,
        answers.forest_rows(answer) if answer else (),
        grid,
        found.output.curves if found.output else (),
        exports.method_text(found),
        {(name, row.quarter): row for row in found.input.rows if (name := pictures.team_name(row, names)) in drawn},
    )


def closed_quarters(found: Analysis) -> tuple[Quarter, ...]:
    """Return the closed quarters that a kept study looked at."""
    quarters = [row.quarter for row in found.input.rows if row.batches]
    first = found.input.first_quarter if found.input.first_quarter is not None else min(quarters, default=0)
    return tuple(map(Quarter, range(first, max(quarters, default=first - 1) + 1)))


def _drawn(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704 - drawn by this server from numbers and escaped words alone
