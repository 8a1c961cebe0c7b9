"""Follow-through of a team or a site: what it raises itself, how soon, and whether it keeps what it agreed.

Shares only, each with its interval; below five there is no share. How many deviations, how severe and how often again
never enter, and none of this is computed for a person. The index over all parts is unvalidated and says so.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from hashlib import sha256
from itertools import combinations
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

#: The parts in the order in which they are shown.
PARTS = tuple(WEIGHTS)

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
    """One part with its intervals, or without any below five cases. Raises ValueError when more was done than due.

    Source: own definition: the share of a Beta distribution drawn towards the network, m = 10.
    """
    _check(tally)
    if tally.due < FEWEST:
        return Share(tally.part, tally.done, tally.due, None, None)
    shrunken = share_beta(tally.done, tally.due, prior_share=_prior(tally), prior_weight=prior_weight)
    return Share(tally.part, tally.done, tally.due, share_wilson(tally.done, tally.due), shrunken)


def drawn_to_the_network(tally: Tally, *, prior_weight: float = PRIOR_WEIGHT) -> float:
    """(x + m p0) / (n + m), from 0 to 1: the share as it enters the index, without its interval.

    Source: own definition.
    """
    _check(tally)
    return (tally.done + prior_weight * _prior(tally)) / (tally.due + prior_weight)


def index_value(
    tallies: Sequence[Tally],
    people: int,
    *,
    weights: Mapping[str, float] = WEIGHTS,
    prior_weight: float = PRIOR_WEIGHT,
) -> float | NotEnoughYet:
    """The index alone, 0 to 100: 100 times the weighted mean of the shrunken shares of parts with five or more cases.

    `people` is how many were in the team on the window's last day. Weights are renormalised over the usable parts, so
    they may be shares or percent. Raises ValueError for a part without a weight, named twice, or weights of nought.

    Source: own definition, unvalidated.
    """
    usable = _usable(tallies)
    cases = sum(tally.due for tally in usable)
    if len(usable) < FEWEST_PARTS or cases < FEWEST_IN_ALL or people < FEWEST_PEOPLE:
        return NotEnoughYet(len(usable), cases, people)
    shares = _renormalised(usable, weights)
    means = (drawn_to_the_network(tally, prior_weight=prior_weight) for tally in usable)
    return 100 * sum(weight * mean for weight, mean in zip(shares, means, strict=True))


def follow_through_index(
    tallies: Sequence[Tally],
    people: int,
    *,
    weights: Mapping[str, float] = WEIGHTS,
    prior_weight: float = PRIOR_WEIGHT,
) -> Index | NotEnoughYet:
    """The index with its 90 % interval and its twin with equal weights.

    2,000 draws of each usable part from Beta(x + m p0, n - x + m (1 - p0)); 5 and 95 % of their weighted mean. The seed
    is made from the content, so the same counts give the same interval in any year. Raises as ``index_value``.

    Source: own definition, unvalidated.
    """
    value = index_value(tallies, people, weights=weights, prior_weight=prior_weight)
    if isinstance(value, NotEnoughYet):
        return value
    import numpy as np  # noqa: PLC0415 - a web worker that shows shares alone starts without numpy

    usable = _usable(tallies)
    means = np.array([drawn_to_the_network(tally, prior_weight=prior_weight) for tally in usable])
    totals = np.array([tally.due + prior_weight for tally in usable])
    draws = np.random.default_rng(_seed(usable, prior_weight))
    drawn = draws.beta(means * totals, (1 - means) * totals, size=(_DRAWS, len(usable)))
    low, high = 100 * np.quantile(drawn @ np.array(_renormalised(usable, weights)), [0.05, 0.95])
    cases = sum(tally.due for tally in usable)
    estimate = Estimate(value, float(low), float(high), cases, INDEX, 0.90)
    parts = tuple(share(tally, prior_weight=prior_weight) for tally in tallies)
    return Index(estimate, float(100 * means.mean()), parts)


@dataclass(frozen=True, slots=True)
class Flips:
    """Pairs of places that would stand in the other order under other weights, of all pairs that can be compared."""

    pairs: int
    flipped: int


def order_flips(values: Sequence[tuple[float, float]]) -> Flips:
    """Count the pairs whose order under one weighting is the opposite of that under another; ties are no flip.

    Source: own definition.
    """
    pairs = list(combinations(values, 2))
    flipped = sum((one[0] - two[0]) * (one[1] - two[1]) < 0 for one, two in pairs)
    return Flips(len(pairs), flipped)


def _usable(tallies: Sequence[Tally]) -> list[Tally]:
    """Parts with five or more cases. Nought due is unknown: it is left out, never counted as all done."""
    if len({tally.part for tally in tallies}) < len(tallies):
        raise ValueError("A part is named twice; its cases would count twice.")
    for tally in tallies:
        _check(tally)
    return [tally for tally in tallies if tally.due >= FEWEST]


def _renormalised(usable: Sequence[Tally], weights: Mapping[str, float]) -> list[float]:
    missing = [tally.part for tally in usable if tally.part not in weights]
    if missing:
        raise ValueError(f"No weight is given for {missing[0]}.")
    own = [weights[tally.part] for tally in usable]
    if min(own) < 0 or not sum(own) > 0:
        raise ValueError("Weights must not be negative, nor all nought.")
    return [weight / sum(own) for weight in own]


def _check(tally: Tally) -> None:
    if not 0 <= tally.done <= tally.due:
        raise ValueError(f"{tally.done} done of {tally.due} due cannot be.")
    if not 0 <= tally.network_share <= 1:
        raise ValueError(f"A share of the network lies between 0 and 1, not at {tally.network_share}.")


def _prior(tally: Tally) -> float:
    # A network share of exactly 0 or 1 has no Beta prior; a hair inside says the same.
    return min(max(tally.network_share, _NARROWEST), 1 - _NARROWEST)


def _seed(usable: Sequence[Tally], prior_weight: float) -> int:
    content = json.dumps([prior_weight, *(astuple(tally) for tally in usable)], separators=(",", ":"))
    return int.from_bytes(sha256(content.encode()).digest()[:8], "big")
