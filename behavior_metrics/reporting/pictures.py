"""Both rates on one time axis, and below them the hours until what was raised was recorded."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.charts.tracks import Series, Track, TrackWords, three_tracks
from behavior_metrics.reporting.lines import QuarterLine
from behavior_metrics.stats.intervals import Estimate
from lms.web.labels import label


def reporting_picture(lines: Sequence[QuarterLine]) -> str:
    """Draw what was raised and what was found side by side, never added up, over the hours until it was raised."""
    raised, detected = (
        tuple(_reading(line, getattr(line, name)) for line in lines) for name in ("raised_rate", "detected_rate")
    )
    hours = tuple(_mark(line.delay) if line.delay else Gap.WAITING for line in lines)
    tracks = [
        Track(
            _word("rates"), _word("rates_note"), (Series(_word("raised"), raised), Series(_word("detected"), detected))
        ),
        Track(_word("hours"), _word("hours_note"), (Series(_word("hours"), hours),)),
    ]
    words = TrackWords(_word("waiting"), _word("no_exposure"), "", _word("beyond"))
    periods = [line.quarter.short for line in lines]
    return at_every_width(
        lambda width, classes: three_tracks(
            tracks, periods, words, title=_word("title"), description=_word("see_table"), width=width, classes=classes
        )
    )


def _reading(line: QuarterLine, rate: Estimate | None) -> Reading:
    return _mark(rate) if rate else Gap.NO_EXPOSURE


def _mark(found: Estimate) -> Mark:
    return Mark(found.value, found.low, found.high)


def _word(key: str) -> str:
    return label(key, "reporting_chart")
