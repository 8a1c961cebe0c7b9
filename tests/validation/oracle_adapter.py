"""Maps the project's statistics to the functions the shared R oracles call. Loaded by their runner, not by pytest."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from behavior_metrics.stats import (
    control_charts,
    one_factor,
    prediction,
    recurrent,
    reliability,
    sensitivity,
    shrinkage,
)
from behavior_metrics.stats.at_risk import intervals_between_reviews
from behavior_metrics.stats.cox import clustered, fit_cox
from behavior_metrics.stats.frailty import fit_gamma_frailty
from behavior_metrics.stats.gee import fit_gee
from behavior_metrics.stats.negative_binomial import fit_negative_binomial
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson
from behavior_metrics.stats.random_intercept import fit_random_intercept

Found = dict[str, Any]

adjust = sensitivity.adjust
evalue = sensitivity.e_value
poisson_cusum = control_charts.cusum
ag_table = intervals_between_reviews


def ag(start: Any, stop: Any, event: Any, x: Any, cluster: Any, strata: Any, ties: Any) -> Found:
    fit = fit_cox(start, stop, event, x, strata=strata, ties=ties)
    return {
        "coef": fit.coef,
        "se_model": fit.se,
        "se_robust": np.sqrt(np.diag(clustered(fit, cluster))),
        "loglik": fit.loglik,
    }


def frailty_gamma(start: Any, stop: Any, event: Any, x: Any, group: Any) -> Found:
    fit = fit_gamma_frailty(start, stop, event, x, group)
    return {"coef": fit.coef, "theta": fit.theta}


def poisson(y: Any, x: Any, offset: Any, cluster: Any) -> Found:
    fit = fit_poisson(y, x, offset)
    found = {"coef": fit.coef, "se": fit.se}
    if cluster is not None:
        found["se_cluster"] = np.sqrt(np.diag(clustered_covariance(fit, cluster, "plain")))
        found["se_cr3"] = np.sqrt(np.diag(clustered_covariance(fit, cluster, "cr3")))
    return found


def km(time: Any, event: Any) -> Found:
    curve = recurrent.time_to_first(time, event)
    return {"time": curve.time, "surv": curve.share, "se": curve.se, "lower": curve.low, "upper": curve.high}


def mcf(unit: Any, start: Any, stop: Any, count: Any) -> Found:
    curve = recurrent.mean_cumulative_count(unit, start, stop, count)
    return {"time": curve.time, "mcf": curve.mean, "var_robust": curve.variance}


def eb(y: Any, exposure: Any) -> Found:
    found = shrinkage.shrunken_rates(y, exposure)
    return {"shrunken": [rate.value for rate in found.rates], "prior_mean": found.mean, "shape": found.shape}


def alpha(x: Any) -> Found:
    found = reliability.cronbach_alpha(x)
    return {"alpha": found.value, "lower": found.low, "upper": found.high}


def agreement(x: Any, group: Any, options: Any) -> Found:
    found = reliability.agreement(x, group, options)
    return {
        "icc1": found.icc1.value,
        "icc2": found.icc2.value,
        "rwgj": [found.rwgj.get(name, np.nan) for name in sorted(set(group))],
    }


def u_chart(y: Any, n: Any) -> Found:
    found = control_charts.rate_limits(y, n)
    return {
        "center": found.centre,
        "ucl": found.high,
        "lcl": found.low,
        "sigma_z": found.sigma_z,
        "ucl_prime": found.high_prime,
        "lcl_prime": found.low_prime,
    }


def g_chart(gap: Any) -> Found:
    found = control_charts.gap_limits(gap)
    return {"mean": found.mean, "ucl": found.high}


def funnel(observed: Any, expected: Any, method: Any) -> Found:
    found = control_charts.funnel(observed, expected, method)
    return {"phi": found.phi, "tau2": found.tau2, "z": found.z}


def cfa1(x: Any) -> Found:
    found = one_factor.fit_one_factor(x)
    fit = {name: getattr(found, name) for name in ("loadings", "chisq", "cfi", "tli", "srmr")}
    return {**fit, "omega": found.omega.value, "rmsea": found.rmsea.value}


def metrics(y: Any, p: Any) -> Found:
    found = prediction.validate(y, p)
    return {
        "auroc": found.auroc.value,
        "lower": found.auroc.low,
        "upper": found.auroc.high,
        "average_precision": found.average_precision,
        "brier": found.brier,
        "slope": found.slope.value,
        "intercept": found.intercept.value,
        "ece": found.ece,
    }


def negbin(y: Any, x: Any, offset: Any) -> Found:
    found = fit_negative_binomial(y, x, offset)
    return {"coef": found.coef, "alpha": found.alpha}


def gee(y: Any, x: Any, offset: Any, group: Any) -> Found:
    found = fit_gee(y, x, offset, group)
    return {"coef": found.coef, "se_robust": found.se}


def glmm(y: Any, x: Any, offset: Any, group: Any, nodes: Any) -> Found:
    found = fit_random_intercept(y, x, offset, group, nodes=nodes)
    return {"coef": found.coef, "sd_random": found.sd}
