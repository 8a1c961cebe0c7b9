"""One measured thing, two questions: does it matter that a team is above its own average, and that it is above others?

Values are split into the group's average and what lies around it (Mundlak 1978), so that a difference between groups
with other causes does not pose as change within them; a lag lets cause come before effect.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import Members, members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats

_NOTHING_LEFT = 1e-9


@dataclass(frozen=True, slots=True)
class Split:
    """`within`: value less its group's average (n). `between`: that average less the mean over all rows (n)."""

    within: Floats
    between: Floats


def within_between(values: ArrayLike, member: Members) -> Split:
    """Split values (n) by group (0 … G-1 per row, as `counts.members` gives them).

    x_ij = (x_ij - mean_i) + mean_i. The slope on `within` is the fixed-effects one exactly; that on `between` less it
    is the contextual effect. Source: Mundlak (1978); Enders and Tofighi (2007).
    """
    measured = np.asarray(values, float)
    average = (np.bincount(member, measured) / np.bincount(member))[member]
    return Split(measured - average, average - average.mean())


def lagged(values: ArrayLike, group: ArrayLike, period: ArrayLike, lag: int = 1) -> Floats:
    """Value of the same group `lag` periods earlier (n), nan where there is none.

    `period` counts whole periods in steps of 1; a gap is a gap, never bridged by the value before it. Raises NoEstimate
    for a lag below nought (the future would explain the past), a broken period, and two rows of one group and period.
    """
    if lag < 0:
        raise NoEstimate("Not estimable because a lag below nought lets the future explain the past.")
    when = np.asarray(period, float)
    if not (np.isfinite(when).all() and (when == np.floor(when)).all()):
        raise NoEstimate("Not estimable because a period is missing or not a whole number.")
    measured, member = np.asarray(values, float), members(group, "group", at_least=1, rows=when.size)
    first, span = when.min(initial=0), int(np.ptp(when)) + 1 if when.size else 1
    place = member * (span + lag) + (when - first).astype(np.intp) + lag
    order = np.argsort(place)
    ordered = place[order]
    if (np.diff(ordered) == 0).any():
        raise NoEstimate(
            "Not estimable because a group has two rows for the same period; its events would count twice."
        )
    at = np.minimum(np.searchsorted(ordered, place - lag), max(place.size - 1, 0))
    found = np.full(measured.shape, np.nan)
    there = ordered[at] == place - lag
    found[there] = measured[order[at[there]]]
    return found


def adds_something(column: Floats, others: Floats) -> bool:
    """Whether a column is more than a combination of the others: one team per site has no "between" of its own."""
    left = column - others @ np.linalg.lstsq(others, column, rcond=None)[0]
    return bool(np.max(np.abs(left), initial=0.0) > _NOTHING_LEFT * (1 + np.max(np.abs(column), initial=0.0)))
