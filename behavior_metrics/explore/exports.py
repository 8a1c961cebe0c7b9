"""The page as a file, unrounded: every line, also those of its further pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from behavior_metrics.explore.lines import Track
from behavior_metrics.explore.rules import Measure, Split
from lms.exports.sheets import Cell

HEADINGS = (
    "measure", "shown", "split", "code", "name", "quarter", "over", "value", "low", "high", "n", "batches", "told", "method",
)  # fmt: skip


def cells(tracks: Iterable[Track], split: Split, last_full_day: date) -> Iterator[tuple[Cell, ...]]:
    """Give each point in the order of ``HEADINGS``; of climate ``n`` is how many answered at least, and batches say nothing."""
    for track in tracks:
        is_climate = track.measure is Measure.CLIMATE
        shown = "released" if is_climate else str(track.per)
        for line in track.lines:
            for point in line.points:
                yield (
                    str(track.measure),
                    shown,
                    "place" if is_climate else str(split),
                    line.key,
                    line.name,
                    str(point.quarter),
                    "yes" if point.quarter.last_day <= last_full_day else "no",
                    point.value,
                    point.low,
                    point.high,
                    None if is_climate and point.value is None else point.n,
                    None if is_climate else point.batches,
                    str(point.standing),
                    track.method,
                )
