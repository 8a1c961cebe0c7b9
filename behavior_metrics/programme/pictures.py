"""The programme by month as a picture: three shares on one time axis, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.charts.tracks import Series, Track, TrackWords, three_tracks
from behavior_metrics.programme.lines import MonthLine, Shown
from lms.web.labels import label


def months_picture(lines: Sequence[MonthLine]) -> str:
    """Draw held, led to the system and kept under one another, in percent."""
    figures: tuple[tuple[str, Callable[[MonthLine], Shown]], ...] = (
        ("held", lambda line: line.held),
        ("system", lambda line: line.system),
        ("kept", lambda line: line.kept),
    )
    tracks = [
        Track(
            _word(name),
            _word(f"{name}_note"),
            (Series(_word(name), tuple(_reading(share(line)) for line in lines)),),
            0,
            100,
            " %",
        )
        for name, share in figures
    ]
    words = TrackWords(_word("waiting"), _word("no_exposure"), "", _word("beyond"))
    periods = [line.words for line in lines]
    return at_every_width(
        lambda width, classes: three_tracks(
            tracks,
            periods,
            words,
            title=_word("title"),
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def _reading(share: Shown) -> Reading:
    if share.estimate is not None:
        return Mark(100 * share.estimate.value, 100 * share.estimate.low, 100 * share.estimate.high)
    return Gap.WAITING if share.few else Gap.NO_EXPOSURE


def _word(key: str) -> str:
    return label(key, "programme_chart")
