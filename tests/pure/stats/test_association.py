"""The linkage: what it finds when the truth is known, and when it declines to answer."""

from dataclasses import replace

import numpy as np
import pytest

from behavior_metrics.stats.association import (
    Association,
    CannotTellYet,
    WithoutSite,
    climate_recurrence_association,
    every_declared_lag,
)
from behavior_metrics.stats.climate_model import ClimateModel, fit_climate_model
from behavior_metrics.stats.counts import dummies
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import TeamQuarter, cells_at_lag, informative
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson
from behavior_metrics.stats.power import cells_for_correlation, smallest_correlation, smallest_ratio
from behavior_metrics.stats.readings import direction, joint_reading, reading
from tests.pure.stats.worlds import RATIO, World


def history(seed: int = 1, **shape: float) -> list[TeamQuarter]:
    return replace(World(), **shape).rows(np.random.default_rng(seed))


def told(rows: list[TeamQuarter], **options: float) -> Association:
    found = climate_recurrence_association(rows, **options)
    assert isinstance(found, Association)
    return found


def model(rows: list[TeamQuarter], lag: int = 1) -> ClimateModel:
    return fit_climate_model(informative(cells_at_lag(rows, lag)))


def keys(found: Association | CannotTellYet) -> list[str]:
    return [sentence.key for sentence in reading(found)]


@pytest.fixture(scope="module")
def many() -> list[ClimateModel]:
    """150 histories of one true network: 12 sites of 2 teams, 8 quarters, ratio .7 per point."""
    rng = np.random.default_rng(20)
    return [model(World().rows(rng)) for _ in range(150)]


