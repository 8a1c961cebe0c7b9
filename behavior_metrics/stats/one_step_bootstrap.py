"""Clusters drawn anew where they are few: each replicate is one exact Newton step of its own partial likelihood.

To first order (`cluster_bootstrap`) a replicate only adds up what clusters move; with a dozen sites a site drawn three times
also changes how much the rows tell, and its events tie with themselves. Here both are counted, and no model is fitted again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import Members, members
from behavior_metrics.stats.cox import CoxFit
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats
from behavior_metrics.stats.resampling import REPLICATES, draws
from behavior_metrics.stats.risk_sets import computable

#: Numbers that one stretch of event times may take for all replicates or clusters.
_MOST = 4_000_000
#: Condition of a scaled information beyond which effects cannot be told apart.
_UNTOLD = 1e10
#: More tied events than this are added up in closed form.
_MANY = 256

Pair = tuple[int, ...]


def one_step_bootstrap(fit: CoxFit, cluster: ArrayLike, *, replicates: int = REPLICATES, seed: int = 1) -> Floats:
    """Return the coefficients (replicates x p) one Newton step from the fit's, its clusters (n labels) drawn anew.

    Raises NoEstimate for a single cluster, and where a replicate cannot tell every effect.
    Source: Davison and Hinkley (1997), ch. 7.2; R `coxph(..., data = d[drawn, ], init = coef(fit), iter.max = 1)`.
    """
    member = members(cluster, rows=len(fit.x))
    return one_step(fit, member, draws(int(member.max()) + 1, replicates, seed))


@computable()
def one_step(fit: CoxFit, member: Members, times: Floats) -> Floats:
    """Return the coefficients (R x p) after one Newton step, each cluster taken `times` (R x G); `member` (n) is 0 to G - 1.

    With S, D sums of r, r x and r x x' over those at risk and those with an event at a time, taken so often: the score is
    sum of x less sum over l < d of (S1 - l/d D1) / (S0 - l/d D0), the information its slope, d with the repeats counted.
    Raises NoEstimate as `one_step_bootstrap` does. Source: Efron (1977) for the ties.
    """
    replicates, size = times.shape
    p = fit.x.shape[1]
    sums = _Sums(fit, member, size)
    score, information = np.zeros((replicates, p)), np.zeros((replicates, p, p))
    own = fit.sets.dying
    for j in range(p):
        score[:, j] = times @ np.bincount(member[own], sums.x[own, j], size)
    width = max(1, _MOST // (max(size, replicates) * (p + 1) ** 2))
    for begin in range(0, len(fit.sets.time), width):
        _add_stretch(sums, times, slice(begin, min(begin + width, len(fit.sets.time))), score, information)
    root = np.sqrt(np.maximum(np.diagonal(information, axis1=1, axis2=2), 0))
    if (root == 0).any() or (np.linalg.cond(information / (root[:, :, None] * root[:, None])) > _UNTOLD).any():
        raise NoEstimate("Not estimable because some replicate has too few clusters to tell every effect.")
    step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
    return np.asarray(fit.coef + step / sums.spread)


class _Sums:
    """Sums of each cluster over its rows, a stretch of event times at a time; covariates centred and scaled."""

    def __init__(self, fit: CoxFit, member: Members, size: int) -> None:
        self.sets, self.member, self.size = fit.sets, member, size
        self.efron = fit.ties == "efron"
        self.spread = fit.x.std(axis=0)
        self.x = (fit.x - fit.x.mean(axis=0)) / self.spread
        linear = self.x @ (fit.coef * self.spread)
        self.risk = np.exp(linear - linear.max())

    def pairs(self) -> Iterator[Pair]:
        """Return the products of covariates that a step needs: none, one, two."""
        p = self.x.shape[1]
        yield ()
        yield from ((j,) for j in range(p))
        yield from ((i, j) for i in range(p) for j in range(i, p))

    def at_risk(self, pair: Pair, part: slice) -> Floats:
        """Return r times the product (G x times) over the rows at risk at each event time of a stretch."""
        sets, width = self.sets, part.stop - part.start + 1
        rows = np.flatnonzero((sets.enters < part.stop) & (sets.leaves > part.start))
        value, place = self._value(pair, rows), self.member[rows] * width
        begin = np.maximum(sets.enters[rows] - part.start, 0)
        end = np.minimum(sets.leaves[rows] - part.start, width - 1)
        change = np.bincount(place + begin, value, self.size * width)
        change -= np.bincount(place + end, value, self.size * width)
        return np.asarray(np.cumsum(change.reshape(self.size, width), axis=1)[:, :-1])

    def at_events(self, pair: Pair | None, part: slice) -> Floats:
        """Return the same over the rows with an event there; how many there are for None."""
        here = (self.sets.at >= part.start) & (self.sets.at < part.stop)
        rows, width = self.sets.dying[here], part.stop - part.start
        value = np.ones(rows.size) if pair is None else self._value(pair, rows)
        place = self.member[rows] * width + self.sets.at[here] - part.start
        return np.asarray(np.bincount(place, value, self.size * width).reshape(self.size, width))

    def _value(self, pair: Pair, rows: Members) -> Floats:
        return np.asarray(self.risk[rows] * np.prod(self.x[rows][:, list(pair)], axis=1))


def _add_stretch(sums: _Sums, times: Floats, part: slice, score: Floats, information: Floats) -> None:
    """Add what a stretch of event times gives to the score (R x p) and information (R x p x p) of every replicate."""
    tied = np.rint(times @ sums.at_events(None, part))
    whole = {pair: times @ sums.at_risk(pair, part) for pair in sums.pairs()}
    none = np.zeros_like(tied)
    ends = {pair: times @ sums.at_events(pair, part) if sums.efron else none for pair in sums.pairs()}
    hazard, shared, c0, c1, c2 = _tied_sums(whole[()], ends[()], tied, efron=sums.efron)
    p = score.shape[1]
    for i in range(p):
        one, one_ends = whole[i,], ends[i,]
        score[:, i] -= np.sum(one * hazard - one_ends * shared, axis=1)
        for j in range(i, p):
            other, other_ends = whole[j,], ends[j,]
            squares = one * other * c0 - (one * other_ends + one_ends * other) * c1 + one_ends * other_ends * c2
            found = np.sum(whole[i, j] * hazard - ends[i, j] * shared - squares, axis=1)
            information[:, i, j] += found
            if i != j:
                information[:, j, i] += found


def _tied_sums(total: Floats, ends: Floats, tied: Floats, *, efron: bool) -> list[Floats]:
    """Sums over the tied events of 1/u, f/u, 1/u^2, f/u^2, f^2/u^2, with f = l/d and u = S - f D, by replicate and time."""
    found = [np.zeros_like(total) for _ in range(5)]
    if not efron:
        once = np.divide(1.0, total, out=np.zeros_like(total), where=tied > 0)
        found[0], found[2] = tied * once, tied * once**2
        return found
    many = tied > _MANY
    if many.any():
        for into, value in zip(found, _many_tied(total[many], ends[many], tied[many]), strict=True):
            into[many] = value
    for ordinal in range(int(tied[~many].max(initial=0))):
        here = (tied > ordinal) & ~many
        share = ordinal / tied[here]
        once = 1 / (total[here] - share * ends[here])
        for into, value in zip(found, (once, share * once, once**2, share * once**2, (share * once) ** 2), strict=True):
            into[here] += value
    return found


def _many_tied(total: Floats, ends: Floats, tied: Floats) -> tuple[Floats, ...]:
    """Return the sums of `_tied_sums` by the digamma and trigamma functions (Abramowitz and Stegun 6.3.6, 6.4.6)."""
    from scipy.special import digamma, zeta  # noqa: PLC0415 - loaded on first use, as all of scipy

    step = ends / tied
    top = total / step + 1
    once = (digamma(top) - digamma(top - tied)) / step
    square = (zeta(2, top - tied) - zeta(2, top)) / step**2
    return (
        once,
        (total * once - tied) / ends,
        square,
        (total * square - once) / ends,
        (total**2 * square - 2 * total * once + tied) / ends**2,
    )
