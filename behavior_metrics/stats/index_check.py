"""Psychometric check of the follow-through index: do its parts hang together, does it stay, do the weights decide?

The index is formative: its parts are chosen, not mirrors of one hidden thing, so low correlations refute nothing. A high
one says that two parts count the same thing twice; a negative one that they pull against one another. An index that
jumps about more than its interval allows, or whose order hangs on the weights, is no ground for a decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import atanh, isfinite, sqrt, tanh
from statistics import median

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.followthrough import (
    FEWEST,
    PARTS,
    Flips,
    NotEnoughYet,
    Tally,
    index_value,
    order_flips,
)
from behavior_metrics.stats.intervals import Estimate

FISHER_Z = "Pearson's r with the interval of Fisher (1921), as if pairs were independent"

#: Below so many pairs no correlation is said.
FEWEST_PAIRS = 10
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class Correlation:
    """How two columns go together over `n` pairs; `r` is None below ten pairs or where one of them never varies."""

    first: str
    second: str
    n: int
    r: Estimate | None


@dataclass(frozen=True, slots=True)
class Stability:
    """The index of one quarter beside that of the next, over all teams that have both.

    `median_change` in points, without sign; None without a pair.
    """

    correlation: Correlation
    median_change: float | None


@dataclass(frozen=True, slots=True)
class Reweighted:
    """What another weighting would make of the same counts: `places` compared, the largest move in points, the order."""

    key: str
    places: int
    largest_move: float | None
    flips: Flips


def correlation(first: str, second: str, pairs: Sequence[tuple[float, float]]) -> Correlation:
    """Pearson's r with Fisher's interval. R `cor.test(x, y)`. Raises ValueError for a value that is no number.

    Pairs of one team are not independent, so the interval is too narrow: say so beside it.
    """
    if not all(isfinite(value) for pair in pairs for value in pair):
        raise ValueError("A correlation needs numbers; leave out what is not known.")
    n = len(pairs)
    if n < FEWEST_PAIRS:
        return Correlation(first, second, n, None)
    mean_x, mean_y = (sum(pair[side] for pair in pairs) / n for side in (0, 1))
    spread_x = sum((x - mean_x) ** 2 for x, _ in pairs)
    spread_y = sum((y - mean_y) ** 2 for _, y in pairs)
    if min(spread_x, spread_y) < _NO_SPREAD:
        return Correlation(first, second, n, None)
    r = sum((x - mean_x) * (y - mean_y) for x, y in pairs) / sqrt(spread_x * spread_y)
    if abs(r) > 1 - _NO_SPREAD:
        end = 1.0 if r > 0 else -1.0
        return Correlation(first, second, n, Estimate(end, end, end, n, FISHER_Z))
    reach = quantiles.normal(0.975) / sqrt(n - 3)
    low, high = (tanh(atanh(r) + side * reach) for side in (-1, 1))
    return Correlation(first, second, n, Estimate(r, low, high, n, FISHER_Z))


def part_correlations(team_quarters: Sequence[Sequence[Tally]]) -> tuple[Correlation, ...]:
    """All ten pairs of parts, over the team-quarters in which both have five or more cases.

    Source: Fisher (1921) for the interval; R `cor.test`.
    """
    shares = [
        {tally.part: tally.done / tally.due for tally in tallies if tally.due >= FEWEST} for tallies in team_quarters
    ]
    return tuple(
        correlation(one, two, [(own[one], own[two]) for own in shares if one in own and two in own])
        for one, two in combinations(PARTS, 2)
    )


def stability(values: Mapping[tuple[str, int], float]) -> Stability:
    """The index by (team, quarter), each beside the same team's next quarter. Regression to the mean is part of it.

    Source: Fisher (1921) for the interval; R `cor.test`.
    """
    pairs = [
        (value, values[team, quarter + 1]) for (team, quarter), value in values.items() if (team, quarter + 1) in values
    ]
    found = correlation("quarter", "next_quarter", pairs)
    return Stability(found, median(abs(after - before) for before, after in pairs) if pairs else None)


def sensitivity(places: Sequence[tuple[Sequence[Tally], int]], weights: Mapping[str, float]) -> tuple[Reweighted, ...]:
    """The index of every place (its tallies and people) under equal weights, and with each part left out in turn.

    Source: own definition.
    """
    ways: dict[str, dict[str, float]] = {"equal": dict.fromkeys(weights, 1.0)}
    ways |= {
        f"without_{part}": {key: 0.0 if key == part else weight for key, weight in weights.items()} for part in PARTS
    }
    found = []
    for key, others in ways.items():
        pairs = []
        for tallies, people in places:
            kept = [tally for tally in tallies if others[tally.part] > 0]
            own, other = index_value(tallies, people, weights=weights), index_value(kept, people, weights=others)
            if not isinstance(own, NotEnoughYet) and not isinstance(other, NotEnoughYet):
                pairs.append((own, other))
        move = max((abs(own - other) for own, other in pairs), default=None)
        found.append(Reweighted(key, len(pairs), move, order_flips(pairs)))
    return tuple(found)
