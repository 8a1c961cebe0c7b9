"""Rates and what goes with them: one question, answered by four models that fail in different ways.

The first answer is Poisson regression with the cluster sandwich that holds with few sites (CR3, t(G-1)); negative
binomial, GEE and random intercept stand beside it. Where they disagree, the data are too few or the model is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.count_checks import CountChecks, check_counts
from behavior_metrics.stats.counts import Members, dummies, log_exposure, members, stacked
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.gee import GEE, fit_gee
from behavior_metrics.stats.negative_binomial import fit_negative_binomial
from behavior_metrics.stats.panel import DECLARED_LAG, Check
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson
from behavior_metrics.stats.random_intercept import RANDOM_INTERCEPT, fit_random_intercept
from behavior_metrics.stats.rate_findings import Effect, Needs, Refusal, clusters_needed, effect_of
from behavior_metrics.stats.refusing import Floats
from behavior_metrics.stats.within_between import adds_something, lagged, within_between

Family = Literal["poisson", "negative_binomial", "gee", "random_intercept"]

#: Below any of these a study shows rates and intervals, and no p: eight clusters, fifty events, ten of them per effect.
NEEDED: Mapping[str, int] = {"clusters": 8, "events": 50, "events per effect": 10}

METHODS: Mapping[Family, str] = {
    "poisson": "Poisson regression, CR3 sandwich by cluster, t(clusters - 1)",
    "negative_binomial": "negative binomial regression (NB2), CR3 sandwich by cluster, t(clusters - 1)",
    "gee": GEE,
    "random_intercept": RANDOM_INTERCEPT,
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows ready to be fitted: those of levels without any event are out, for they cannot move a ratio.

    `x` has `names` as its first columns, then an intercept or levels; `kept` marks the rows used of those given.
    """

    names: tuple[str, ...]
    y: Floats
    x: Floats
    offset: Floats
    cluster: Members
    kept: Members


@dataclass(frozen=True, slots=True)
class RateStudy:
    """Rate ratios per unit of each effect by four models, primary first; another is a Refusal where it cannot be fitted.

    `left_out` rows had a level (site, period) without any event.
    """

    primary: tuple[Effect, ...]
    negative_binomial: tuple[Effect, ...] | Refusal
    gee: tuple[Effect, ...] | Refusal
    random_intercept: tuple[Effect, ...] | Refusal
    checks: CountChecks
    gate: tuple[Check, ...]
    rows: int
    left_out: int
    clusters: int

    @property
    def told(self) -> bool:
        """Whether the gate is met; otherwise the page shows intervals and `answers`, and no p."""
        return all(check.met for check in self.gate)

    @property
    def needs(self) -> tuple[Needs, ...]:
        """For each effect that cannot be told from no association: how many clusters would find a ratio of .7."""
        return tuple(clusters_needed(one, what="clusters") for one in self.primary if one.verdict == "untold")

    @property
    def answers(self) -> tuple[str, ...]:
        """What may be said, most important first."""
        if not self.told:
            return tuple(
                f"Cannot tell yet: {check.key} would have to be {check.need}; there are {check.have}."
                for check in self.gate
                if not check.met
            )
        found = (one.answer for one in self.primary)
        needed = (one.answer for one in self.needs if not one.met)
        return (*found, *needed, self.checks.dispersion.answer, self.checks.zeros.answer)


@dataclass(frozen=True, slots=True)
class WithinBetween:
    """Rate ratios per unit: a group above its own average, groups apart on average, and the second over the first.

    `between` and `contextual` are None where no cluster has two groups that differ. `lag` is that declared beforehand.
    """

    within: Effect
    between: Effect | None
    contextual: Effect | None
    lag: int
    rows: int
    left_out: int


def rows_of(
    events: ArrayLike,
    exposure: ArrayLike,
    effects: Mapping[str, ArrayLike],
    cluster: ArrayLike,
    *,
    levels: Sequence[ArrayLike] = (),
) -> Rows:
    """Make `events` (n), `exposure` (n), named `effects` (n each) and `cluster` (n) ready, with a step per level.

    `levels` are labels (n each) that get effects of their own, such as site and period; without any there is an
    intercept. Levels without events are taken out again and again until none is left, as in R `fixest::fepois`.
    Raises NoEstimate as `counts.checked` does, naming the effect where it can.
    """
    y, shift = np.asarray(events, float), log_exposure(exposure)
    if y.shape != shift.shape:
        raise NoEstimate("Not estimable because events and exposure differ in their number of rows.")
    if not (np.isfinite(y).all() and y.any()):
        raise NoEstimate("Not estimable because a count is missing or no event happened in any row.")
    named = stacked(effects, y.size)
    steps = [members(label, "level", rows=y.size) for label in levels]
    whole = members(cluster, rows=y.size)
    kept = np.arange(y.size)
    while True:
        some = (
            np.all([np.bincount(step[kept], y[kept])[step[kept]] > 0 for step in steps], axis=0) if steps else kept >= 0
        )
        if some.all():
            break
        kept = kept[some]
    member = members(whole[kept])
    columns = [dummies(members(step[kept], "level with events"), without_first=i > 0) for i, step in enumerate(steps)]
    x = np.column_stack([stacked(dict(zip(effects, named[kept].T, strict=True)), kept.size), *columns])
    if not columns:
        x = np.column_stack([x, np.ones(kept.size)])
    return Rows(tuple(effects), y[kept], x, shift[kept], member, kept)


