"""What the page's script draws: the very numbers of its table, with the words and the address of every point.

The script knows no statistics and no language: whatever is said of a point is said here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from behavior_metrics.explore.lines import Line, Point, Track
from behavior_metrics.explore.pictures import levels, unit, word
from behavior_metrics.explore.rules import Measure, View
from behavior_metrics.frames.quarters import Quarter
from lms.web.labels import label

#: Gives the address of the list behind a point, None where there is none.
Opens = Callable[[Track, Line, Point], str | None]


def block(
    tracks: Sequence[Track], quarters: Sequence[Quarter], closed: int, view: View, opens: Opens
) -> dict[str, Any]:
    """Return the page's data as plain values."""
    return {
        "view": str(view),
        "quarters": [
            {"key": str(quarter), "short": quarter.short, "open": at >= closed} for at, quarter in enumerate(quarters)
        ],
        "tracks": [_track(track, quarters, closed, opens) for track in tracks if track.lines],
        "words": {key: word(key) for key in ("click", "point", "nothing_on", "so_far")},
    }


def _track(track: Track, quarters: Sequence[Quarter], closed: int, opens: Opens) -> dict[str, Any]:
    steps = levels(track)
    return {
        "title": title_of(track),
        "unit": unit(track),
        "low": track.low,
        "top": steps[-1],
        "step": steps[1] - steps[0],
        "lines": [
            {
                "key": line.key,
                "name": line.name,
                "points": [
                    {
                        "value": point.value,
                        "low": point.low,
                        "high": point.high,
                        "shown": shown(track, point),
                        "standing": str(point.standing),
                        "said": f"{line.name}, {quarter_words(quarters[at], closed=at < closed)}: {said(track, point)}",
                        "href": opens(track, line, point),
                    }
                    for at, point in enumerate(line.points)
                ],
            }
            for line in track.lines
        ],
    }


def title_of(track: Track) -> str:
    """Say what a track counts, and how."""
    measure = label(str(track.measure), "explore_measure")
    if track.measure in {Measure.CLIMATE, Measure.BATCHES}:
        return measure
    return f"{measure}, {label(str(track.per), 'explore_per')}"


def quarter_words(quarter: Quarter, *, closed: bool) -> str:
    """Name a quarter, and say of the one going on that it is."""
    return quarter.words if closed else f"{quarter.words}, {word('so_far')}"


def shown(track: Track, point: Point) -> str:
    """Say a point's value as short as the table does; nothing where there is none."""
    if point.value is None:
        return ""
    if track.measure is Measure.CLIMATE:
        return f"{point.value:.2f}"
    return f"{point.value:.1f}" if point.low is not None else str(point.n)


def said(track: Track, point: Point) -> str:
    """Say a point in whole: its value, its interval, from how many, and whether it can be read."""
    kind = "climate" if track.measure is Measure.CLIMATE else str(track.per)
    digits = 2 if track.measure is Measure.CLIMATE else 1
    values = {"value": point.value, "low": point.low, "high": point.high}
    written = {name: "" if one is None else f"{one:.{digits}f}" for name, one in values.items()}
    return label(f"{kind}_{point.standing}", "explore_said") % {**written, "n": point.n, "batches": point.batches}
