"""Every analysis of a study that was brought: the same estimates as of our own records, on anybody's rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from math import inf, isfinite, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from behavior_metrics.imported_study.table import Floats, Intervals
from behavior_metrics.stats import quantiles
from behavior_metrics.stats.cluster_bootstrap import bootstrapped
from behavior_metrics.stats.cox import CoxFit, clustered, fit_cox, rate_ratios
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.frailty import METHOD as FRAILTY
from behavior_metrics.stats.frailty import fit_gamma_frailty
from behavior_metrics.stats.log_rank import log_rank
from behavior_metrics.stats.one_step_bootstrap import one_step_bootstrap
from behavior_metrics.stats.proportional_hazards import proportional_hazards
from behavior_metrics.stats.rate_findings import Effect, effect_of
from behavior_metrics.stats.rate_model import Family, rows_of
from behavior_metrics.stats.rate_model import rate_ratios as rate_ratios_of_counts
from behavior_metrics.stats.recurrent import mean_cumulative_count, time_to_first
from behavior_metrics.stats.resampling import REPLICATES
from behavior_metrics.stats.risk_sets import computable
from behavior_metrics.stats.sensitivity import adjust, e_value

METHOD_VERSION = 2
#: Ordinals of events that have a stratum of their own; few units are at risk of later ones.
MOST_ORDINALS = 5
#: Points of a curve that are kept: as many as a picture can show.
POINTS = 200
#: A covariate, or the strata, with so many values at most is taken for groups; more of them would name single units.
MOST_GROUPS = 12
#: Up to so many clusters and event times each draw is an exact step; more clusters differ little from the first order.
FEW_CLUSTERS, FEW_TIMES = 100, 2_000

Plain = dict[str, Any]


def analyse(rows: Intervals) -> Plain:
    """Run every analysis on the rows; each gives its figures, or the sentence why there is none, under ``refused``.

    Rate ratios are per unit of a covariate, with intervals of clusters and t(clusters - 1).
    """
    study = _Study(rows)
    analyses: dict[str, Callable[[], Plain]] = {
        "andersen_gill": study.andersen_gill,
        "within_between": study.within_between,
        "pwp_total_time": study.total_time,
        "pwp_gap_time": study.gap_time,
        "gamma_frailty": study.frailty,
        "proportional_hazards": study.constancy,
        "bootstrap": study.bootstrap,
        "rate_poisson": partial(study.rates, "poisson"),
        "rate_negative_binomial": partial(study.rates, "negative_binomial"),
        "mean_cumulative_count": study.mean_count,
        "time_to_first": study.first,
        "log_rank": study.groups,
    }
    return {
        "method_version": METHOD_VERSION,
        "rows": len(rows.unit),
        "units": len(np.unique(rows.unit)),
        "clusters": len(np.unique(rows.cluster)),
        "clustered_by": rows.clustered_by,
        "strata": None if rows.strata is None else len(np.unique(rows.strata)),
        "events": rows.events,
        "time_at_risk": float((rows.stop - rows.start).sum()),
        "covariates": list(rows.names),
        "analyses": {name: _or_why_not(run) for name, run in analyses.items()},
    }


def _or_why_not(run: Callable[[], Plain]) -> Plain:
    try:
        return run()
    except NoEstimate as reason:
        return {"refused": str(reason)}


@dataclass(frozen=True)
class _Study:
    """The rows, and the fit that several analyses read."""

    rows: Intervals

    @cached_property
    def _primary(self) -> CoxFit:
        rows = self.rows
        if not rows.names:
            raise NoEstimate("Not estimable because the file has no covariate.")
        return fit_cox(rows.start, rows.stop, rows.count, rows.covariates, strata=rows.strata)

    def andersen_gill(self) -> Plain:
        fit, rows = self._primary, self.rows
        found = _ratios(fit, rows, rows.names)
        adjusted = adjust([one["p"] for one in found.values()], "bh").tolist()
        for (name, one), p in zip(found.items(), adjusted, strict=True):
            found[name] = {**one, "p_adjusted": p, **_needed(one)}
        return {"ratios": found, "loglik": fit.loglik, "loglik_null": fit.loglik_null}

    def within_between(self) -> Plain:
        """Split every covariate that changes within units into the unit's mean and what is left (Mundlak 1978)."""
        rows = self.rows
        member = np.unique(rows.unit, return_inverse=True)[1]
        columns, names = [], []
        for name, column in zip(rows.names, rows.covariates.T, strict=True):
            mean = (np.bincount(member, column) / np.bincount(member))[member]
            if np.ptp(column - mean) > 1e-12 * (1 + np.abs(column).max()):
                columns += [column - mean, mean]
                names += [f"{name} within", f"{name} between"]
            else:
                columns, names = [*columns, column], [*names, name]
        if len(names) == len(rows.names):
            raise NoEstimate("Not estimable because no covariate changes within a unit.")
        fit = fit_cox(rows.start, rows.stop, rows.count, np.column_stack(columns), strata=rows.strata)
        return {"ratios": _ratios(fit, rows, tuple(names))}

    def total_time(self) -> Plain:
        rows, ordinal = self.rows, _ordinals(self.rows)
        kept = ordinal <= MOST_ORDINALS
        fit = fit_cox(rows.start[kept], rows.stop[kept], rows.count[kept], rows.covariates[kept], strata=ordinal[kept])
        return {"ratios": _ratios(fit, rows, rows.names, kept), "ordinals": MOST_ORDINALS}

    def gap_time(self) -> Plain:
        rows, ordinal = self.rows, _ordinals(self.rows)
        kept = ordinal <= MOST_ORDINALS
        begun = _begun(rows, ordinal)[kept]
        fit = fit_cox(
            rows.start[kept] - begun,
            rows.stop[kept] - begun,
            rows.count[kept],
            rows.covariates[kept],
            strata=ordinal[kept],
        )
        return {"ratios": _ratios(fit, rows, rows.names, kept), "ordinals": MOST_ORDINALS}

    def frailty(self) -> Plain:
        rows = self.rows
        if rows.strata is not None:
            raise NoEstimate("Not estimable because strata and a frailty together are not part of this version.")
        fit = fit_gamma_frailty(rows.start, rows.stop, rows.count, rows.covariates, rows.unit)
        each = zip(rows.names, fit.coef.tolist(), fit.se.tolist(), strict=True)
        return {
            "ratios": {name: _effect(effect_of(name, coef, se, inf, rows.events, FRAILTY)) for name, coef, se in each},
            "theta": fit.theta,
            "loglik": fit.loglik,
        }

    def constancy(self) -> Plain:
        found = proportional_hazards(self._primary)
        each = zip(self.rows.names, found.chisq.tolist(), found.p.tolist(), strict=True)
        return {
            "covariates": {name: {"chisq": chisq, "p": p} for name, chisq, p in each},
            "all": {"chisq": found.chisq_all, "p": found.p_all},
        }

    def bootstrap(self) -> Plain:
        fit, cluster = self._primary, self.rows.cluster
        exact = len(np.unique(cluster)) <= FEW_CLUSTERS and len(fit.sets.time) <= FEW_TIMES
        with computable():
            drawn = np.exp((one_step_bootstrap if exact else bootstrapped)(fit, cluster))
        low, high = np.percentile(drawn, [2.5, 97.5], axis=0).tolist()
        each = zip(self.rows.names, low, high, strict=True)
        return {
            "replicates": REPLICATES,
            "each": "one exact step" if exact else "to first order",
            "ratios": {name: {"low": lower, "high": upper} for name, lower, upper in each},
        }

    def rates(self, family: Family) -> Plain:
        """Count events per time at risk, with a level for each stratum."""
        rows = self.rows
        if not rows.names:
            raise NoEstimate("Not estimable because the file has no covariate.")
        effects = dict(zip(rows.names, rows.covariates.T, strict=True))
        levels = () if rows.strata is None else (rows.strata,)
        counted = rows_of(rows.count, rows.stop - rows.start, effects, rows.cluster, levels=levels)
        return {"ratios": {one.name: _effect(one) for one in rate_ratios_of_counts(counted, family)}}

    def mean_count(self) -> Plain:
        rows = self.rows
        curve = mean_cumulative_count(rows.unit, rows.start, rows.stop, rows.count)
        low, high = curve.limits()
        return _curve(time=curve.time, at_risk=curve.at_risk.astype(float), mean=curve.mean, low=low, high=high)

    def first(self) -> Plain:
        curve = time_to_first(*_to_first(self.rows))
        return _curve(
            time=curve.time, at_risk=curve.at_risk.astype(float), share=curve.share, low=curve.low, high=curve.high
        )

    def groups(self) -> Plain:
        """Compare when the first event came between the values of what is one of a few, and the same for all of a unit's rows.

        Within strata, where these are the same for all of a unit's rows too; the strata themselves are compared as well.
        """
        rows = self.rows
        time, event = _to_first(rows)
        strata = None if rows.strata is None else _of_unit(rows, rows.strata)
        compared = {
            name: (own, strata)
            for name, column in zip(rows.names, rows.covariates.T, strict=True)
            if (own := _of_unit(rows, column)) is not None and 2 <= len(np.unique(own)) <= MOST_GROUPS
        }
        if strata is not None and 2 <= len(np.unique(strata)) <= MOST_GROUPS:
            compared["strata"] = (strata, None)
        if not compared:
            raise NoEstimate(
                f"Not estimable because no covariate has two to {MOST_GROUPS} values that stay the same for a unit, "
                "and neither have the strata."
            )
        found = {name: log_rank(time, event, own, within) for name, (own, within) in compared.items()}
        return {
            "covariates": {
                name: {
                    "chisq": one.chisq,
                    "df": one.df,
                    "p": one.p,
                    "groups": {
                        str(label): {"observed": seen, "expected": expected}
                        for label, seen, expected in zip(
                            np.unique(compared[name][0]).tolist(),
                            one.observed.tolist(),
                            one.expected.tolist(),
                            strict=True,
                        )
                    },
                }
                for name, one in found.items()
            }
        }


