"""The regression behind the linkage: recurrences of a team-quarter on its climate before, within and between teams."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.calibration import correction, rounding_variance
from behavior_metrics.stats.findings import Calibrated, NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import Cell, team_of
from behavior_metrics.stats.poisson import PoissonFit, clustered_covariance, fit_poisson
from behavior_metrics.stats.refusing import Floats
from behavior_metrics.stats.within_between import adds_something, within_between

BY_SITE = "Poisson regression with site and quarter effects, site-clustered CR3 sandwich, t(sites - 1)"
BY_TEAM = "Poisson regression with site and quarter effects, team-clustered sandwich, t(teams - 1)"
CALIBRATED = "the site-clustered estimate corrected for the known error of the cells (regression calibration)"


@dataclass(frozen=True, slots=True)
class ClimateModel:
    """A fitted model. Column 0 is the within-team climate, column 1 the between-team one where it can be told."""

    cells: tuple[Cell, ...]
    fit: PoissonFit
    site: NDArray[np.intp]
    team: NDArray[np.intp]
    site_covariance: Floats
    has_between: bool

    @property
    def df(self) -> int:
        """Degrees of freedom of the site-clustered intervals: sites less one."""
        return int(self.site.max())

    @property
    def se_within(self) -> float:
        """Site-clustered standard error of the within-team log rate ratio."""
        return sqrt(float(self.site_covariance[0, 0]))

    @property
    def p_within(self) -> float:
        """Two-sided p of the within-team rate ratio, t(sites - 1)."""
        return 2 * quantiles.student_below(self.df, -abs(float(self.fit.coef[0])) / self.se_within)

    @property
    def within(self) -> Estimate:
        """Rate ratio of a team one point above its own average."""
        return self._ratio(float(self.fit.coef[0]), self.se_within, self.df, BY_SITE)

    @property
    def between(self) -> Estimate | None:
        """Rate ratio of two teams of one site a point apart on average; None where no site has two that differ."""
        if not self.has_between:
            return None
        return self._ratio(float(self.fit.coef[1]), sqrt(float(self.site_covariance[1, 1])), self.df, BY_SITE)

    @property
    def within_by_team(self) -> Estimate:
        """The within-team rate ratio with teams, not sites, as clusters."""
        # Teams are many enough for the factor G/(G-1); sites are few, and there only CR3 kept its level (see tests).
        covariance = clustered_covariance(self.fit, self.team, "g")
        return self._ratio(float(self.fit.coef[0]), sqrt(float(covariance[0, 0])), int(self.team.max()), BY_TEAM)

    def calibrated(self, within_team_variance: float | None) -> Calibrated | None:
        """The same with the error of the cells taken out; None when noise is most of what varies."""
        error = np.array([rounding_variance(cell.rounding) for cell in self.cells])
        with_sampling = within_team_variance is not None and all(cell.n_low for cell in self.cells)
        if with_sampling and within_team_variance is not None:
            error += within_team_variance / np.array([cell.n_low or inf for cell in self.cells])
        k = 2 if self.has_between else 1
        undo = correction(self.fit.mean, self.fit.x[:, :k], self.fit.x[:, k:], self.team, error)
        if undo is None:
            return None
        coef = undo.matrix @ self.fit.coef[:k]
        se = np.sqrt(np.diag(undo.matrix @ self.site_covariance[:k, :k] @ undo.matrix.T))
        ratios = [self._ratio(float(c), float(s), self.df, CALIBRATED) for c, s in zip(coef, se, strict=True)]
        return Calibrated(ratios[0], ratios[1] if self.has_between else None, undo.reliability, with_sampling)

    def _ratio(self, coef: float, se: float, df: int, method: str) -> Estimate:
        reach = quantiles.student(df, 0.975) * se
        return Estimate(exp(coef), exp(coef - reach), exp(coef + reach), len(self.cells), method)


@dataclass(frozen=True, slots=True)
class Design:
    """Columns of the model: climate within teams, between teams where that can be told, covariates, sites, quarters."""

    x: Floats
    site: NDArray[np.intp]
    team: NDArray[np.intp]
    has_between: bool


def design_of(cells: tuple[Cell, ...]) -> Design:
    """Design of the cells: what changes within a team is parted from what differs between teams (Mundlak 1978).

    Raises NoEstimate when fewer than two sites are left.
    """
    site = _members([cell.row.site for cell in cells])
    if not cells or not site.any():
        raise NoEstimate("Fewer than two sites had an event, so nothing can be compared.")
    team = _members([team_of(cell) for cell in cells])
    quarter = _members([cell.row.quarter for cell in cells])
    climate = np.array([cell.climate for cell in cells])
    split = within_between(climate, team)
    covariates = np.array([cell.row.covariates for cell in cells], float).reshape(len(cells), -1)
    others = np.column_stack(
        [covariates - covariates.mean(axis=0), np.eye(site.max() + 1)[site], np.eye(quarter.max() + 1)[quarter][:, 1:]]
    )
    has_between = adds_something(split.between, others)
    x = np.column_stack([split.within, *([split.between] if has_between else []), others])
    return Design(x, site, team, has_between)


def fit_climate_model(cells: tuple[Cell, ...]) -> ClimateModel:
    """Fit climate (within, between), covariates, a level per site and a step per quarter; offset log batches.

    Raises NoEstimate when fewer than two sites are left or the effects cannot be told apart.

    Source: Mundlak (1978) for the split; Bell and McCaffrey (2002) for the errors; R `glm(poisson)` with `clubSandwich::vcovCR`.
    """
    design = design_of(cells)
    events = np.array([cell.row.events for cell in cells], float)
    batches = np.array([cell.row.batches for cell in cells], float)
    fit = fit_poisson(events, design.x, np.log(batches))
    covariance = clustered_covariance(fit, design.site, "cr3")
    return ClimateModel(cells, fit, design.site, design.team, covariance, design.has_between)


def _members(labels: Sequence[Any]) -> NDArray[np.intp]:
    """Each label as 0, 1, 2 … in sorted order."""
    position = {label: index for index, label in enumerate(sorted(set(labels)))}
    return np.array([position[label] for label in labels], dtype=np.intp)
