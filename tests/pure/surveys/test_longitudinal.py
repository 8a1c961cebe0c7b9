"""What a year of released cells tells of one person, to colleagues who know a great deal.

Two thousand teams of five over twelve monthly cells, published by the product's own rounding. Persons differ with a
standard deviation of 0.75 on a scale of 1-5 (here 1-7, so times 1.5), teams with 0.30, one person's months with 0.25.
"Low" is the lower half of people. AUC 0.5 = nothing learnt, 1 = everything.

- *Collusion*: four colleagues put their own answers together to find out the fifth's.
- *Joiner*: everybody watches the cell before and after a sixth person came.

Each is played by two attackers: one who takes means, and one who knows all the distributions and the rounding rule and
works out the probability by Bayes's rule. The bounds hold against the better of the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import norm, rankdata

from coaching.surveys.release import SizeBand, round_score, rounding_draw
from tests.pure.surveys.organisations import INSTRUMENT, ROUND_KEY, person_id, team_id

Floats = NDArray[np.float64]

WORLDS: Final = 2000
MONTHS: Final = 12
TEAM: Final = 5
SCALE: Final = 6 / 4
MIDDLE: Final = 4.5
OCCASION: Final = 0.25 * SCALE
TEAMS: Final = 0.30 * SCALE
PERSONS: Final = float(np.sqrt(0.75**2 - 0.25**2)) * SCALE
#: Where the Bayesian attackers look: possible draws, and possible levels of a person or a mean.
DRAWS: Final = (np.arange(30) + 0.5) / 30
LEVELS: Final = np.linspace(1, 7, 60)
STEP: Final = float(SizeBand.FIVE_TO_NINE.grain * INSTRUMENT.range)


@dataclass(frozen=True)
class Cell:
    """One month of one team, before it is published."""

    mean: Fraction
    world: int
    month: int
    members: tuple[UUID, ...]

    def rounded(self, *roster: UUID) -> float:
        draw = rounding_draw(ROUND_KEY, team_id(self.world), roster)
        return float(round_score(self.mean, draw, INSTRUMENT, len(self.members)))


#: How a cell is published.
Publish = Callable[[Cell], float]
#: How well a way of publishing lets an attacker tell the low from the others.
Attack = Callable[[Publish], float]


def by_roster(cell: Cell) -> float:
    """Publish as the product does."""
    return cell.rounded(*cell.members)


def exactly(cell: Cell) -> float:
    return float(cell.mean)


def anew_each_month(cell: Cell) -> float:
    return cell.rounded(UUID(int=cell.month))


def by_team_alone(cell: Cell) -> float:
    return cell.rounded()


@dataclass(frozen=True)
class Worlds:
    """Attitudes (world x person) and monthly sums over seven items (world x person x month); the sixth joins midway."""

    attitudes: Floats
    sums: NDArray[np.int64]


@cache
def worlds() -> Worlds:
    chance = np.random.default_rng(20261122)
    attitudes = MIDDLE + chance.normal(0, TEAMS, (WORLDS, 1)) + chance.normal(0, PERSONS, (WORLDS, TEAM + 1))
    shown = attitudes[:, :, None] + chance.normal(0, OCCASION, (WORLDS, TEAM + 1, MONTHS))
    return Worlds(attitudes, np.clip(np.rint(shown * 7), 7, 49).astype(np.int64))


@cache
def published(publish: Publish, people: int, months: range) -> Floats:
    """Return each world's cells of these months (world x month)."""
    sums = worlds().sums[:, :people].sum(axis=1)
    members = [tuple(person_id(10 * world + number) for number in range(people)) for world in range(WORLDS)]
    means = [[Fraction(int(total), 7 * people) for total in row] for row in sums]
    return np.array([[publish(Cell(means[w][month], w, month, members[w])) for month in months] for w in range(WORLDS)])


def auc(low: NDArray[np.bool_], suspicion: Floats) -> float:
    """Return the chance that a low person is suspected more than another (Mann-Whitney)."""
    ranks, count = rankdata(suspicion), int(low.sum())
    return float((ranks[low].sum() - count * (count + 1) / 2) / (count * (len(low) - count)))


def colleagues_who_average(publish: Publish) -> float:
    """Take the four own answers from five times the cell, and average over the months."""
    cells, others, target = published(publish, TEAM, range(MONTHS)), sum_of_four(), worlds().attitudes[:, TEAM - 1]
    return auc(target < np.median(target), -(TEAM * cells - others).mean(axis=1))


