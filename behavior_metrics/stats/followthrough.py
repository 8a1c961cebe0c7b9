"""Follow-through of a team or a site: what it raises itself, how soon, and whether it keeps what it agreed.

Shares only, each with its interval; below five there is no share. How many deviations, how severe and how often again
never enter, and none of this is computed for a person. The index over all parts is unvalidated and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from behavior_metrics.stats.intervals import Estimate, share_beta, share_wilson

RAISED_FIRST = "raised_first"
RAISED_IN_TIME = "raised_in_time"
COMMITMENTS_KEPT = "commitments_kept"
ACTIONS_ON_TIME = "actions_on_time"
CURRENCY_OWNED = "currency_owned"

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {RAISED_FIRST: 0.25, RAISED_IN_TIME: 0.20, COMMITMENTS_KEPT: 0.25, ACTIONS_ON_TIME: 0.15, CURRENCY_OWNED: 0.15}
)

FEWEST = 5
FEWEST_PARTS = 3
FEWEST_IN_ALL = 20
FEWEST_PEOPLE = 5
PRIOR_WEIGHT = 10.0

INDEX = (
    "weighted share of 100, each part drawn to the network's with weight 10; 5 to 95 % of 2,000 Beta draws; unvalidated"
)

_DRAWS = 2000
_NARROWEST = 1e-6


@dataclass(frozen=True, slots=True)
class Tally:
    """`done` of `due` in the window for one part, and the share of the whole network in the same window (0 to 1)."""

    part: str
    done: int
    due: int
    network_share: float


@dataclass(frozen=True, slots=True)
class Share:
    """One part as a share. `raw` is Wilson's; `shrunken` is drawn towards the network. Both None when not enough yet.

    Nought due is unknown, not perfect: it too is "not enough yet".
    """

    part: str
    done: int
    due: int
    raw: Estimate | None
    shrunken: Estimate | None

    @property
    def enough(self) -> bool:
        """Whether five or more were due."""
        return self.raw is not None


@dataclass(frozen=True, slots=True)
class Index:
    """Accountability follow-through index, 0 to 100, of a team or site. `equal_weights` is the same without weights."""

    estimate: Estimate
    equal_weights: float
    parts: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class NotEnoughYet:
    """Which counts an index still lacks: usable parts (3), cases in all of them (20), people (5)."""

    parts: int
    cases: int
    people: int


def share(tally: Tally, *, prior_weight: float = PRIOR_WEIGHT) -> Share:
    """One part with its intervals, or without any below five cases. Raises ValueError when more was done than due."""
    if not 0 <= tally.done <= tally.due:
        raise ValueError(f"{tally.done} done of {tally.due} due cannot be.")
    if tally.due < FEWEST:
        return Share(tally.part, tally.done, tally.due, None, None)
    # A network share of exactly 0 or 1 has no Beta prior; a hair inside says the same.
    network = min(max(tally.network_share, _NARROWEST), 1 - _NARROWEST)
    shrunken = share_beta(tally.done, tally.due, prior_share=network, prior_weight=prior_weight)
    return Share(tally.part, tally.done, tally.due, share_wilson(tally.done, tally.due), shrunken)


def follow_through_index(
    tallies: tuple[Tally, ...], people: int, *, seed: int, prior_weight: float = PRIOR_WEIGHT
) -> Index | NotEnoughYet:
    """100 times the weighted mean of the shrunken shares of every part with five or more cases, with a 90 % interval.

    Weights are renormalised over the usable parts. The same `seed` gives the same interval.
    """
    import numpy as np  # noqa: PLC0415 - a web worker that shows shares alone starts without numpy

    shares = tuple(share(tally, prior_weight=prior_weight) for tally in tallies)
    usable = [(one.part, one.due, one.shrunken) for one in shares if one.shrunken is not None]
    cases = sum(due for _, due, _ in usable)
    if len(usable) < FEWEST_PARTS or cases < FEWEST_IN_ALL or people < FEWEST_PEOPLE:
        return NotEnoughYet(len(usable), cases, people)
    weights = np.array([WEIGHTS[part] for part, _, _ in usable])
    weights /= weights.sum()
    means = np.array([estimate.value for _, _, estimate in usable])
    totals = np.array([due + prior_weight for _, due, _ in usable])
    draws = np.random.default_rng(seed).beta(means * totals, (1 - means) * totals, size=(_DRAWS, len(usable)))
    low, high = 100 * np.quantile(draws @ weights, [0.05, 0.95])
    estimate = Estimate(float(100 * weights @ means), float(low), float(high), cases, INDEX, 0.90)
    return Index(estimate, float(100 * means.mean()), shares)
