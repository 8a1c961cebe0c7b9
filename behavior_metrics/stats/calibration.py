"""Regression calibration: what the association would be had climate been measured without rounding and sampling error.

A released cell differs from its team's true climate by random rounding to base b (variance b^2/6) and by who answered
(the within-team variance over n). Both draw a slope towards nought. The correction takes the known error out of the
spread of the predictor (Carroll, Ruppert, Stefanski and Crainiceanu 2006, ch. 4) and is always shown beside the
uncorrected figure, never instead of it: it treats the error variance as known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from behavior_metrics.stats.refusing import Floats

_LEAST_RELIABILITY = 0.2


@dataclass(frozen=True, slots=True)
class Correction:
    """`matrix` turns the k error-prone coefficients into corrected ones; `reliability` (0 to 1) is the first's."""

    matrix: Floats
    reliability: float


def rounding_variance(base: Floats) -> Floats:
    """Variance of unbiased random rounding to multiples of `base` (n), over a true value anywhere between two of them."""
    return base * base / 6


def correction(
    weights: Floats,
    error_prone: Floats,
    others: Floats,
    team: NDArray[np.intp],
    error_variance: Floats,
    *,
    level: NDArray[np.intp],
) -> Correction | None:
    """Matrix that undoes the attenuation of the within-team (column 0) and between-team (column 1) coefficients.

    `weights` fitted means (n), `error_prone` the climate columns (n x k), `others` every other column (n x q),
    `team` 0 … T-1 per row, `error_variance` of each row's climate (n), `level` the group (0 … G-1 per row, each team in one)
    whose own level the model has: what it takes up is out of the columns (`levels.centred`). None when less than a fifth of
    what varies is signal: a correction five-fold or more would be a guess.
    """
    spread = _without(error_prone, error_prone, others, weights)
    noise = _noise(weights, others, team, error_variance, error_prone.shape[1], level)
    # Columns have different units of spread; whiten before asking how much of it is signal.
    root = np.linalg.cholesky(spread)
    half = np.linalg.solve(root, noise)
    whitened = np.linalg.solve(root, half.T)
    if 1 - float(np.linalg.eigvalsh(whitened).max()) < _LEAST_RELIABILITY:
        return None
    reliability = 1 - float(noise[0, 0] / spread[0, 0])
    return Correction(np.asarray(np.linalg.solve(spread - noise, spread), np.float64), reliability)


def _without(left: Floats, right: Floats, others: Floats, weights: Floats) -> Floats:
    """Weighted cross-products of two sets of columns after the others have been regressed out."""
    weighted = weights[:, None] * others
    inner = np.linalg.solve(others.T @ weighted, weighted.T @ right)
    return np.asarray(left.T @ (weights[:, None] * right) - (weighted.T @ left).T @ inner)


def _noise(
    weights: Floats,
    others: Floats,
    team: NDArray[np.intp],
    error_variance: Floats,
    columns: int,
    level: NDArray[np.intp],
) -> Floats:
    """Expected cross-products of the error in each climate column after the others and the levels have been regressed out.

    The error e of a cell enters the within column as e - mean(e) of its team and the between column as mean(e), so with
    W the weights, Z the others and C either map the expectation is the sum over cells of
    var(e_j) [C' W C - C' W Z (Z' W Z)^-1 Z' W C]_jj. A level's column touches its own rows alone and, with the others less
    their mean in it, is at right angles to them, so that both parts add up.
    """
    size = np.bincount(team).astype(float)[team]
    share = np.bincount(team, weights)[team] / size**2
    weighted = weights[:, None] * others
    totals = np.zeros((int(team.max()) + 1, others.shape[1]))
    np.add.at(totals, team, weighted)
    mean_part = totals[team] / size[:, None]
    parts = (weighted - mean_part, mean_part)
    team_weight = np.bincount(team, weights)[team] / size
    of_level = (weights - team_weight, team_weight)
    level_weight = np.bincount(level, weights)[level]
    direct = ((weights - 2 * weights / size + share, weights / size - share), (weights / size - share, share))
    inverse = np.linalg.inv(others.T @ weighted)
    noise = np.empty((columns, columns))
    for i in range(columns):
        for j in range(columns):
            explained = np.einsum("na,ab,nb->n", parts[i], inverse, parts[j], optimize=True)
            by_level = of_level[i] * of_level[j] / level_weight
            noise[i, j] = np.sum(error_variance * (direct[i][j] - explained - by_level))
    return noise
