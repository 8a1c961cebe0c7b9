"""Do these counts behave as the model says? More spread than chance, more rows without an event than expected.

Rows are judged against the negative binomial, not against Poisson: spread alone makes zeros, and whoever adds a second
process for them by reflex explains the same thing twice. No zero-inflated model is offered.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.negative_binomial import NegativeBinomialFit, fit_negative_binomial
from behavior_metrics.stats.poisson import fit_poisson
from behavior_metrics.stats.rate_findings import Dispersion, Zeros


@dataclass(frozen=True, slots=True)
class CountChecks:
    """Both checks of one model, and the negative binomial they rest on."""

    dispersion: Dispersion
    zeros: Zeros
    negative_binomial: NegativeBinomialFit


def check_counts(y: ArrayLike, x: ArrayLike, offset: ArrayLike | None = None) -> CountChecks:
    """Check counts (n) under a design (n x p, with intercept) and offset (n).

    Dispersion: sum of (y - mu)^2 / mu over n - p, and the likelihood ratio of alpha = 0 against half chi-square on 1 df.
    Zeros: rows with y = 0 against the sum of (1 + alpha mu)^(-1/alpha).
    Raises NoEstimate as `fit_negative_binomial` does. Source: Cameron and Trivedi (2013) ch. 3 and 5; R `MASS::glm.nb`.
    """
    plain = fit_poisson(y, x, offset)
    found = fit_negative_binomial(y, x, offset)
    n, p = found.x.shape
    pearson = float(np.sum(plain.residual**2 / plain.mean))
    chance = found.zero_chance
    return CountChecks(
        Dispersion(pearson / (n - p), n - p, found.alpha, found.lr_poisson, found.p_poisson),
        Zeros(
            rows=n,
            observed=int(np.sum(found.y == 0)),
            expected=float(chance.sum()),
            expected_poisson=float(np.exp(-plain.mean).sum()),
            spread=float(np.sqrt(np.sum(chance * (1 - chance)))),
        ),
        found,
    )
