"""The trend of one team's released climate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.charts.tracks import Series, Track, TrackWords, three_tracks
from behavior_metrics.climate.cells import HIGHEST, LOWEST, Climate
from behavior_metrics.frames.quarters import Quarter
from lms.web.labels import label


def trend_picture(name: str, by_quarter: Mapping[Quarter, Climate], quarters: Sequence[Quarter]) -> str:
    """Draw the quarters of one place with what their rounding leaves open; a quarter without a figure waits."""
    track = Track(
        _word("climate"),
        _word("climate_note"),
        (Series(_word("climate"), tuple(_reading(by_quarter.get(quarter)) for quarter in quarters), banded=True),),
        LOWEST,
        HIGHEST,
    )
    words = TrackWords(_word("waiting"), _word("no_exposure"), _word("band"), _word("beyond"))
    return at_every_width(
        lambda width, classes: three_tracks(
            (track,),
            [quarter.short for quarter in quarters],
            words,
            title=name,
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def _reading(climate: Climate | None) -> Reading:
    return Gap.WAITING if climate is None else Mark(climate.score, climate.low, climate.high)


def _word(key: str) -> str:
    return label(key, "behavior_chart")
