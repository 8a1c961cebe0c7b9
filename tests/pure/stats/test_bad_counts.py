"""What no model of counts answers: each bad input gets a sentence, never a number and never a warning on the console.

Warnings are errors in this suite, so a model that divides by nought on its way to the refusal fails here too.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from behavior_metrics.stats.coaching_dose import dose_response, sessions_before
from behavior_metrics.stats.count_checks import check_counts
from behavior_metrics.stats.counts import log_exposure
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.gee import fit_gee
from behavior_metrics.stats.interrupted_series import interrupted_series
from behavior_metrics.stats.negative_binomial import fit_negative_binomial
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson
from behavior_metrics.stats.random_intercept import fit_random_intercept
from behavior_metrics.stats.rate_model import rate_study, within_between_rates
from behavior_metrics.stats.stepped_wedge import stepped_wedge
from behavior_metrics.stats.within_between import lagged
from tests.pure.stats.small_network import BATCHES, CLIMATE, EVENTS, PERIOD, SITE


class Data(NamedTuple):
    y: Any = EVENTS
    exposure: Any = BATCHES
    x: Any = CLIMATE
    site: Any = SITE
    period: Any = PERIOD


def design(data: Data) -> np.ndarray:
    return np.column_stack([np.ones(len(data.x)), data.x])


def changed(values: np.ndarray, to: float) -> np.ndarray:
    other = np.array(values, float)
    other[7] = to
    return other


MODELS: dict[str, Callable[[Data], object]] = {
    "poisson": lambda d: fit_poisson(d.y, design(d), log_exposure(d.exposure)),
    "negative binomial": lambda d: fit_negative_binomial(d.y, design(d), log_exposure(d.exposure)),
    "gee": lambda d: fit_gee(d.y, design(d), log_exposure(d.exposure), d.site),
    "random intercept": lambda d: fit_random_intercept(d.y, design(d), log_exposure(d.exposure), d.site),
    "checks": lambda d: check_counts(d.y, design(d), log_exposure(d.exposure)),
    "study": lambda d: rate_study(d.y, d.exposure, {"climate": d.x}, d.site),
    "within and between": lambda d: within_between_rates(d.y, d.exposure, d.x, d.site, d.site, d.period, lag=0),
    "dose": lambda d: dose_response(d.y, d.exposure, d.x, d.site, d.period),
    "wedge": lambda d: stepped_wedge(d.y, d.exposure, d.site, d.period, (PERIOD > SITE)[: len(d.period)]),
    "series": lambda d: interrupted_series(d.y, d.exposure, np.arange(len(d.y)), len(d.y) // 2),
}
OF_COUNTS = {
    "no event at all": (Data(y=np.zeros(48)), "no event happened"),
    "a count is missing": (Data(y=changed(EVENTS, np.nan)), "missing"),
    "a count is negative": (Data(y=changed(EVENTS, -1)), "negative"),
    "a count is broken": (Data(y=changed(EVENTS, 2.5)), "whole number"),
    "a count is a slip": (Data(y=changed(EVENTS, 1e9)), "slip"),
    "exposure is missing": (Data(exposure=changed(BATCHES, np.nan)), "exposure is missing"),
    "no exposure": (Data(exposure=changed(BATCHES, 0)), "exposure is nought or less"),
    "exposure is negative": (Data(exposure=changed(BATCHES, -3)), "exposure is nought or less"),
    "exposure of a thousand million": (Data(exposure=changed(BATCHES, 1e9)), "cannot be right; check its unit"),
    "exposure is infinite": (Data(exposure=changed(BATCHES, np.inf)), "missing"),
    "too few rows": (Data(EVENTS[:2], BATCHES[:2], CLIMATE[:2], SITE[:2], PERIOD[:2]), ""),
    "rows of different number": (Data(y=EVENTS[:40]), ""),
}
OF_EFFECTS = {
    "the effect is missing": Data(x=changed(CLIMATE, np.nan)),
    "the effect is constant": Data(x=np.full(48, 5.0)),
    "the effect is infinite": Data(x=changed(CLIMATE, np.inf)),
}
OF_SITES = {
    "sites of another number": Data(site=SITE[:40]),
    "sites of two names": Data(site=np.column_stack([SITE, SITE])),
    "one site": Data(site=np.zeros(48)),
    "a site is missing": Data(site=np.array([None, *SITE[1:]], dtype=object)),
    "a site is not a number": Data(site=changed(SITE, np.nan)),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("case", OF_COUNTS)
def test_bad_counts_and_exposure_are_refused_by_every_model(name: str, case: str) -> None:
    data, words = OF_COUNTS[case]
    with pytest.raises(NoEstimate, match=f"^Not estimable because .*{words}"):
        MODELS[name](data)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in {"wedge", "series"}])
@pytest.mark.parametrize("case", [case for case in OF_EFFECTS if case != "the effect is missing"])
def test_a_bad_effect_is_refused(name: str, case: str) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because "):
        MODELS[name](OF_EFFECTS[case])


@pytest.mark.parametrize("name", [name for name in MODELS if name not in {"wedge", "series", "within and between"}])
def test_an_effect_with_a_hole_is_refused(name: str) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because .*missing"):
        MODELS[name](OF_EFFECTS["the effect is missing"])


@pytest.mark.parametrize("name", ["gee", "random intercept", "study", "within and between", "dose", "wedge"])
@pytest.mark.parametrize("case", OF_SITES)
def test_one_site_or_none_named_is_refused(name: str, case: str) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because "):
        MODELS[name](OF_SITES[case])


@pytest.mark.parametrize("name", ["dose", "wedge", "within and between"])
def test_one_period_is_refused(name: str) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because "):
        MODELS[name](Data(period=np.zeros(48, int)))


@pytest.mark.parametrize("name", ["poisson", "negative binomial", "gee", "random intercept", "checks", "study"])
def test_all_events_in_one_level_are_refused(name: str) -> None:
    level = (SITE == 2).astype(float)
    with pytest.raises(NoEstimate, match=r"^Not estimable because some group has no events"):
        MODELS[name](Data(y=np.where(SITE == 2, EVENTS, 0), x=level))


@pytest.mark.parametrize("name", [name for name in MODELS if name != "series"])
def test_the_same_data_untouched_are_answered(name: str) -> None:
    assert MODELS[name](Data()) is not None


def test_the_error_of_one_cluster_is_refused() -> None:
    with pytest.raises(NoEstimate, match="only 1 cluster"):
        clustered_covariance(fit_poisson(EVENTS, np.ones((48, 1))), np.zeros(48), "cr3")


def test_two_rows_of_one_team_and_period_are_refused() -> None:
    with pytest.raises(NoEstimate, match="two rows for the same period"):
        lagged([1, 2], ["a", "a"], [1, 1])


def test_an_effect_is_refused_by_its_name() -> None:
    with pytest.raises(NoEstimate, match="Not estimable because staffing has the same value in every row"):
        rate_study(EVENTS, BATCHES, {"climate": CLIMATE, "staffing": np.ones(48)}, SITE)
    with pytest.raises(NoEstimate, match="Not estimable because staffing has 3 values for 48 rows"):
        rate_study(EVENTS, BATCHES, {"staffing": [1, 2, 3]}, SITE)


@pytest.mark.parametrize(("window", "lag"), [(0, 0), (90, -1)])
def test_sessions_after_the_interval_are_never_counted(window: int, lag: int) -> None:
    with pytest.raises(NoEstimate, match="never after"):
        sessions_before(["a"], [5], ["a"], [9], window=window, lag=lag)


def test_a_session_without_a_day_is_refused() -> None:
    with pytest.raises(NoEstimate, match="missing"):
        sessions_before(["a"], [np.nan], ["a"], [9])


def test_counts_beyond_any_dispersion_are_refused_and_never_settle_on_a_number() -> None:
    counts = np.zeros(60)
    counts[0] = 1e6
    with pytest.raises(NoEstimate, match=r"^Not estimable because "):
        fit_negative_binomial(counts, np.ones((60, 1)))
