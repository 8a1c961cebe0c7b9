"""The same numbers drawn by the server: for paper, and for a page without scripts."""

from __future__ import annotations

from behavior_metrics.charts.drawing import at_every_width, even_ticks, ticks
from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.charts.rates import RatePanel, RateWords, rates_over_time, top_of
from behavior_metrics.charts.tracks import Series, TrackWords, three_tracks
from behavior_metrics.charts.tracks import Track as DrawnTrack
from behavior_metrics.explore.lines import Line, Point, Standing, Track
from behavior_metrics.explore.rules import Measure
from lms.web.labels import label

#: So many lines are drawn beside each other; the table and the file have them all.
DRAWN = 12
_GAPS = {Standing.NO_BATCHES: Gap.NO_EXPOSURE, Standing.WAITING: Gap.WAITING}


def picture(track: Track, title: str) -> str:
    """Draw the first lines of a track, each in a panel of its own, all on one scale."""
    if not track.lines:
        return ""
    return _climate(track, title) if track.measure is Measure.CLIMATE else _counts(track, title)


def _counts(track: Track, title: str) -> str:
    words = RateWords(
        unit(track), word("centre"), word("limits"), word("outside"), word("beyond"), word("waiting"),
        word("no_batches"), word("untold"),
    )  # fmt: skip
    panels = [_panel(line) for line in track.lines[:DRAWN]]
    return at_every_width(
        lambda width, classes: rates_over_time(
            panels, _periods(track), words, title=title, description=word("see_table"), width=width, classes=classes
        )
    )


def _climate(track: Track, title: str) -> str:
    words = TrackWords(word("waiting"), word("no_batches"), word("band"), word("beyond"))
    drawn = [
        DrawnTrack(line.name, unit(track), (Series(line.name, _readings(line), banded=True),), track.low, track.high)
        for line in track.lines[:DRAWN]
    ]
    return at_every_width(
        lambda width, classes: three_tracks(
            drawn, _periods(track), words, title=title, description=word("see_table"), width=width, classes=classes
        )
    )


def levels(track: Track) -> tuple[float, ...]:
    """Return the steps of the axis, from its lower to its upper end: one event in one batch is no scale for all."""
    if track.high is not None:
        return even_ticks(track.low, track.high)
    return ticks(0, top_of([_panel(line) for line in track.lines]))


def _panel(line: Line) -> RatePanel:
    untold = frozenset(at for at, point in enumerate(line.points) if point.standing is Standing.UNTOLD)
    return RatePanel(line.name, _readings(line), untold=untold)


def _readings(line: Line) -> tuple[Reading, ...]:
    return tuple(map(_reading, line.points))


def _reading(point: Point) -> Reading:
    if point.value is None:
        return _GAPS[point.standing]
    known = point.low is not None and point.high is not None
    return Mark(point.value, point.low, point.high) if known else Mark(point.value, point.value, point.value)  # type: ignore[arg-type]


def _periods(track: Track) -> list[str]:
    return [point.quarter.short for point in track.lines[0].points]


def unit(track: Track) -> str:
    """Say what the axis counts."""
    return label("climate" if track.measure is Measure.CLIMATE else str(track.per), "explore_unit")


def word(key: str) -> str:
    """Say a word of the page."""
    return label(key, "explore_word")