def colleagues_who_know(publish: Publish) -> float:
    """Weigh every attitude of the fifth by how likely it makes all twelve cells, over an unknown draw."""
    cells, others, target = published(publish, TEAM, range(MONTHS)), sum_of_four(), worlds().attitudes[:, TEAM - 1]
    likelihood = np.zeros((WORLDS, len(DRAWS), len(LEVELS)))
    for month in range(MONTHS):
        # The exact mean lies in (cell - step + draw*step, cell + draw*step], so the fifth's own score lies here:
        high = (TEAM * (cells[:, month, None] + DRAWS * STEP) - others[:, month, None])[:, :, None] - LEVELS
        likelihood += np.log(np.maximum(ndtr(high / OCCASION) - ndtr((high - TEAM * STEP) / OCCASION), 1e-12))
    weight = np.exp(likelihood - likelihood.max(axis=(1, 2), keepdims=True)).sum(axis=1)
    # What the colleagues' own mean says of their team, and so of the fifth, before any cell is seen.
    pull = TEAMS**2 / (TEAMS**2 + PERSONS**2 / (TEAM - 1))
    expected = MIDDLE + pull * (others.mean(axis=1) / (TEAM - 1) - MIDDLE)
    weight *= norm.pdf(LEVELS, expected[:, None], np.sqrt(TEAMS**2 * (1 - pull) + PERSONS**2))
    return auc(target < np.median(target), share_below(weight, np.median(target)))


def onlookers_who_average(publish: Publish) -> float:
    """Subtract what five made before from what six made after."""
    before, after = published(publish, TEAM, range(6)), published(publish, TEAM + 1, range(6, MONTHS))
    target = worlds().attitudes[:, TEAM]
    return auc(target < np.median(target), -((TEAM + 1) * after.mean(axis=1) - TEAM * before.mean(axis=1)))


def onlookers_who_know(publish: Publish) -> float:
    """Weigh every attitude of the sixth by how likely it makes the later cells, given what the earlier say."""
    before, after = published(publish, TEAM, range(6)), published(publish, TEAM + 1, range(6, MONTHS))
    target = worlds().attitudes[:, TEAM]
    five = cell_likelihood(before, OCCASION / np.sqrt(TEAM))
    five *= norm.pdf(LEVELS, MIDDLE, np.sqrt(TEAMS**2 + PERSONS**2 / TEAM))
    six = cell_likelihood(after, OCCASION / np.sqrt(TEAM + 1))
    level_of_six = (TEAM * LEVELS[:, None] + LEVELS[None, :]) / (TEAM + 1)
    nearest = np.rint((level_of_six - 1) / (LEVELS[1] - LEVELS[0])).astype(int)
    weight = np.einsum("wl,wlt->wt", five, six[:, nearest])
    weight *= norm.pdf(LEVELS, MIDDLE, np.sqrt(TEAMS**2 + PERSONS**2))
    return auc(target < np.median(target), share_below(weight, np.median(target)))


def sum_of_four() -> Floats:
    return np.asarray(worlds().sums[:, : TEAM - 1].sum(axis=1) / 7)


def share_below(weight: Floats, middle: float) -> Floats:
    return np.asarray((weight * (middle > LEVELS)).sum(axis=1) / weight.sum(axis=1))


def cell_likelihood(cells: Floats, spread: float) -> Floats:
    """Return how likely each world's cells are at each level of the mean (world x level), over an unknown draw."""
    grid = 1 + STEP * np.arange(9)
    high = grid[:, None, None] + DRAWS[None, :, None] * STEP - LEVELS[None, None, :]
    table = np.log(np.maximum(ndtr(high / spread) - ndtr((high - STEP) / spread), 1e-12))
    index = np.rint((cells - 1) / STEP).astype(int)
    likelihood = np.zeros((len(cells), len(DRAWS), len(LEVELS)))
    for month in range(cells.shape[1]):
        likelihood += table[index[:, month]]
    return np.asarray(np.exp(likelihood - likelihood.max(axis=(1, 2), keepdims=True)).mean(axis=1))


@pytest.mark.parametrize("attack", [colleagues_who_average, colleagues_who_know])
def test_four_colleagues_who_pool_their_answers_learn_no_more_of_the_fifth_than_promised(attack: Attack) -> None:
    assert 0.75 < attack(by_roster) <= 0.90


@pytest.mark.parametrize("attack", [onlookers_who_average, onlookers_who_know])
def test_a_team_that_watches_somebody_join_learns_no_more_of_them_than_promised(attack: Attack) -> None:
    assert 0.65 < attack(by_roster) <= 0.82


def test_exact_means_would_give_a_person_away() -> None:
    assert colleagues_who_average(exactly) > 0.95
    assert onlookers_who_average(exactly) > 0.90


@pytest.mark.parametrize(
    ("attack", "publish", "promised"),
    [
        (colleagues_who_average, anew_each_month, 0.90),
        (onlookers_who_average, anew_each_month, 0.82),
        (onlookers_who_average, by_team_alone, 0.82),
    ],
)
def test_other_roundings_would_break_the_promise(attack: Attack, publish: Publish, promised: float) -> None:
    assert attack(publish) > promised
