"""What may be said of the instrument's reliability in this network: plain values, so that a page needs no numpy for them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

#: Usual limits for using team means (Bliese 2000; LeBreton & Senter 2008).
LEAST_ICC: Final = 0.05
LARGEST_P: Final = 0.05
LEAST_AGREEMENT: Final = 0.70


@dataclass(frozen=True)
class Complete:
    """One person's complete sheet, recoded; ``team`` is ``None`` where the answer was pooled over small teams."""

    team: UUID | None
    values: tuple[int, ...]


@dataclass(frozen=True)
class TeamAgreement:
    """Whether team means may be read as a property of teams. Three decimals.

    ``icc1`` is the share of variance that lies between teams, ``icc2`` how reliable a team's mean is, ``median_rwg`` the
    median agreement within one against the uniform null, ``within_variance`` the pooled variance of persons within
    teams, in scale points squared.
    """

    icc1: float
    icc1_p: float
    icc2: float
    median_rwg: float
    within_variance: float

    @property
    def team_means_hold(self) -> bool:
        """ICC(1) above .05 with p below .05, and median agreement of at least .70."""
        return self.icc1 > LEAST_ICC and self.icc1_p < LARGEST_P and self.median_rwg >= LEAST_AGREEMENT


@dataclass(frozen=True)
class Reliability:
    """Cronbach's alpha, and the agreement within teams where there are enough of them. Three decimals.

    ``omega`` is McDonald's omega of one common factor; None where no such factor could be fitted.
    """

    alpha: float
    omega: float | None
    teams: TeamAgreement | None
