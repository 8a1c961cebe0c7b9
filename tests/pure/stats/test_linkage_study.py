"""The study of the linkage on a few networks: that it measures what it says, and that a worse estimate would be seen."""

from __future__ import annotations

import pytest

from behavior_metrics.stats import climate_model
from behavior_metrics.stats.poisson import clustered_covariance
from validation.linkage import Scenario, measure
from validation.linked_networks import Distortion, Network

RUNS = 60


def measured(ratio: float, distortion: Distortion) -> Scenario:
    return measure(Network(12, ratio, distortion), RUNS)


def test_what_is_found_independently_tells_the_truth_where_a_better_climate_raises_more() -> None:
    read = measured(1.0, Distortion.RAISED_MORE).read
    assert read["found"].ratio == pytest.approx(1, abs=0.06)
    assert read["found"].covered >= 0.85
    assert read["raised"].excluded_one > 0.3, "else the scenario proves nothing"


def test_the_error_of_the_cells_is_taken_out() -> None:
    read = measured(0.7, Distortion.CELLS).read
    assert abs(read["found, corrected"].ratio - 0.7) < abs(read["found"].ratio - 0.7)
    assert read["found, corrected"].covered >= 0.85


def test_an_interval_that_forgets_how_few_the_sites_are_holds_too_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = measured(1.0, Distortion.NONE).read["recorded"].covered
    monkeypatch.setattr(
        climate_model, "clustered_covariance", lambda fit, cluster, _kind: clustered_covariance(fit, cluster)
    )
    monkeypatch.setattr(climate_model.quantiles, "student", lambda _df, _p: 1.96)
    assert measured(1.0, Distortion.NONE).read["recorded"].covered < honest - 0.04
