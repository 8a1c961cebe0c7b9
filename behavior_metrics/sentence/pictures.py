"""Climate, follow-through and recurrences of a team or site under one another on one time axis."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.charts.tracks import Series, Track, TrackWords, three_tracks
from behavior_metrics.climate.cells import HIGHEST, LOWEST
from behavior_metrics.sentence.lines import Chosen, Line
from lms.web.labels import label


def tracks_picture(lines: Sequence[Line], chosen: Chosen) -> str:
    """Draw the tracks; a site has none of climate, because the survey releases teams."""
    index = Track(
        _word("index"),
        _word("index_note"),
        (Series(_word("index"), tuple(_index(line) for line in lines)),),
        0,
        100,
    )
    rates = Track(_word("rate"), _word("rate_note"), (Series(_word("rate"), tuple(_rate(line) for line in lines)),))
    climate = Track(
        _word("climate"),
        _word("climate_note"),
        (Series(_word("climate"), tuple(_climate(line) for line in lines), banded=True),),
        LOWEST,
        HIGHEST,
    )
    tracks = (climate, index, rates) if chosen.is_team else (index, rates)
    words = TrackWords(_word("waiting"), _word("nothing"), _word("band"), _word("beyond"))
    periods = [line.quarter.short for line in lines]
    return at_every_width(
        lambda width, classes: three_tracks(
            tracks,
            periods,
            words,
            title=chosen.name,
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def _index(line: Line) -> Reading:
    if (told := line.standing.told) is not None:
        return Mark(told.estimate.value, told.estimate.low, told.estimate.high)
    return Gap.WAITING if line.standing.any_case else Gap.NO_EXPOSURE


def _rate(line: Line) -> Reading:
    return Gap.NO_EXPOSURE if line.rate is None else Mark(line.rate.value, line.rate.low, line.rate.high)


def _climate(line: Line) -> Reading:
    cell = line.climate
    return Gap.WAITING if cell is None else Mark(cell.score, cell.low, cell.high)


def _word(key: str) -> str:
    return label(key, "sentence_chart")
