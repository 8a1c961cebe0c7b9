"""Charts of the page: one team's three tracks on one time axis, and the sites' rates as small multiples."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.accountability.shares import Share
from behavior_metrics.charts.drawing import at_every_width
from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.charts.rates import RatePanel, RateWords, rates_over_time
from behavior_metrics.charts.tracks import Series, Track, TrackWords, three_tracks
from behavior_metrics.climate.cells import HIGHEST, LOWEST, Climate
from behavior_metrics.dashboard.lines import SiteLine, TeamLine
from behavior_metrics.stats.intervals import Estimate
from lms.web.labels import label


def tracks_picture(lines: Sequence[TeamLine], team: str) -> str:
    """Draw climate, follow-through and recurrences of one team under one another."""
    climate = Track(
        _word("climate"),
        _word("climate_note"),
        (Series(_word("climate"), tuple(_climate(line.climate) for line in lines), banded=True),),
        LOWEST,
        HIGHEST,
    )
    follow_through = Track(
        _word("follow_through"),
        _word("follow_through_note"),
        (
            Series(_word("kept"), tuple(_share(line.kept) for line in lines)),
            Series(_word("raised_first"), tuple(_share(line.raised_first) for line in lines)),
            Series(_word("raised_in_time"), tuple(_share(line.raised_in_time) for line in lines)),
        ),
        0,
        100,
        " %",
    )
    recurrences = Track(
        _word("rate"),
        _word("rate_note"),
        (
            Series(_word("independent"), tuple(_rate(line.independent) for line in lines)),
            Series(_word("self_reported"), tuple(_rate(line.self_reported) for line in lines)),
            Series(_word("all"), tuple(_rate(line.rate) for line in lines)),
        ),
    )
    words = TrackWords(_word("waiting"), _word("no_exposure"), _word("band"), _word("beyond"))
    periods = [line.quarter.short for line in lines]
    return at_every_width(
        lambda width, classes: three_tracks(
            (climate, follow_through, recurrences),
            periods,
            words,
            title=team,
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def sites_picture(sites: Sequence[tuple[str, Sequence[SiteLine]]]) -> str:
    """Draw each site's recurrences per 100 batches in a panel of its own, all on one scale, in the order given."""
    panels = [RatePanel(name, tuple(_rate(line.rate) for line in lines)) for name, lines in sites]
    periods = [line.quarter.short for line in sites[0][1]]
    words = RateWords(_word("rate"), "", "", "", _word("beyond"), _word("waiting"), _word("no_exposure"))
    return at_every_width(
        lambda width, classes: rates_over_time(
            panels,
            periods,
            words,
            title=_word("sites_title"),
            description=_word("see_table"),
            width=width,
            classes=classes,
        )
    )


def _climate(climate: Climate | None) -> Reading:
    return Gap.WAITING if climate is None else Mark(climate.score, climate.low, climate.high)


def _share(share: Share) -> Reading:
    if share.estimate is not None:
        return Mark(100 * share.estimate.value, 100 * share.estimate.low, 100 * share.estimate.high)
    return Gap.WAITING if share.due else Gap.NO_EXPOSURE


def _rate(rate: Estimate | None) -> Reading:
    return Gap.NO_EXPOSURE if rate is None else Mark(rate.value, rate.low, rate.high)


def _word(key: str) -> str:
    return label(key, "behavior_chart")
