"""Rates of small sites drawn towards what all sites share, so that chance is not read as difference."""

from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.refusing import Floats

GAMMA_POISSON = "gamma-Poisson empirical Bayes, equal-tailed 95 % interval"

# A shape beyond this is "no difference between sites" for any count met here.
_LARGEST_LOG_SHAPE = 14.0
_STEPS = 80


@dataclass(frozen=True, slots=True)
class Prior:
    """What all sites share: the mean rate per unit of exposure, and the shape (small: sites differ much)."""

    mean: float
    shape: float

    def rate(self, events: int, exposure: float) -> Estimate:
        """One site's rate drawn towards the mean: (y + shape) / (E + shape / mean), with its interval."""
        scale = 1 / (exposure + self.shape / self.mean)
        low, high = (quantiles.gamma(events + self.shape, tail) * scale for tail in (0.025, 0.975))
        return Estimate((events + self.shape) * scale, low, high, events, GAMMA_POISSON)


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
    y, area = np.asarray(events, float), np.asarray(exposure, float)
    prior = shared_prior(y, area)
    rates = tuple(prior.rate(int(count), float(batches)) for count, batches in zip(y, area, strict=True))
    return Shrunken(rates, prior.mean, prior.shape)


def shared_prior(events: ArrayLike, exposure: ArrayLike) -> Prior:
    """Mean and shape alone, as `shrunken_rates` finds them: the root of the profile score, by halving on the log scale.

    Needs two sites or more and at least one event, else ValueError.

    Source: marginal maximum likelihood; R `MASS::glm.nb(y ~ 1 + offset(log(E)))`.
    """
    y, area = np.asarray(events, float), np.asarray(exposure, float)
    if y.size < 2 or y.sum() == 0:
        raise ValueError("Drawing rates together needs two sites or more and at least one event.")
    # lgamma(y + k) - lgamma(k) over all sites is the sum over j of log(k + j) times the sites with more than j events
    more_than = y.size - np.cumsum(np.bincount(y.astype(int)))[:-1]
    steps = np.arange(more_than.size)

    def score(log_shape: float) -> float:
        shape = exp(log_shape)
        expected = _mean_at(shape, y, area) * area
        of_sites = (expected - y) / (shape + expected) - np.log1p(expected / shape)
        return float(np.sum(more_than / (shape + steps)) + of_sites.sum())

    low, high = -_LARGEST_LOG_SHAPE, _LARGEST_LOG_SHAPE
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if score(middle) > 0 else (low, middle)
    shape = exp(low)
    return Prior(_mean_at(shape, y, area), shape)


def _mean_at(shape: float, y: Floats, area: Floats) -> float:
    """The likeliest mean rate at a shape, by Newton's steps on its logarithm."""
    log_mean = log(y.sum() / area.sum())
    for _ in range(_STEPS):
        expected = exp(log_mean) * area
        slope = np.sum((y - expected) / (shape + expected))
        step = float(slope / np.sum(expected * (shape + y) / (shape + expected) ** 2))
        log_mean += step
        if abs(step) < 1e-14:
            break
    return exp(log_mean)
