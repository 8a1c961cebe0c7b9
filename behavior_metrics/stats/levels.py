"""Count regression with a level for each group, the levels taken out of the equations: hundreds of sites cost what ten do.

A level per site is as many columns as there are sites, and every step would solve for all of them. They touch nothing but
their own rows, so each step is taken in the other effects alone, from columns less their group's weighted mean, and the
levels follow (Frisch and Waugh 1933; Lovell 1963). Coefficients, covariance and every sandwich whose clusters are these
groups, or lie within them, are those of the design with the columns written out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import Members, checked_with_levels
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.poisson import PoissonFit, inverse_information
from behavior_metrics.stats.refusing import Floats

_MAX_STEPS = 100
_STEP_TOLERANCE = 1e-12
_LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, slots=True)
class Score:
    """What a likelihood says at some linear predictor: its height, and per row its slope and its information (n)."""

    height: float
    slope: Floats
    information: Floats


#: Linear predictor (n) -> what the likelihood says there.
Likelihood = Callable[[Floats], Score]


def poisson_score(y: Floats, linear: Floats) -> Score:
    """What the Poisson likelihood of counts (n) says at log means (n), but for the constant."""
    predicted = np.clip(linear, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
    mean = np.exp(predicted)
    return Score(float(y @ predicted - mean.sum()), y - mean, mean)


def centred(x: Floats, weight: Floats, group: Members) -> Floats:
    """Columns (n x k) less their weighted mean in each group: what the group's own level cannot take up."""
    return x - group_means(x, weight, group)[group]


def group_means(x: Floats, weight: Floats, group: Members) -> Floats:
    """Weighted mean of each column in each group (G x k)."""
    total = np.bincount(group, weight)
    return np.column_stack([np.bincount(group, weight * column) / total for column in x.T])


def fit_with_levels(
    likelihood: Likelihood, x: Floats, group: Members, coef: Floats, level: Floats
) -> tuple[Floats, Floats]:
    """Fisher scoring with halved steps, from these coefficients (k) and levels (G) on; return both at the maximum.

    With e the slopes and w the information of the rows, M the centred columns: step = (M'wM)^-1 M'e, and a group's level
    moves by its sum of e over its sum of w, less its mean columns times that step.

    Raises NoEstimate when the likelihood does not settle.
    """
    here = likelihood(x @ coef + level[group])
    for _ in range(_MAX_STEPS):
        means = group_means(x, here.information, group)
        inner = x - means[group]
        step = np.linalg.lstsq(inner.T @ (here.information[:, None] * inner), inner.T @ here.slope, rcond=None)[0]
        raised = np.bincount(group, here.slope) / np.bincount(group, here.information) - means @ step
        for _ in range(_MAX_STEPS):
            after = likelihood(x @ (coef + step) + (level + raised)[group])
            if after.height >= here.height - abs(here.height) * _STEP_TOLERANCE:
                break
            step, raised = step / 2, raised / 2
        coef, level, here = coef + step, level + raised, after
        moved = max(
            float(np.max(np.abs(step) / (np.abs(coef) + 1), initial=0.0)),
            float(np.max(np.abs(raised) / (np.abs(level) + 1))),
        )
        if moved < _STEP_TOLERANCE:
            return coef, level
    raise NoEstimate("Not estimable because the likelihood did not settle on a maximum.")


def fit_poisson_with_levels(
    y: ArrayLike, x: ArrayLike, group: Members, offset: ArrayLike | None = None
) -> tuple[PoissonFit, Floats]:
    """Maximum likelihood of log E(y) = offset + level of the group + x b; return the fit and the levels (G).

    `y` counts (n), `x` effects without an intercept (n x k), `group` 0 … G-1 per row, `offset` log of exposure (n). The
    fit's `x` are the centred columns, so that its covariance (k x k) and any sandwich of it are those of the whole design.
    Raises NoEstimate as `poisson.fit_poisson` does.

    Source: Frisch and Waugh (1933); R `fixest::fepois`, or `glm(family = poisson)` with the groups as a factor.
    """
    counts, effects, shift = checked_with_levels(y, x, group, offset)

    def likelihood(linear: Floats) -> Score:
        return poisson_score(counts, shift + linear)

    begin = np.log(np.bincount(group, counts) / np.bincount(group, np.exp(shift)))
    coef, level = fit_with_levels(likelihood, effects, group, np.zeros(effects.shape[1]), begin)
    mean = np.exp(np.clip(shift + effects @ coef + level[group], -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
    inner = centred(effects, mean, group)
    return PoissonFit(coef, mean, inverse_information(inner, mean), counts, inner), level