class TestWhatItFinds:
    def test_it_recovers_the_true_ratio(self, many: list[ClimateModel]) -> None:
        logs = [np.log(found.within.value) for found in many]
        # The mean of 150 has a standard error of about .006.
        assert np.mean(logs) == pytest.approx(np.log(RATIO), abs=0.02)

    def test_the_site_clustered_interval_holds_the_truth_about_95_times_in_100(self, many: list[ClimateModel]) -> None:
        covered = np.mean([found.within.low <= RATIO <= found.within.high for found in many])
        # 95 % within two and a half binomial standard errors of 150 draws.
        assert covered == pytest.approx(0.95, abs=0.045)

    def test_with_eight_sites_a_plain_sandwich_would_claim_too_much(self) -> None:
        rng = np.random.default_rng(21)
        small = World(sites=8, quarters=4)
        found = [model(small.rows(rng)) for _ in range(150)]
        ours = np.mean([one.within.low <= RATIO <= one.within.high for one in found])
        plain = [clustered_covariance(one.fit, one.site)[0, 0] ** 0.5 for one in found]
        off = [abs(float(one.fit.coef[0]) - np.log(RATIO)) for one in found]
        assert ours > 0.91
        assert np.mean([gap <= 1.96 * se for gap, se in zip(off, plain, strict=True)]) < 0.87

    def test_an_interval_that_forgets_sites_is_visibly_narrower(self) -> None:
        # One climate per site and a strong shock per site-quarter: the four teams of a site are nearly one.
        rng = np.random.default_rng(22)
        rows = []
        for site in range(12):
            for quarter in range(8):
                climate, shock = rng.normal(5, 0.5), rng.normal(0, 0.6)
                for team in range(4):
                    events = int(rng.poisson(40 * 0.2 * np.exp(shock)))
                    rows.append(TeamQuarter(f"site {site:02}", f"{team}", quarter, events, 40.0, climate))
        found = model(rows)
        assert found.se_within > 1.7 * found.fit.se[0]

    def test_teams_that_differ_for_other_reasons_do_not_mislead_the_within_effect(self) -> None:
        # Teams with a better climate have more recurrences here (they make the hard product), yet each has fewer
        # when its own climate is better. One slope for both would say "more".
        rows = history(3, between=1.2, sites=16)
        found = told(rows)
        assert found.within.high < 1
        assert found.between is not None
        assert found.between.low > 1
        cells = cells_at_lag(rows, 1)
        design = np.column_stack([np.ones(len(cells)), [cell.climate for cell in cells]])
        pooled = fit_poisson([cell.row.events for cell in cells], design, np.log([cell.row.batches for cell in cells]))
        assert pooled.coef[1] > 0

    def test_rounding_draws_the_ratio_towards_one_and_the_calibrated_twin_undoes_it(self) -> None:
        rng = np.random.default_rng(23)
        coarse = World(rounding=0.75, rate=0.2)
        found = [model(coarse.rows(rng)) for _ in range(100)]
        plain = np.mean([np.log(one.within.value) for one in found])
        twins = [one.calibrated(None) for one in found]
        corrected = np.mean([np.log(twin.within.value) for twin in twins if twin])
        assert plain > 0.85 * np.log(RATIO)
        assert corrected == pytest.approx(np.log(RATIO), abs=0.03)
        # Climate varies by .36 within a team, rounding adds b^2 / 6 = .094: .36 / .454.
        assert np.mean([twin.reliability for twin in twins if twin]) == pytest.approx(0.79, abs=0.02)

    def test_the_error_that_is_taken_out_is_that_of_the_whole_design(self) -> None:
        """A site's own level takes up part of an error too: the sum of var(e_j) [C'WC - C'WZ (Z'WZ)^-1 Z'WC]_jj."""
        found = model(history(6, rounding=0.25, teams=2))
        weights, team, site = found.fit.mean, found.cells.team, found.cells.site
        others = np.column_stack([found.fit.x[:, 2:], dummies(site)])
        mean = dummies(team) @ (dummies(team) / np.bincount(team)).T
        held = weights[:, None] * others
        left = np.diag(weights) - held @ np.linalg.solve(others.T @ held, held.T)
        error = np.full(team.size, 0.25**2 / 6)
        maps = (np.eye(team.size) - mean, mean)
        noise = np.array([[np.sum(error * np.diag(a.T @ left @ b)) for b in maps] for a in maps])
        spread = found.fit.x[:, :2].T @ left @ found.fit.x[:, :2]
        twin = found.calibrated(None)
        assert twin is not None
        assert twin.between is not None
        assert twin.reliability == pytest.approx(1 - noise[0, 0] / spread[0, 0], rel=1e-9)
        corrected = np.exp(np.linalg.solve(spread - noise, spread @ found.fit.coef[:2]))
        assert (twin.within.value, twin.between.value) == pytest.approx(corrected, rel=1e-9)

    def test_who_answered_is_corrected_for_only_when_the_variance_is_known(self) -> None:
        rows = history(4, rounding=0.25)
        rounding_alone, both = told(rows).calibrated, told(rows, within_team_variance=0.5).calibrated
        assert rounding_alone is not None
        assert both is not None
        assert (rounding_alone.with_sampling, both.with_sampling) == (False, True)
        assert both.reliability < rounding_alone.reliability

    def test_no_correction_is_offered_when_noise_is_most_of_what_varies(self) -> None:
        found = told(history(4), within_team_variance=3.0)
        assert found.calibrated is None
        assert "mostly_noise" in keys(found)

    def test_one_team_per_site_leaves_nothing_to_compare_between_teams(self) -> None:
        found = told(history(5, teams=1))
        assert found.between is None
        assert "between_not_told" in keys(found)

    def test_sites_without_any_event_change_nothing_but_the_count(self) -> None:
        rows = history(6)
        quiet = [TeamQuarter("quiet", "a", row.quarter, 0, 30.0, 4.0 + row.quarter % 3) for row in rows[:8]]
        bare, padded = told(rows), told(rows + quiet)
        assert padded.within.value == pytest.approx(bare.within.value, rel=1e-9)
        assert (padded.size.sites, padded.size.bearing_sites) == (13, 12)

    def test_the_order_of_rows_does_not_matter(self) -> None:
        rows = history(7)
        assert told(rows[::-1]).within == told(rows).within

    def test_two_rows_for_one_team_and_quarter_are_refused(self) -> None:
        rows = history(7)
        with pytest.raises(ValueError, match="count twice"):
            climate_recurrence_association([*rows, rows[0]])

    def test_covariates_are_taken_into_the_fit(self) -> None:
        # Coaching hours that fall where climate is high and multiply events: left out, they pass for climate.
        rng = np.random.default_rng(8)
        rows = []
        for row in history(8, sites=16, effect=0.0, rate=0.2):
            hours = (row.climate or 0) - 5 + rng.normal(0, 0.3)
            rows.append(
                replace(row, events=int(rng.poisson(row.batches * 0.2 * np.exp(-0.4 * hours))), covariates=(hours,))
            )
        bare = [replace(row, covariates=()) for row in rows]
        assert told(bare).within.high < 1
        assert told(rows).within.low < 1 < told(rows).within.high


