"""Invented teams whose people answer month by month, as the design's simulation invents them.

Persons differ with a standard deviation of 0.75 on a scale of 1-5 (here 1-7, so times 1.5), teams with 0.30, one person's
months with 0.25. The whole history follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coaching.surveys.instrument import Answers, Instrument

Floats = NDArray[np.float64]

SEED: Final = 20261122
MONTHS: Final = 12
#: From the design's scale of 1-5 to the instrument's of 1-7.
SCALE: Final = 6 / 4
MIDDLE: Final = 4.5
OCCASION: Final = 0.25 * SCALE
TEAMS: Final = 0.30 * SCALE
PERSONS: Final = float(np.sqrt(0.75**2 - 0.25**2)) * SCALE
ITEMS: Final = 7


@dataclass(frozen=True)
class Worlds:
    """Attitudes (world x person) and monthly sums over seven items (world x person x month); the last person joins midway."""

    attitudes: Floats
    sums: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many worlds there are."""
        return len(self.attitudes)

    @property
    def scores(self) -> Floats:
        """Each answer as a mean over the items (world x person x month)."""
        return np.asarray(self.sums / ITEMS)


def invent(worlds: int, team: int, *, seed: int = SEED, months: int = MONTHS) -> Worlds:
    """Invent so many worlds of one team and of one more person who joins it."""
    chance = np.random.default_rng([seed, team])
    attitudes = MIDDLE + chance.normal(0, TEAMS, (worlds, 1)) + chance.normal(0, PERSONS, (worlds, team + 1))
    shown = attitudes[:, :, None] + chance.normal(0, OCCASION, (worlds, team + 1, months))
    sums = np.clip(np.rint(shown * ITEMS), ITEMS, 7 * ITEMS).astype(np.int64)
    return Worlds(attitudes, sums)


def sheet_of(total: int, instrument: Instrument) -> Answers:
    """Return raw answers whose recoded values have this sum, as even as they can be and never a straight line."""
    base, rest = divmod(total, len(instrument.items))
    values = [base + (number < rest) for number in range(len(instrument.items))]
    if 2 * base == instrument.low + instrument.high and not rest:
        values[0], values[1] = base + 1, base - 1
    turn = instrument.low + instrument.high
    return tuple(turn - value if item.reversed else value for item, value in zip(instrument.items, values, strict=True))