def _ratios(fit: CoxFit, rows: Intervals, names: tuple[str, ...], kept: Any = slice(None)) -> dict[str, Plain]:  # noqa: ANN401
    cluster = rows.cluster[kept]
    groups = len(np.unique(cluster))
    found = rate_ratios(fit, cluster)
    errors = np.sqrt(np.diag(clustered(fit, cluster, few=True))).tolist()
    by_rows = np.sqrt(np.diag(clustered(fit, cluster))).tolist()
    return {
        name: {
            "ratio": one.value,
            "low": one.low,
            "high": one.high,
            "coef": coef,
            "se": error,
            "se_lin_wei": plain,
            "p": 2 * quantiles.student_below(groups - 1, -abs(coef) / error),
        }
        for name, one, coef, error, plain in zip(names, found, fit.coef.tolist(), errors, by_rows, strict=True)
    }


def _effect(one: Effect) -> Plain:
    ratio = one.ratio
    return {
        "ratio": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "coef": log(ratio.value),
        "se": one.se,
        "p": one.p,
    }


def _needed(one: Plain) -> Plain:
    """How strong something unmeasured would have to be (VanderWeele and Ding 2017)."""
    if not (isfinite(one["low"]) and isfinite(one["high"])):
        return {}
    point, limit = e_value(one["ratio"], one["low"], one["high"])
    return {"e_value": point, "e_value_of_limit": limit}


