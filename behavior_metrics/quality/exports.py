"""The page as files, unrounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from behavior_metrics.accountability.shares import Share
from behavior_metrics.quality.lines import MissingMonth, SiteLine
from behavior_metrics.stats.intervals import WILSON
from lms.exports.sheets import Cell

_SHARES = ("late", "recorded"), ("without_team", "recorded"), ("not_determined", "classified")
SITES = (
    "site",
    *(
        name
        for done, due in _SHARES
        for name in (done, f"{done}_of_{due}", f"{done}_share", f"{done}_low", f"{done}_high")
    ),
    "months_without_batches",
    "method",
)
MONTHS = ("site", "month")


def site_cells(lines: Iterable[SiteLine]) -> Iterator[tuple[Cell, ...]]:
    """Give each site in the order of ``SITES``."""
    for line in lines:
        shares = (*_share(line.late), *_share(line.without_team), *_share(line.not_determined))
        yield line.name, *shares, line.missing, WILSON


def month_cells(months: Iterable[MissingMonth], names: Mapping[UUID, str]) -> Iterator[tuple[Cell, ...]]:
    """Give each month without a batch in the order of ``MONTHS``."""
    return ((names[one.site], one.words) for one in months)


def _share(share: Share) -> tuple[Cell, ...]:
    found = share.estimate
    return share.done, share.due, *((found.value, found.low, found.high) if found else (None,) * 3)