def rate_ratios(rows: Rows, family: Family = "poisson", *, level: float = 0.95) -> tuple[Effect, ...]:
    """Rate ratio per unit of each named effect by one family, errors clustered, t(G-1).

    Raises NoEstimate where the family cannot be fitted to these rows.

    Source: R `glm(poisson)` with `clubSandwich::vcovCR(type = "CR3")`; R `MASS::glm.nb`.
    """
    coef, covariance = _fitted(rows, family)
    df = int(rows.cluster.max())
    return tuple(
        effect_of(name, float(coef[k]), float(covariance[k, k]) ** 0.5, df, rows.y.size, METHODS[family], level=level)
        for k, name in enumerate(rows.names)
    )


def rate_study(
    events: ArrayLike,
    exposure: ArrayLike,
    effects: Mapping[str, ArrayLike],
    cluster: ArrayLike,
    *,
    period: ArrayLike | None = None,
    own_level: bool = False,
) -> RateStudy:
    """Rate ratio per unit of each effect, adjusted for `period`; with `own_level` also for each cluster's own level.

    `events` (n) counts, `exposure` (n) batches or hours above nought, `effects` named columns (n each), `cluster` (n)
    sites or teams. GEE and random intercept have the cluster in their errors and get no level of it.
    log E(y) = log exposure + effects b + steps. Raises NoEstimate when the primary model cannot be fitted.

    Source: own choice of models; each is compared with R in its own file.
    """
    times = () if period is None else (period,)
    fixed = rows_of(events, exposure, effects, cluster, levels=(*((cluster,) if own_level else ()), *times))

    def beside(family: Family) -> tuple[Effect, ...] | Refusal:
        try:
            shared = family in {"gee", "random_intercept"}
            return rate_ratios(rows_of(events, exposure, effects, cluster, levels=times) if shared else fixed, family)
        except NoEstimate as refused:
            return Refusal(str(refused))

    return RateStudy(
        primary=rate_ratios(fixed),
        negative_binomial=beside("negative_binomial"),
        gee=beside("gee"),
        random_intercept=beside("random_intercept"),
        checks=check_counts(fixed.y, fixed.x, fixed.offset),
        gate=_gate(fixed),
        rows=fixed.y.size,
        left_out=np.size(events) - fixed.y.size,
        clusters=int(fixed.cluster.max()) + 1,
    )


def within_between_rates(
    events: ArrayLike,
    exposure: ArrayLike,
    score: ArrayLike,
    group: ArrayLike,
    cluster: ArrayLike,
    period: ArrayLike,
    *,
    lag: int = DECLARED_LAG,
    family: Family = "poisson",
) -> WithinBetween:
    """Rate ratio per point of `score` `lag` periods earlier, within and between groups, with cluster and period steps.

    `group` (n) teams, of which each lies in one `cluster` (n, sites); `period` (n) whole numbers in steps of 1. Rows
    without a score at that lag are left out (a team that exists for three weeks has none). With family gee or
    random_intercept the cluster has no step of its own. Raises NoEstimate as `rows_of` and `lagged` do.

    Source: Mundlak (1978); Enders and Tofighi (2007).
    """
    if len({np.size(column) for column in (events, exposure, score, group, cluster, period)}) > 1:
        raise NoEstimate(
            "Not estimable because events, exposure, score, group and period differ in their number of rows."
        )
    before = lagged(score, group, period, lag)
    if np.isinf(before).any():
        raise NoEstimate("Not estimable because a score is not a number.")
    there = ~np.isnan(before)
    if not there.any():
        raise NoEstimate(f"Not estimable because no row has a score {lag} periods earlier.")
    y, area, when = (np.asarray(values)[there] for values in (events, exposure, period))
    team, site = members(group, "group")[there], members(cluster)[there]
    split = within_between(before[there], np.unique(team, return_inverse=True)[1])
    levels = [when] if family in {"gee", "random_intercept"} else [site, when]
    steps = np.column_stack([np.ones(team.size), *(dummies(np.unique(one, return_inverse=True)[1]) for one in levels)])
    effects = {"within": split.within}
    if adds_something(split.between, steps):
        effects["between"] = split.between
    rows = rows_of(y, area, effects, site, levels=levels)
    coef, covariance = _fitted(rows, family)
    df, n, method = int(rows.cluster.max()), rows.y.size, METHODS[family]
    found = rate_ratios(rows, family)
    between = contextual = None
    if len(found) > 1:
        between = found[1]
        se = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) ** 0.5
        contextual = effect_of("contextual", float(coef[1] - coef[0]), se, df, n, method)
    return WithinBetween(found[0], between, contextual, lag, n, np.size(events) - n)


def _gate(rows: Rows) -> tuple[Check, ...]:
    have = (int(rows.cluster.max()) + 1, int(rows.y.sum()), int(rows.y.sum()) // len(rows.names))
    return tuple(Check(key, there, need) for (key, need), there in zip(NEEDED.items(), have, strict=True))


def _fitted(rows: Rows, family: Family) -> tuple[Floats, Floats]:
    """Coefficients and their clustered covariance."""
    if family == "gee":
        averaged = fit_gee(rows.y, rows.x, rows.offset, rows.cluster)
        return averaged.coef, averaged.corrected
    if family == "random_intercept":
        own = fit_random_intercept(rows.y, rows.x, rows.offset, rows.cluster)
        return own.coef, own.covariance
    fit = (fit_poisson if family == "poisson" else fit_negative_binomial)(rows.y, rows.x, rows.offset)
    return fit.coef, clustered_covariance(fit, rows.cluster, "cr3")