def _ordinals(rows: Intervals) -> Floats:
    """Return for each row the ordinal of the event its unit waits for."""
    order = np.lexsort((rows.start, rows.unit))
    count, unit = rows.count[order], rows.unit[order]
    running = np.cumsum(count) - count
    first = np.flatnonzero(np.concatenate([[True], unit[1:] != unit[:-1]]))
    ordinal = np.empty(len(order))
    ordinal[order] = running - np.repeat(running[first], np.diff(first, append=len(order))) + 1
    return ordinal


def _begun(rows: Intervals, ordinal: Floats) -> Floats:
    """Return for each row when its unit began to wait for the event it waits for."""
    key = np.unique(np.char.add(np.char.add(rows.unit, "\0"), ordinal.astype(int).astype(str)), return_inverse=True)[1]
    begun = np.full(int(key.max()) + 1, np.inf)
    np.minimum.at(begun, key, rows.start)
    return np.asarray(begun[key])


def _late_entries(rows: Intervals) -> bool:
    _units, member = np.unique(rows.unit, return_inverse=True)
    entry = np.full(int(member.max()) + 1, np.inf)
    np.minimum.at(entry, member, rows.start)
    return bool(np.ptp(entry) > 0)


def _of_unit(rows: Intervals, column: NDArray[Any]) -> NDArray[Any] | None:
    """Return a column by unit, in sorted order; None where it changes within one."""
    _units, first, member = np.unique(rows.unit, return_index=True, return_inverse=True)
    own = column[first]
    return own if (own[member] == column).all() else None


def _to_first(rows: Intervals) -> tuple[Floats, Floats]:
    """Return for each unit, in sorted order, the time to its first event and 1, or that under observation and 0.

    Raises NoEstimate where units come under observation at different times: there is no common beginning.
    """
    if _late_entries(rows):
        raise NoEstimate("Not estimable because units come under observation at different times; read the mean count.")
    member = np.unique(rows.unit, return_inverse=True)[1]
    units = int(member.max()) + 1
    first, last = np.full(units, np.inf), np.full(units, -np.inf)
    happened = rows.count > 0
    np.minimum.at(first, member[happened], rows.stop[happened])
    np.maximum.at(last, member, rows.stop)
    seen = np.isfinite(first)
    return np.where(seen, first, last) - rows.start.min(), seen.astype(float)


def _curve(**columns: Floats) -> Plain:
    """Return a curve's columns, thinned to what a picture shows; what is not defined is None."""
    length = len(columns["time"])
    kept = np.unique(np.linspace(0, length - 1, min(length, POINTS)).round().astype(int))
    return {
        name: [value if isfinite(value) else None for value in np.asarray(column, float)[kept].tolist()]
        for name, column in columns.items()
    }