class TestLags:
    def test_the_declared_lag_comes_first_and_every_other_is_listed(self) -> None:
        found = every_declared_lag(history(9))
        assert list(found) == [1, 0, 2]

    def test_a_link_one_quarter_later_is_not_seen_at_the_wrong_lag(self) -> None:
        rng = np.random.default_rng(24)
        histories = [World(sites=20, rate=0.2).rows(rng) for _ in range(25)]
        mean = {lag: np.mean([np.log(model(rows, lag).within.value) for rows in histories]) for lag in (0, 1, 2)}
        assert mean[1] == pytest.approx(np.log(RATIO), abs=0.03)
        assert abs(mean[0]) < 0.12
        assert abs(mean[2]) < 0.12

    def test_a_row_without_batches_lends_its_climate_to_another_lag(self) -> None:
        rows = [TeamQuarter("a", "t", 1, 2, 40.0, 5.0), TeamQuarter("a", "t", 2, 0, 0.0, 5.5)]
        same_quarter = cells_at_lag(rows, 0)
        assert [(cell.row.quarter, cell.climate) for cell in same_quarter] == [(1, 5.5)]
        assert [cell.row.quarter for cell in cells_at_lag(rows, 1)] == [1]


class TestTheGate:
    def test_one_quarter_of_twelve_sites_cannot_be_told(self) -> None:
        rows = [row for row in history(10, teams=1) if row.quarter == 8003]
        found = climate_recurrence_association(rows)
        assert isinstance(found, CannotTellYet)
        assert found.smallest_r == pytest.approx(0.73, abs=0.005)
        assert len(found.points) == 12
        assert found.rate is not None
        have = {check.key: (check.have, check.need) for check in found.missing}
        assert have["quarters"] == (1, 4)
        assert have["cells"] == (12, 30)
        assert keys(found)[0] == "cannot_tell_yet"
        assert "only_beyond_r" in keys(found)

    @pytest.mark.parametrize(
        ("key", "shape"),
        [
            ("sites", {"sites": 7, "teams": 3}),
            ("teams", {"sites": 9, "teams": 1}),
            ("quarters", {"quarters": 3}),
            ("events", {"rate": 0.004}),
        ],
    )
    def test_each_line_of_the_gate_holds_alone(self, key: str, shape: dict[str, float]) -> None:
        found = climate_recurrence_association(history(11, **shape))
        assert isinstance(found, CannotTellYet)
        assert key in {check.key for check in found.missing}

    def test_one_cell_more_opens_the_gate(self) -> None:
        # Ten sites of one team, each without a cell in one of four quarters: 30 cells.
        thirty = [
            row for row in history(12, sites=10, teams=1, quarters=4) if row.quarter % 4 != int(row.site[-2:]) % 4
        ]
        assert isinstance(climate_recurrence_association(thirty), Association)
        refused = climate_recurrence_association(thirty[1:])
        assert isinstance(refused, CannotTellYet)
        assert [(check.key, check.have) for check in refused.missing] == [("cells", 29)]

    def test_sites_whose_climate_never_moved_do_not_count_as_bearing_on_the_answer(self) -> None:
        frozen = [replace(row, climate=5.0) for row in history(13)]
        found = climate_recurrence_association(frozen)
        assert isinstance(found, CannotTellYet)
        assert [check.key for check in found.missing] == ["bearing_sites"]

    def test_nothing_at_all_is_an_answer_too(self) -> None:
        found = climate_recurrence_association([])
        assert isinstance(found, CannotTellYet)
        assert (found.rate, found.smallest_r, found.points) == (None, None, ())


