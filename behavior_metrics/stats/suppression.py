"""What the cells that were never released could change: small teams are kept out, and with them what they would say.

Deviations of such teams are known, their climate is not and must not be. So the figure is bounded by every climate that
they might have had, and the page says how far it could move.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats, exposures, finite, same_length

#: Places on the scale that a withheld climate is tried at: both ends and the steps between.
_STEPS = 13
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """The figure from released cells, and the least and greatest it could be with the `withheld` cells among them."""

    released: float
    low: float
    high: float
    withheld: int

    @property
    def keeps_sign(self) -> bool:
        """No climate of the withheld cells would turn the direction."""
        return self.low > 0 or self.high < 0


def bounds_of_mean(
    released: ArrayLike, weight: ArrayLike, withheld_weight: ArrayLike, *, lowest: float, highest: float
) -> Bounds:
    """Mean climate, weighted (by persons or batches), if every withheld cell lay at one end of the scale.

    Exact: (Σ w x + Σ withheld w end) / Σ w. Source: Manski (1990), worst-case bounds.

    Raises:
        NoEstimate: no released cell, weights of nought or less, or a scale that ends before it begins.
    """
    x, w = finite(released, "released climate"), exposures(weight, "the weight of a cell")
    same_length(released=x, weight=w)
    _check_scale(lowest, highest)
    withheld = np.asarray(withheld_weight, float)
    hidden = float(exposures(withheld, "the weight of a withheld cell").sum()) if withheld.size else 0.0
    known, total = float(w @ x), float(w.sum()) + hidden
    low, high = ((known + hidden * end) / total for end in (lowest, highest))
    return Bounds(known / float(w.sum()), low, high, withheld.size)


def bounds_of_estimate(
    estimate: Callable[[Floats], Floats], released: float, withheld: int, *, lowest: float, highest: float
) -> Bounds:
    """How far an estimate could move over every climate that the withheld cells may have had.

    `estimate` is given climates to try (m x withheld) and returns the figure (m, log rate ratio) with those cells in, nan
    where it cannot be estimated: such a climate is passed by. `released` is the figure without them. `lowest` and `highest`
    are the ends of the scale, or of what was released when that is asked. Each cell in turn is put where the figure is least
    (greatest), until nothing moves: a search from both ends, so the true bound may lie a little further out. It needs no
    chance and no library's optimiser, so that it comes out the same every time. Source: Manski (1990) for the idea.

    Raises:
        NoEstimate: a scale that ends before it begins, a figure that is no number, or one that no climate gives.
    """
    _check_scale(lowest, highest)
    finite([released], "the figure of the released cells")
    if withheld < 1:
        return Bounds(released, released, released, 0)
    places = np.linspace(lowest, highest, _STEPS)
    low, high = (min(_search(estimate, withheld, places, sign)) * sign for sign in (1.0, -1.0))
    return Bounds(released, min(low, released), max(high, released), withheld)


def _search(estimate: Callable[[Floats], Floats], withheld: int, places: Floats, sign: float) -> list[float]:
    """Least of sign times the estimate that the search reaches from either end of the scale."""

    def told(climates: Floats) -> Floats:
        found = sign * np.asarray(estimate(climates), float)
        return np.where(np.isfinite(found), found, np.inf)

    reached = []
    for start in (places[0], places[-1]):
        climate = np.full(withheld, start)
        best = float(told(climate[None])[0])
        for _ in range(_ROUNDS):
            before = best
            for cell in range(withheld):
                tried = np.tile(climate, (places.size, 1))
                tried[:, cell] = places
                figures = told(tried)
                climate, best = tried[int(np.argmin(figures))], float(figures.min())
            if not best < before:
                break
        reached.append(best)
    if not np.isfinite(reached).any():
        raise NoEstimate("Not estimable because no climate of the withheld cells gives a figure.")
    return reached


def _check_scale(lowest: float, highest: float) -> None:
    if not lowest < highest:
        raise NoEstimate("Not estimable because the scale ends before it begins.")
