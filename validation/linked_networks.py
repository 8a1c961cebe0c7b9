"""Invented networks in which the truth of climate and recurrence is known, and what distorts it is drawn in on purpose.

A team's climate of a quarter acts on its recurrences of the next one. Sites have a level and, in every quarter, a shock of
their own, so that rows of one site are not independent. Exposure and rates are those of the demonstration network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import log
from typing import Final

import numpy as np

from behavior_metrics.stats.panel import TeamQuarter

#: Batches of a team in a quarter, and recurrences per batch at the usual climate.
BATCHES: Final = 21
RATE: Final = 0.135
#: Standard deviations on the log scale: of sites, of teams, and of a site's quarters.
SITES, TEAMS, SHOCKS = 0.30, 0.20, 0.25
#: Of climate, in points of 1 to 7: between teams, and of a team's quarters around its level.
LEVELS, WANDERS = 0.60, 0.60
#: Quarters with a climate; recurrences are counted in each following one.
QUARTERS: Final = 8
#: Share that alarms, tests and reviews find whether or not anybody speaks up; of the rest, how many are raised at the usual
#: climate, and how the odds of that rise per point where people speak up more in a better climate.
FOUND, RAISED, MORE_ODDS = 0.42, 0.60, 2.2
#: Feedback: points that a recurrence above what was expected takes off the next climate.
TAKES_OFF: Final = 0.15
#: Levels: how much lower the risk of a team is per point of its usual climate, for reasons of its own.
FOR_OTHER_REASONS: Final = -0.40
#: Cells: base of the rounding, respondents, and variance of one person's score.
BASE, RESPONDENTS, OF_A_PERSON = 0.5, 6, 1.0


class Distortion(StrEnum):
    """What stands between the truth and the records."""

    NONE = "nothing"
    RAISED_MORE = "a better climate raises more"
    FEEDBACK = "recurrences lower the next climate"
    LEVELS = "teams differ for other reasons"
    CELLS = "cells of six, rounded to 0.5"


@dataclass(frozen=True, slots=True)
class Histories:
    """One network's rows by outcome: what was recorded, what people raised and what was found without them."""

    recorded: list[TeamQuarter]
    raised: list[TeamQuarter]
    found: list[TeamQuarter]


@dataclass(frozen=True, slots=True)
class Network:
    """Shape and truth: two teams a site, `ratio` of recurrence per point of a team above its own usual climate."""

    sites: int
    ratio: float
    distortion: Distortion = Distortion.NONE

    def history(self, dice: np.random.Generator) -> Histories:
        """Draw one history of the network."""
        site = np.repeat(np.arange(self.sites), 2)
        teams = len(site)
        usual = dice.normal(5, LEVELS, teams)
        level = dice.normal(0, SITES, self.sites)[site] + dice.normal(0, TEAMS, teams)
        if self.distortion is Distortion.LEVELS:
            level += FOR_OTHER_REASONS * (usual - 5)
        shock = dice.normal(0, SHOCKS, (self.sites, QUARTERS))[site]
        batches = dice.poisson(BATCHES, (teams, QUARTERS)) + 1.0
        climate, events, own = np.empty((teams, QUARTERS)), np.empty((teams, QUARTERS), int), np.zeros(teams)
        for quarter in range(QUARTERS):
            climate[:, quarter] = usual + dice.normal(0, WANDERS, teams) + own
            risk = level + shock[:, quarter] + log(self.ratio) * (climate[:, quarter] - usual)
            expected = batches[:, quarter] * RATE * np.exp(risk)
            events[:, quarter] = dice.poisson(expected)
            if self.distortion is Distortion.FEEDBACK:
                own = -TAKES_OFF * (events[:, quarter] - expected)
        found = dice.binomial(events, FOUND)
        raised = dice.binomial(events - found, self._raised(climate - usual[:, None]))
        published = self._published(climate, dice)
        places = [(f"site {place:02}", f"team {number}") for number, place in enumerate(site)]
        return Histories(
            *(list(self._rows(places, counts, batches, published)) for counts in (found + raised, raised, found))
        )

    def _raised(self, above: np.ndarray) -> np.ndarray:
        odds = log(MORE_ODDS) if self.distortion is Distortion.RAISED_MORE else 0.0
        return np.asarray(1 / (1 + np.exp(-(log(RAISED / (1 - RAISED)) + odds * above))))

    def _published(self, climate: np.ndarray, dice: np.random.Generator) -> np.ndarray:
        """Return the cells: the mean of those who answered, rounded up or down so that it is kept on average."""
        if self.distortion is not Distortion.CELLS:
            return climate
        steps = (climate + dice.normal(0, (OF_A_PERSON / RESPONDENTS) ** 0.5, climate.shape)) / BASE
        return np.asarray((np.floor(steps) + (dice.random(steps.shape) < steps % 1)) * BASE)

    def _rows(
        self, places: list[tuple[str, str]], counts: np.ndarray, batches: np.ndarray, climate: np.ndarray
    ) -> Iterable[TeamQuarter]:
        rounding = BASE if self.distortion is Distortion.CELLS else 0.0
        for number, (site, team) in enumerate(places):
            for quarter in range(QUARTERS):
                yield TeamQuarter(
                    site,
                    team,
                    8000 + quarter,
                    int(counts[number, quarter]),
                    float(batches[number, quarter]),
                    float(climate[number, quarter]),
                    rounding,
                    RESPONDENTS,
                )
