"""The regression behind the linkage: recurrences of a team-quarter on its climate before, within and between teams."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.calibration import correction, rounding_variance
from behavior_metrics.stats.counts import Members, dummies
from behavior_metrics.stats.findings import Calibrated, NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.levels import centred, fit_poisson_with_levels
from behavior_metrics.stats.panel import Cell, team_of
from behavior_metrics.stats.poisson import PoissonFit, clustered_covariance
from behavior_metrics.stats.refusing import Floats
from behavior_metrics.stats.within_between import adds_something, within_between

BY_SITE = "Poisson regression with site and quarter effects, site-clustered CR3 sandwich, t(sites - 1)"
BY_TEAM = "Poisson regression with site and quarter effects, team-clustered sandwich, t(teams - 1)"
CALIBRATED = "the site-clustered estimate corrected for the known error of the cells (regression calibration)"


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells as columns, a value per cell; site, team and quarter as 0, 1, 2 … in sorted order."""

    site: Members
    team: Members
    quarter: Members
    climate: Floats
    events: Floats
    batches: Floats
    #: n x k.
    covariates: Floats
    rounding: Floats
    #: nan where no number of people was published.
    n_low: Floats

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "Columns":
        """Return the columns of cells."""
        return cls(
            _members([cell.row.site for cell in cells]),
            _members([team_of(cell) for cell in cells]),
            _members([cell.row.quarter for cell in cells]),
            np.array([cell.climate for cell in cells], float),
            np.array([cell.row.events for cell in cells], float),
            np.array([cell.row.batches for cell in cells], float),
            np.array([cell.row.covariates for cell in cells], float).reshape(len(cells), -1),
            np.array([cell.rounding for cell in cells], float),
            np.array([cell.n_low or np.nan for cell in cells], float),
        )

    def __len__(self) -> int:
        """How many cells there are."""
        return int(self.events.size)

    def informative(self) -> "Columns":
        """Leave out sites and quarters without any event, as `panel.informative` does."""
        kept = self
        while True:
            told = (
                np.bincount(kept.site, kept.events)[kept.site] * np.bincount(kept.quarter, kept.events)[kept.quarter]
                > 0
            )
            if told.all():
                return kept
            kept = kept.only(told)

    def only(self, which: NDArray[np.bool_]) -> "Columns":
        """Return some of the cells."""
        rest = {name: getattr(self, name)[which] for name in self.__slots__}
        codes = {name: np.unique(rest[name], return_inverse=True)[1] for name in ("site", "team", "quarter")}
        return replace(self, **rest | codes)


@dataclass(frozen=True, slots=True)
class ClimateModel:
    """A fitted model. Column 0 is the within-team climate, column 1 the between-team one where it can be told.

    The fit's columns are those of `levels.fit_poisson_with_levels`: what each site's own level takes up is out of them.
    """

    cells: Columns
    fit: PoissonFit
    site_covariance: Floats
    has_between: bool

    @property
    def site(self) -> Members:
        """Each cell's site."""
        return self.cells.site

    @property
    def df(self) -> int:
        """Degrees of freedom of the site-clustered intervals: sites less one."""
        return int(self.cells.site.max())

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
        team = self.cells.team
        covariance = clustered_covariance(self.fit, team, "g")
        return self._ratio(float(self.fit.coef[0]), sqrt(float(covariance[0, 0])), int(team.max()), BY_TEAM)

    def calibrated(self, within_team_variance: float | None) -> Calibrated | None:
        """The same with the error of the cells taken out; None when noise is most of what varies."""
        error = rounding_variance(self.cells.rounding)
        with_sampling = within_team_variance is not None and bool(np.isfinite(self.cells.n_low).all())
        if with_sampling and within_team_variance is not None:
            error += within_team_variance / self.cells.n_low
        k = 2 if self.has_between else 1
        undo = correction(
            self.fit.mean, self.fit.x[:, :k], self.fit.x[:, k:], self.cells.team, error, level=self.cells.site
        )
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
    """Columns of the model beside a level for each site: climate within teams, between them if it can be told, others."""

    x: Floats
    has_between: bool


def design_of(cells: Columns) -> Design:
    """Design of the cells: what changes within a team is parted from what differs between teams (Mundlak 1978).

    Raises NoEstimate when fewer than two sites are left.
    """
    if not len(cells) or not cells.site.any():
        raise NoEstimate("Fewer than two sites had an event, so nothing can be compared.")
    split = within_between(cells.climate, cells.team)
    others = np.column_stack(
        [cells.covariates - cells.covariates.mean(axis=0), dummies(cells.quarter, without_first=True)]
    )
    # one team per site has no "between" that its site's own level would not take up
    inner = centred(np.column_stack([split.between, others]), np.ones(len(cells)), cells.site)
    has_between = adds_something(inner[:, 0], inner[:, 1:])
    return Design(np.column_stack([split.within, *([split.between] if has_between else []), others]), has_between)


def fit_climate_model(cells: tuple[Cell, ...]) -> ClimateModel:
    """Fit climate (within, between), covariates, a level per site and a step per quarter; offset log batches.

    Raises NoEstimate when fewer than two sites are left or the effects cannot be told apart.

    Source: Mundlak (1978) for the split; Bell and McCaffrey (2002) for the errors; R `glm(poisson)` with `clubSandwich::vcovCR`.
    """
    return _fitted(Columns.of(cells))


def without_each_site(cells: tuple[Cell, ...]) -> Iterator[tuple[str, Estimate | None]]:
    """Give the within-team rate ratio of all sites but one, by the site left out; None where the rest cannot tell it.

    Each is `fit_climate_model` of the other sites' cells. Source: Miller (1974), the jackknife.
    """
    every = Columns.of(cells)
    for number, site in enumerate(sorted({cell.row.site for cell in cells})):
        try:
            yield site, _fitted(every.only(every.site != number).informative()).within
        except NoEstimate:
            yield site, None


def _fitted(cells: Columns) -> ClimateModel:
    design = design_of(cells)
    fit, _levels = fit_poisson_with_levels(cells.events, design.x, cells.site, np.log(cells.batches))
    return ClimateModel(cells, fit, clustered_covariance(fit, cells.site, "cr3"), design.has_between)


def _members(labels: Sequence[Any]) -> Members:
    """Each label as 0, 1, 2 … in sorted order."""
    position = {label: index for index, label in enumerate(sorted(set(labels)))}
    return np.array([position[label] for label in labels], dtype=np.intp)
