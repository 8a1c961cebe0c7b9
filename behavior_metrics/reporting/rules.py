"""What two rates apart say of reporting: a key of a sentence, chosen by their intervals alone."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from behavior_metrics.comparability.lines import MARGIN
from behavior_metrics.stats.intervals import Estimate

if TYPE_CHECKING:  # it brings numpy
    from behavior_metrics.stats.reporting import Shift


class Way(StrEnum):
    """Where a rate went between two periods, by the interval of its ratio."""

    FEWER = "fewer"
    MORE = "more"
    #: Not told apart from unchanged, but a rise by half or more is excluded (the margin declared for sites).
    NOT_MORE = "not_more"
    UNTOLD = "untold"


def way(ratio: Estimate, *, rise_excluded_below: float | None = None) -> Way:
    """Return where a rate went; `rise_excluded_below` is the upper limit below which "not more" may be said."""
    if ratio.high < 1:
        return Way.FEWER
    if ratio.low > 1:
        return Way.MORE
    if rise_excluded_below is not None and ratio.high < rise_excluded_below:
        return Way.NOT_MORE
    return Way.UNTOLD


def verdict(shift: Shift) -> str:
    """Return the sentence's key, said first and found second: ``more_not_more`` is "more was said, not more went wrong".

    What went wrong is read from what was found independently: that moves with errors and not with candour.
    """
    said = way(shift.self_reported.estimate)
    found = way(shift.independent.estimate, rise_excluded_below=MARGIN)
    return f"{said}_{found}"
