"""What somebody who knows a great deal learns of one person from released cells. AUC 0.5: nothing, 1: everything.

*Collusion*: all colleagues but one put their own answers together to find out the last one's. *Joiner*: everybody watches
the cell before and after one more person came. Over twelve windows each is played by two attackers: one who takes means,
and one who knows all the distributions and the rounding rule and works out the probability by Bayes's rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import norm, rankdata

from coaching.surveys.release import SizeBand
from validation.releasing import INSTRUMENT
from validation.worlds import MIDDLE, OCCASION, PERSONS, SCALE, TEAMS, Floats, Worlds

#: Where the Bayesian attackers look: possible draws, and possible levels of a person or a mean.
DRAWS: Final = (np.arange(30) + 0.5) / 30
LEVELS: Final = np.linspace(1, 7, 60)


@dataclass(frozen=True)
class Guess:
    """How well an attack tells the lower half of people from the upper, and its mean error on a scale of 1-5."""

    auc: float
    error: float


def auc(low: NDArray[np.bool_], suspicion: Floats) -> float:
    """Return the chance that a low person is suspected more than another (Mann-Whitney)."""
    ranks, count = rankdata(suspicion), int(low.sum())
    return float((ranks[low].sum() - count * (count + 1) / 2) / (count * (len(low) - count)))


def step_of(team: int) -> float:
    """Return the rounding step of a cell of so many people."""
    return float(SizeBand.of(team).grain * INSTRUMENT.range)


# -- one window -----------------------------------------------------------------------------------------------------------


def one_window_collusion(worlds: Worlds, cells: Floats, team: int) -> Guess:
    """Take the colleagues' own answers from the first month's total."""
    own = worlds.scores[:, team - 1, 0]
    return _guess(own, team * cells[:, 0] - worlds.scores[:, : team - 1, 0].sum(axis=1))


def one_late_answer(worlds: Worlds, before: Floats, after: Floats, team: int) -> Guess:
    """Subtract the first publication of a month from a second one that one late answer entered."""
    return _guess(worlds.scores[:, team, 0], (team + 1) * after[:, 0] - team * before[:, 0])


def one_joiner(worlds: Worlds, before: Floats, after: Floats, team: int) -> Guess:
    """Subtract the last month before somebody joined from the first one after."""
    return _guess(worlds.scores[:, team, 6], (team + 1) * after[:, 0] - team * before[:, -1])


def _guess(own: Floats, estimate: Floats) -> Guess:
    return Guess(auc(own < np.median(own), -estimate), float(np.abs(estimate - own).mean()) / SCALE)


# -- twelve windows -------------------------------------------------------------------------------------------------------


def colleagues_who_average(worlds: Worlds, cells: Floats, team: int) -> float:
    """Take the colleagues' own answers from the team's total, and average over the months."""
    others, target = _others(worlds, team), worlds.attitudes[:, team - 1]
    return auc(target < np.median(target), -(team * cells - others).mean(axis=1))


def colleagues_who_know(worlds: Worlds, cells: Floats, team: int) -> float:
    """Weigh every attitude of the last one by how likely it makes all cells, over an unknown draw."""
    others, target, step = _others(worlds, team), worlds.attitudes[:, team - 1], step_of(team)
    likelihood = np.zeros((worlds.count, len(DRAWS), len(LEVELS)))
    for month in range(cells.shape[1]):
        # The exact mean lies in (cell - step + draw*step, cell + draw*step], so the last one's own score lies here:
        high = (team * (cells[:, month, None] + DRAWS * step) - others[:, month, None])[:, :, None] - LEVELS
        likelihood += np.log(np.maximum(ndtr(high / OCCASION) - ndtr((high - team * step) / OCCASION), 1e-12))
    weight = np.exp(likelihood - likelihood.max(axis=(1, 2), keepdims=True)).sum(axis=1)
    # What the colleagues' own mean says of their team, and so of the last one, before any cell is seen.
    pull = TEAMS**2 / (TEAMS**2 + PERSONS**2 / (team - 1))
    expected = MIDDLE + pull * (others.mean(axis=1) / (team - 1) - MIDDLE)
    weight *= norm.pdf(LEVELS, expected[:, None], np.sqrt(TEAMS**2 * (1 - pull) + PERSONS**2))
    return auc(target < np.median(target), _share_below(weight, float(np.median(target))))


def onlookers_who_average(worlds: Worlds, before: Floats, after: Floats, team: int) -> float:
    """Subtract what the team made before from what one more made after."""
    target = worlds.attitudes[:, team]
    return auc(target < np.median(target), -((team + 1) * after.mean(axis=1) - team * before.mean(axis=1)))


def onlookers_who_know(worlds: Worlds, before: Floats, after: Floats, team: int) -> float:
    """Weigh every attitude of the joiner by how likely it makes the later cells, given what the earlier say."""
    target = worlds.attitudes[:, team]
    first = _cell_likelihood(before, OCCASION / np.sqrt(team), step_of(team))
    first *= norm.pdf(LEVELS, MIDDLE, np.sqrt(TEAMS**2 + PERSONS**2 / team))
    then = _cell_likelihood(after, OCCASION / np.sqrt(team + 1), step_of(team + 1))
    level_after = (team * LEVELS[:, None] + LEVELS[None, :]) / (team + 1)
    nearest = np.rint((level_after - 1) / (LEVELS[1] - LEVELS[0])).astype(int)
    weight = np.einsum("wl,wlt->wt", first, then[:, nearest])
    weight *= norm.pdf(LEVELS, MIDDLE, np.sqrt(TEAMS**2 + PERSONS**2))
    return auc(target < np.median(target), _share_below(weight, float(np.median(target))))


def _others(worlds: Worlds, team: int) -> Floats:
    return np.asarray(worlds.scores[:, : team - 1].sum(axis=1))


def _share_below(weight: Floats, middle: float) -> Floats:
    return np.asarray((weight * (middle > LEVELS)).sum(axis=1) / weight.sum(axis=1))


def _cell_likelihood(cells: Floats, spread: float, step: float) -> Floats:
    """Return how likely each world's cells are at each level of the mean (world x level), over an unknown draw."""
    grid = 1 + step * np.arange(round(6 / step) + 1)
    high = grid[:, None, None] + DRAWS[None, :, None] * step - LEVELS[None, None, :]
    table = np.log(np.maximum(ndtr(high / spread) - ndtr((high - step) / spread), 1e-12))
    index = np.rint((cells - 1) / step).astype(int)
    likelihood = np.zeros((len(cells), len(DRAWS), len(LEVELS)))
    for month in range(cells.shape[1]):
        likelihood += table[index[:, month]]
    return np.asarray(np.exp(likelihood - likelihood.max(axis=(1, 2), keepdims=True)).mean(axis=1))
