"""Rates of small sites drawn towards what all sites share, so that chance is not read as difference."""

from dataclasses import dataclass
from math import exp, inf, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.intervals import Estimate

GAMMA_POISSON = "gamma-Poisson empirical Bayes, equal-tailed 95 % interval"

# A shape beyond this is "no difference between sites" for any count met here.
_LARGEST_LOG_SHAPE = 14.0


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Rates per unit of exposure in the order given, the mean all share, and the shape (small: sites differ much)."""

    rates: tuple[Estimate, ...]
    mean: float
    shape: float


def shrunken_rates(events: ArrayLike, exposure: ArrayLike) -> Shrunken:
    """Rates (y + shape) / (E + shape / mean), from y ~ Poisson(E r) and r ~ Gamma(shape, mean).

    Mean and shape by marginal maximum likelihood, as an intercept-only negative binomial with offset (R `glm.nb`).
    Needs two sites or more and at least one event, else ValueError.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - loaded on first use, as all of scipy
    from scipy.special import gammaln  # noqa: PLC0415 - the same

    y, area = np.asarray(events, float), np.asarray(exposure, float)
    if y.size < 2 or y.sum() == 0:
        raise ValueError("Drawing rates together needs two sites or more and at least one event.")

    def minus_likelihood(parameters: NDArray[np.float64]) -> float:
        shape, mean = exp(parameters[1]), exp(parameters[0])
        expected = mean * area
        return -float(
            np.sum(
                gammaln(y + shape)
                - gammaln(shape)
                - shape * np.log1p(expected / shape)
                + y * np.log(expected / (shape + expected))
            )
        )

    start = np.array([log(y.sum() / area.sum()), 0.0])
    found = minimize(
        minus_likelihood,
        start,
        method="Nelder-Mead",
        bounds=((-inf, inf), (-_LARGEST_LOG_SHAPE, _LARGEST_LOG_SHAPE)),
        options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000},
    )
    mean, shape = exp(found.x[0]), exp(found.x[1])
    rates = []
    for count, batch in zip(y, area, strict=True):
        scale = 1 / (batch + shape / mean)
        low, high = (quantiles.gamma(count + shape, tail) * scale for tail in (0.025, 0.975))
        rates.append(Estimate(float((count + shape) * scale), low, high, int(count), GAMMA_POISSON))
    return Shrunken(tuple(rates), mean, shape)