class TestWhatItSays:
    def test_an_interval_clear_of_one_says_fewer_with_its_percentages(self) -> None:
        found = told(history(14, sites=20, rate=0.2))
        first = reading(found)[0]
        assert first.key == "within_fewer"
        assert first.numbers["percent"] == pytest.approx(100 * (1 - found.within.value))
        assert first.numbers["percent_low"] == pytest.approx(100 * (1 - found.within.high))

    def test_an_interval_that_holds_one_is_never_called_no_effect(self) -> None:
        found = told(history(15, effect=0.0))
        first = reading(found)[0]
        assert first.key == "within_untold"
        assert first.numbers["percent_fewer"] == pytest.approx(100 * (1 - found.within.low))
        assert first.numbers["percent_more"] == pytest.approx(100 * (found.within.high - 1))

    @pytest.mark.parametrize(
        ("low", "value", "high", "said"),
        [(0.5, 0.7, 0.9, "fewer"), (0.5, 0.7, 1.1, "untold"), (0.9, 1.3, 1.8, "untold"), (1.1, 1.3, 1.8, "more")],
    )
    def test_a_direction_is_said_only_when_the_whole_interval_agrees(
        self, low: float, value: float, high: float, said: str
    ) -> None:
        assert direction(Estimate(value, low, high, 96, "")) == said

    def test_leaving_out_the_one_site_that_made_the_link_undoes_it(self) -> None:
        quiet = history(16, effect=0.0, site_shock=0.05)
        loud = [
            TeamQuarter("loud", "a", 8000 + i, int(400 * np.exp(-1.5 * (i % 2))), 400.0, 4.0 + i % 2) for i in range(8)
        ]
        found = told(quiet + loud)
        without = {left.site: left.within for left in found.without_site}
        assert without["loud"] is not None
        assert without["loud"].value > found.within.value + 0.2

    def test_each_site_left_out_is_the_study_of_the_others(self) -> None:
        """Also where nobody else had an event in a quarter, which then tells nothing."""
        rows = [
            row if row.site == "site 02" or row.quarter != 8003 else replace(row, events=0)
            for row in history(19, sites=9, rate=0.2)
        ]
        for left in told(rows).without_site:
            rest = model([row for row in rows if row.site != left.site]).within
            assert left.within is not None
            assert left.within.n == rest.n
            assert (left.within.value, left.within.low) == pytest.approx((rest.value, rest.low), rel=1e-9)
        assert {left.within.n for left in told(rows).without_site if left.within} == {112, 128}

    def test_an_answer_that_hangs_on_one_site_names_it(self) -> None:
        found = told(history(14, sites=20, rate=0.2))
        assert "stands_without_any_site" in keys(found)
        touching = replace(found.within, high=1.02)
        hangs = replace(found, without_site=(*found.without_site, WithoutSite("Ulm", touching)))
        sentence = next(one for one in reading(hangs) if one.key == "rests_on_site")
        assert (sentence.numbers["site"], sentence.numbers["high"]) == ("Ulm", 1.02)

    def test_more_raised_and_fewer_found_is_its_own_sentence(self) -> None:
        fewer = told(history(17, sites=20, rate=0.2))
        more = told(history(17, sites=20, rate=0.2, effect=0.36))
        unknown = climate_recurrence_association([])
        assert joint_reading(more, fewer).key == "self_more_independent_fewer"
        assert joint_reading(unknown, fewer).key == "self_unknown_independent_fewer"


class TestPower:
    @pytest.mark.parametrize(("n", "r"), [(12, 0.73), (48, 0.395), (88, 0.29), (96, 0.28)])
    def test_the_smallest_correlation_that_n_cells_could_show(self, n: int, r: float) -> None:
        # Fisher: 1.959964 + .841621 normal standard errors of 1 / sqrt(n - 3), back through tanh.
        assert smallest_correlation(n) == pytest.approx(r, abs=0.005)

    def test_three_pairs_show_no_correlation_at_all(self) -> None:
        assert smallest_correlation(3) is None

    def test_how_many_cells_a_correlation_of_three_tenths_takes(self) -> None:
        assert cells_for_correlation(0.3) == 85
        assert (smallest_correlation(85) or 1) <= 0.3 < (smallest_correlation(84) or 0)

    def test_the_smallest_ratio_from_a_standard_error(self) -> None:
        # In R, for 12 sites: exp(-(qt(.975, 11) + qt(.8, 11)) * .1)
        assert smallest_ratio(0.1, 11) == pytest.approx(np.exp(-(2.200985 + 0.875530) * 0.1), rel=1e-5)

    def test_an_effect_of_that_size_is_found_about_eight_times_in_ten(self, many: list[ClimateModel]) -> None:
        spread = float(np.std([np.log(found.within.value) for found in many]))
        ratio = smallest_ratio(spread, 11)
        rng = np.random.default_rng(25)
        found = [model(World(effect=float(np.log(ratio))).rows(rng)) for _ in range(150)]
        assert np.mean([one.within.high < 1 for one in found]) == pytest.approx(0.8, abs=0.12)
