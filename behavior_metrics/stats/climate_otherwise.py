"""The within-team rate ratio reckoned otherwise: by another model of the counts, by sites drawn anew, with what was withheld."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

import numpy as np

from behavior_metrics.stats.climate_model import Columns, design_of, fit_climate_model
from behavior_metrics.stats.counts import dummies, members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.levels import Score, centred, fit_with_levels, poisson_score
from behavior_metrics.stats.negative_binomial import fit_negative_binomial
from behavior_metrics.stats.panel import Cell, team_of
from behavior_metrics.stats.poisson import cluster_information, clustered_covariance, summed
from behavior_metrics.stats.rate_findings import effect_of
from behavior_metrics.stats.refusing import Floats
from behavior_metrics.stats.resampling import cluster_bootstrap
from behavior_metrics.stats.suppression import Bounds, bounds_by_slope, bounds_of_estimate
from behavior_metrics.stats.within_between import within_between

NEGATIVE_BINOMIAL = (
    "negative binomial regression (NB2) with site and quarter effects, site-clustered CR3 sandwich, t(sites - 1)"
)
REDRAWN = "percentile interval of 1,000 draws of whole sites, each one Newton step from the Poisson estimate"
#: The draws are the same in every study, so that a kept one is made anew.
SEED = 1

_LEAST_TOLD = 1e-6
_NOTHING_LEFT = 1e-11
_MAX_STEPS = 60
_STEP_TOLERANCE = 1e-11
# Log rates move by no more than this in one step, and a ridge of this share keeps what nothing tells where it is.
_LONGEST_STEP = 2.0
_RIDGE = 1e-10


def negative_binomial_within(cells: Sequence[Cell]) -> Estimate:
    """Rate ratio of a team one point above its own average when counts vary more than chance alone would have them.

    The design, the clusters and the interval are those of `climate_model.fit_climate_model`; where the counts ask for no
    more than Poisson the two agree. Source: Lawless (1987); R `MASS::glm.nb` with `clubSandwich::vcovCR(type = "CR3")`.

    Raises:
        NoEstimate: as `fit_climate_model` and `fit_negative_binomial` do.
    """
    columns = Columns.of(cells)
    design = design_of(columns)
    fit = fit_negative_binomial(columns.events, design.x, np.log(columns.batches), group=columns.site)
    error = float(clustered_covariance(fit, columns.site, "cr3")[0, 0]) ** 0.5
    return effect_of(
        "climate", float(fit.coef[0]), error, float(columns.site.max()), len(columns), NEGATIVE_BINOMIAL
    ).ratio


def redrawn_within(cells: Sequence[Cell], *, seed: int = SEED) -> Estimate:
    """The within-team rate ratio with the percentile interval of whole sites drawn again and again.

    A draw's estimate is the main one moved by one Newton step of the drawn sites' likelihood, sum of times_g U_g over sum of
    times_g I_g, which no thousand refits are needed for. It has no quantile of few sites: with fewer than some 20 it is
    too narrow and stands beside the interval of t(sites - 1), never instead of it.
    Source: Davison and Hinkley (1997), ch. 7.2; Field and Welsh (2007).

    Raises:
        NoEstimate: as `fit_climate_model` and `resampling.cluster_bootstrap` do.
    """
    model = fit_climate_model(tuple(cells))
    fit = model.fit
    information = cluster_information(fit.x, fit.weight, model.site)
    scores = summed(model.site, fit.residual[:, None] * fit.x)

    def within(times: Floats) -> Floats:
        held = np.tensordot(times, information, axes=1)
        inverse = np.linalg.pinv(held, rcond=_NOTHING_LEFT, hermitian=True)[:, 0]
        told = np.abs(np.einsum("rj,rj->r", inverse, held[:, :, 0]) - 1) < _LEAST_TOLD
        step = np.einsum("rj,rj->r", inverse, times @ scores)
        return np.where(told, fit.coef[0] + step, np.nan)

    found = cluster_bootstrap(within, len(scores), seed=seed).estimate
    return Estimate(exp(found.value), exp(found.low), exp(found.high), len(cells), REDRAWN, found.level)


def bounds_of_within(
    cells: Sequence[Cell], withheld: Sequence[Cell], released: float, *, lowest: float, highest: float
) -> Bounds:
    """How far the within-team log rate ratio `released` could move, whatever the climate of the withheld cells.

    `cells` have a released climate; that of `withheld` is not read but moved between `lowest` and `highest` to where the
    figure is least and greatest. Every site and quarter among them has an event (`panel.informative`). Raises NoEstimate
    with fewer than two sites, and as `suppression.bounds_by_slope` does. Source: Manski (1990).
    """
    if not withheld:
        return Bounds(released, released, released, 0)
    within = _Within(cells, withheld)
    return bounds_by_slope(within, released, len(withheld), lowest=lowest, highest=highest)


def bounds_of_within_by_search(
    cells: Sequence[Cell], withheld: Sequence[Cell], released: float, *, lowest: float, highest: float
) -> Bounds:
    """As `bounds_of_within`, each withheld cell in turn tried on a grid: how studies of the third method were bounded.

    Raises NoEstimate as `suppression.bounds_of_estimate` does. Source: Manski (1990).
    """
    if not withheld:
        return Bounds(released, released, released, 0)
    whole = _WithinOf(cells, withheld)
    return bounds_of_estimate(whole, released, len(withheld), lowest=lowest, highest=highest)


class _Within:
    """The within-team log rate ratio at the climates of the withheld cells, and how it changes with each of them."""

    def __init__(self, cells: Sequence[Cell], withheld: Sequence[Cell]) -> None:
        self.cells = Columns.of((*cells, *withheld))
        if not self.cells.site.any():
            raise NoEstimate("Not estimable because fewer than two sites are left, so nothing can be compared.")
        self.own = np.arange(len(cells), len(self.cells))
        # one team per site has no "between" that its site's own level would not take up
        self.columns = 1 + int(self.cells.team.max() > self.cells.site.max())
        covariates = self.cells.covariates - self.cells.covariates.mean(axis=0)
        self.others = np.column_stack([covariates, dummies(self.cells.quarter, without_first=True)])
        self.shift = np.log(self.cells.batches)
        self.size = np.bincount(self.cells.team)[self.cells.team[self.own]]
        self.last: tuple[Floats, Floats] = (
            np.zeros(self.columns + self.others.shape[1]),
            np.log(np.bincount(self.cells.site, self.cells.events) / np.bincount(self.cells.site, self.cells.batches)),
        )

    def __call__(self, climate: Floats) -> tuple[float, Floats]:
        """Return the figure and its change per point of each withheld climate (h), where these are `climate` (h).

        The maximum moves with a climate as the score does: d coef = I^-1 d score. A climate enters its own cell and, by the
        team's mean, every cell of its team. Raises NoEstimate when the likelihood does not settle.
        """
        cells = self.cells
        measured = cells.climate.copy()
        measured[self.own] = climate
        split = within_between(measured, cells.team)
        x = np.column_stack([np.column_stack([split.within, split.between])[:, : self.columns], self.others])
        coef, level = self.last = fit_with_levels(self._likelihood, x, cells.site, *self.last)
        there = self._likelihood(x @ coef + level[cells.site])
        inner = centred(x, there.information, cells.site)
        weighted = there.information[:, None] * inner
        team = cells.team[self.own]
        of_team = summed(cells.team, weighted)[team] / self.size[:, None]
        left_of_team = np.bincount(cells.team, there.slope)[team] / self.size
        between = float(coef[1]) if self.columns > 1 else 0.0
        change = -float(coef[0]) * (weighted[self.own] - of_team) - between * of_team
        change[:, 0] += there.slope[self.own] - left_of_team
        if self.columns > 1:
            change[:, 1] += left_of_team
        inverse = np.linalg.pinv(weighted.T @ inner, rcond=_NOTHING_LEFT, hermitian=True)
        return float(coef[0]), np.asarray(change @ inverse[0])

    def _likelihood(self, linear: Floats) -> Score:
        return poisson_score(self.cells.events, self.shift + linear)


class _WithinOf:
    """The within-team log rate ratio as a function of the withheld climates, for many of them at once.

    The maximum of `fit_climate_model`. Site effects are taken out beforehand: given the events of a site, its cells are
    multinomial with shares proportional to batches x exp(x b) (Hausman, Hall and Griliches 1984), which is the same maximum.
    """

    def __init__(self, cells: Sequence[Cell], withheld: Sequence[Cell]) -> None:
        every = (*cells, *withheld)
        self.known = np.array([cell.climate for cell in cells])
        self.team = members(["\n".join(team_of(cell)) for cell in every])
        self.site = dummies(members([cell.row.site for cell in every]))
        quarters = dummies(members([cell.row.quarter for cell in every], at_least=1), without_first=True)
        covariates = np.array([cell.row.covariates for cell in every], float).reshape(len(every), -1)
        self.others = np.column_stack([covariates - covariates.mean(axis=0), quarters])
        # one team per site has no "between" that its site's own level would not take up
        self.columns = 1 + (int(self.team.max()) + 1 > self.site.shape[1])
        self.shift = np.log([cell.row.batches for cell in every])
        self.events = np.array([cell.row.events for cell in every], float)
        self.of_site = self.events @ self.site
        self.last = np.zeros(self.columns + self.others.shape[1])

    def __call__(self, climates: Floats) -> Floats:
        """Return the figure (m) for climates to try (m x withheld); nan where the likelihood did not settle."""
        many = len(climates)
        x = np.empty((many, self.events.size, self.last.size))
        for number, one in enumerate(climates):
            split = within_between(np.concatenate([self.known, one]), self.team)
            x[number, :, : self.columns] = np.column_stack([split.within, split.between])[:, : self.columns]
        x[:, :, self.columns :] = self.others
        coef = np.tile(self.last, (many, 1))
        for _ in range(_MAX_STEPS):
            step = self._step(x, coef)
            coef = coef + step
            moved = np.abs(step).max(axis=1)
            if (moved < _STEP_TOLERANCE).all():
                break
        settled = moved < _STEP_TOLERANCE
        if settled.any():
            self.last = coef[settled][-1]
        return np.where(settled, coef[:, 0], np.nan)

    def _step(self, x: Floats, coef: Floats) -> Floats:
        """Newton's step (m x k) of every candidate, shortened where it would run away."""
        linear = self.shift + np.einsum("mnk,mk->mn", x, coef)
        risk = np.exp(linear - linear.max(axis=1, keepdims=True))
        mean = risk * ((self.of_site / (risk @ self.site)) @ self.site.T)
        weighted = mean[:, :, None] * x
        sums = self.site.T @ weighted
        information = x.transpose(0, 2, 1) @ weighted - sums.transpose(0, 2, 1) @ (sums / self.of_site[:, None])
        score = np.einsum("mnk,mn->mk", x, self.events - mean)
        largest = np.einsum("mkk->mk", information).max(axis=1)
        ridge = _RIDGE * largest[:, None, None] * np.eye(coef.shape[1])
        step = np.linalg.solve(information + ridge, score[:, :, None])[:, :, 0]
        reach = np.abs(np.einsum("mnk,mk->mn", x, step)).max(axis=1)
        return np.asarray(step * np.minimum(1.0, _LONGEST_STEP / np.maximum(reach, 1e-300))[:, None])
