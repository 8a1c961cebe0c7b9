"""The page as a file, unrounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from behavior_metrics.comparability.lines import MARGIN, Spread, compared
from behavior_metrics.frames.rated import Rated
from behavior_metrics.stats.equivalence import TOST
from behavior_metrics.stats.intervals import POISSON_EXACT
from lms.exports.sheets import Cell

SITES = (
    "site", "recurrences", "batches", "per_100", "low", "high", "told", "drawn_together_per_100", "drawn_low", "drawn_high",
    "funnel_z", "outside", "ratio_to_the_others", "ratio_low_90", "ratio_high_90", "p_alike", "reading", "margin", "methods",
)  # fmt: skip


def site_cells(sites: Sequence[Rated], found: Spread | None) -> Iterator[tuple[Cell, ...]]:
    """Give each site in the order of ``SITES``, by name."""
    from behavior_metrics.stats.shrinkage import GAMMA_POISSON  # noqa: PLC0415 - numpy comes with the first page that needs it

    places = {one.site: index for index, one in enumerate(found.rated)} if found else {}
    for one in sites:
        rate, index, pair = one.rate, places.get(one.site), compared(one, None, sites)
        drawn = found.shrunken(index) if found and index is not None else None
        yield (
            one.name,
            one.events,
            one.batches,
            *((rate.value, rate.low, rate.high) if rate else (None,) * 3),
            "yes" if one.told else "cannot tell yet",
            *((drawn.value, drawn.low, drawn.high) if drawn else (None,) * 3),
            *(
                (found.z[index], "yes" if found.outside(index) else "no")
                if found and index is not None
                else (None,) * 2
            ),
            *(
                (pair.found.ratio.value, pair.found.ratio.low, pair.found.ratio.high, pair.found.p)
                if pair.found
                else (None,) * 4
            ),
            pair.reading,
            MARGIN,
            f"{POISSON_EXACT}; {GAMMA_POISSON}; {TOST}",
        )
