"""Invented networks whose truth is known, for tests of the estimators."""

from dataclasses import dataclass

import numpy as np

from behavior_metrics.stats.panel import TeamQuarter

RATIO = 0.7


@dataclass(frozen=True)
class World:
    """Shape and truth: `effect` per point within a team and `between` per point of team average, on the log scale.

    Every site has a shock of its own in every quarter, so rows of one site are not independent.
    """

    sites: int = 12
    teams: int = 2
    quarters: int = 8
    rate: float = 0.12
    effect: float = float(np.log(RATIO))
    between: float = 0.0
    site_shock: float = 0.25
    rounding: float = 0.0

    def rows(self, rng: np.random.Generator) -> list[TeamQuarter]:
        """Draw one history of the network."""
        rows = []
        for site in range(self.sites):
            level, shock = rng.normal(0, 0.3), rng.normal(0, self.site_shock, self.quarters)
            for team in range(self.teams):
                usual, own = rng.normal(5, 0.6), rng.normal(0, 0.2)
                climate = rng.normal(usual, 0.6, self.quarters)
                batches = rng.poisson(45, self.quarters) + 1.0
                risk = level + own + shock + self.effect * (climate - usual) + self.between * (usual - 5)
                events = rng.poisson(batches * self.rate * np.exp(risk))
                rows += [
                    TeamQuarter(
                        f"site {site:02}",
                        f"team {team}",
                        8000 + quarter,
                        int(events[quarter]),
                        float(batches[quarter]),
                        self.released(float(climate[quarter]), rng),
                        self.rounding,
                        5,
                    )
                    for quarter in range(self.quarters)
                ]
        return rows

    def released(self, climate: float, rng: np.random.Generator) -> float:
        """Round to the base, up with a chance equal to the part above it, so that the mean is kept."""
        if not self.rounding:
            return climate
        steps = climate / self.rounding
        return float(np.floor(steps) + (rng.random() < steps % 1)) * self.rounding
