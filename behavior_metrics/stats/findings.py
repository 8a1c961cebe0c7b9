"""What the linkage can find, as plain values: an association with its doubt, or why it cannot be told yet.

The estimators bring numpy; these do not, so that a page can show what was found at night.
"""

from dataclasses import dataclass
from math import inf, log

from behavior_metrics.stats.intervals import Estimate, NoEstimate
from behavior_metrics.stats.panel import Check, Point, Size

__all__ = ("Association", "Calibrated", "CannotTellYet", "NoEstimate", "WithoutSite")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Rate ratios corrected for the known error of the cells.

    `reliability` (0 to 1) is how much of the within-team change is signal; `with_sampling` says whether who answered
    was corrected for, or rounding alone.
    """

    within: Estimate
    between: Estimate | None
    reliability: float
    with_sampling: bool


@dataclass(frozen=True, slots=True)
class WithoutSite:
    """The within-team rate ratio when one site is left out; None when nothing can be estimated without it."""

    site: str
    within: Estimate | None


@dataclass(frozen=True, slots=True)
class Association:
    """Rate ratios of recurrence per point of team climate, with everything that limits them.

    `within`: a team one point above its own average. `between`: teams of one site one point apart; None where no site
    has two teams that differ. `smallest_ratio` (below 1) would be found with 80 % power at this standard error,
    `smallest_r` if the cells were independent. `calibrated` is None when noise is most of what varies. `rate` is events
    per 100 batches over all cells.
    """

    lag: int
    size: Size
    checks: tuple[Check, ...]
    within: Estimate
    p_within: float
    between: Estimate | None
    within_by_team: Estimate
    calibrated: Calibrated | None
    without_site: tuple[WithoutSite, ...]
    smallest_ratio: float
    smallest_r: float | None
    rate: Estimate
    points: tuple[Point, ...]

    @property
    def weakest_without_site(self) -> WithoutSite:
        """The site without which the answer comes nearest to, or furthest past, "no association"."""
        return max(self.without_site, key=lambda left: _doubt(self.within, left.within))


@dataclass(frozen=True, slots=True)
class CannotTellYet:
    """No estimate: what is missing, what can be shown meanwhile, and what only a very strong link would have shown.

    `reason` is "gate" when a count is short, "not_estimable" when the counts suffice but site, quarter and climate
    cannot be told apart. `rate` is events per 100 batches over all cells, None without exposure.
    """

    lag: int
    reason: str
    size: Size
    checks: tuple[Check, ...]
    rate: Estimate | None
    smallest_r: float | None
    points: tuple[Point, ...]

    @property
    def missing(self) -> tuple[Check, ...]:
        """The lines of the gate that are not met, each with what there is and what is needed."""
        return tuple(check for check in self.checks if not check.met)


def _doubt(whole: Estimate, left: Estimate | None) -> float:
    """How far towards the other side of 1 the interval reaches, on the log scale; no estimate is the most doubt."""
    if left is None:
        return inf
    return log(left.high) if whole.value < 1 else -log(left.low)
