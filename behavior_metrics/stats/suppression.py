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
#: A search by slope ends when a step moves no climate by so many points, or the figure by so little.
_LEAST_MOVE, _LEAST_GAIN, _MOST_MOVES = 1e-8, 1e-12, 500
#: So many are also tried one by one; what is gained by less is not worth another way down.
_FEW, _LEAST_STEP = 60, 1e-9
#: Of what the slope promises a step has to bring this share (Armijo 1966).
_SHARE = 1e-4


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


#: Climates to try (withheld) -> the figure and its change per point of each.
Sloped = Callable[[Floats], tuple[float, Floats]]


def bounds_by_slope(sloped: Sloped, released: float, withheld: int, *, lowest: float, highest: float) -> Bounds:
    """How far an estimate could move, as `bounds_of_estimate`, for a figure whose slopes are known.

    All withheld climates move at once against the slope, held on the scale, until the figure falls (rises) no further;
    where they are few, each is then tried at both ends and in the middle, and what is gained moved on from. From both
    ends and from the middle, so the true bound may lie a little further out: a few dozen fits whatever their number,
    where the search cell by cell takes a dozen for each, several times. `sloped` may raise NoEstimate for climates that
    give no figure.
    Source: Manski (1990) for the idea; projected gradient with the step of Barzilai and Borwein (1988).

    Raises:
        NoEstimate: a scale that ends before it begins, a figure that is no number, or one that no climate gives.
    """
    _check_scale(lowest, highest)
    finite([released], "the figure of the released cells")
    if withheld < 1:
        return Bounds(released, released, released, 0)
    low, high = (sign * _Descent(sloped, withheld, lowest, highest, sign).least() for sign in (1.0, -1.0))
    if not np.isfinite([low, high]).all():
        raise NoEstimate("Not estimable because no climate of the withheld cells gives a figure.")
    return Bounds(released, min(low, released), max(high, released), withheld)


@dataclass(frozen=True, slots=True)
class _Descent:
    """The way down of sign times a figure of so many withheld climates."""

    sloped: Sloped
    withheld: int
    lowest: float
    highest: float
    sign: float

    @property
    def places(self) -> tuple[float, ...]:
        """Where all begin, and where each of a few is tried."""
        return self.lowest, self.highest, (self.lowest + self.highest) / 2

    def least(self) -> float:
        """The least that is reached; inf where there is no figure."""
        return min(self._reached(np.full(self.withheld, place)) for place in self.places)

    def _at(self, climate: Floats) -> tuple[float, Floats]:
        try:
            figure, slope = self.sloped(climate)
        except NoEstimate:
            return np.inf, np.zeros(climate.size)
        return self.sign * figure, self.sign * slope

    def _reached(self, climate: Floats) -> float:
        figure, climate = self._down(climate)
        for _ in range(_ROUNDS if self.withheld <= _FEW else 0):
            better = self._one_by_one(figure, climate)
            if better is None:
                break
            figure, climate = self._down(better)
        return figure

    def _down(self, climate: Floats) -> tuple[float, Floats]:
        """Move all at once."""
        figure, slope = self._at(climate)
        length = (self.highest - self.lowest) / max(float(np.abs(slope).max()), 1e-300)
        for _ in range(_MOST_MOVES):
            while True:
                tried = np.clip(climate - length * slope, self.lowest, self.highest)
                move = tried - climate
                if np.abs(move).max() < _LEAST_MOVE:
                    return figure, climate
                found, turned = self._at(tried)
                if found <= figure + _SHARE * float(slope @ move):
                    break
                length /= 2
            gain, bend = figure - found, float(move @ (turned - slope))
            length = float(move @ move) / bend if bend > 0 else 4 * length
            climate, figure, slope = tried, found, turned
            if gain < _LEAST_GAIN:
                break
        return figure, climate

    def _one_by_one(self, figure: float, climate: Floats) -> Floats | None:
        """Return climates of which one or more lie at another place and the figure lower; None where none is lower."""
        best, kept = figure, climate
        for cell in range(self.withheld):
            for place in self.places:
                tried = kept.copy()
                tried[cell] = place
                found, _slope = self._at(tried)
                if found < best - _LEAST_STEP:
                    best, kept = found, tried
        return kept if best < figure else None


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
