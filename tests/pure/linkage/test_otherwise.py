"""The main estimate reckoned otherwise: negative binomial, sites drawn anew, and whatever the withheld cells were."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from math import log

import numpy as np
import pytest

from behavior_metrics.linkage.answers import answer
from behavior_metrics.linkage.estimates import METHODS
from behavior_metrics.linkage.kept import Input, Output
from behavior_metrics.linkage.rows import METHOD_VERSION, Outcome
from behavior_metrics.linkage.trials import is_withheld
from behavior_metrics.stats.climate_model import fit_climate_model
from behavior_metrics.stats.climate_otherwise import (
    _Within,
    bounds_of_within,
    bounds_of_within_by_search,
    negative_binomial_within,
    redrawn_within,
)
from behavior_metrics.stats.counts import dummies
from behavior_metrics.stats.findings import Association, NoEstimate
from behavior_metrics.stats.panel import Cell, cells_at_lag, informative
from behavior_metrics.stats.poisson import fit_poisson
from behavior_metrics.stats.resampling import draws
from behavior_metrics.stats.trial import Withheld
from behavior_metrics.words import WITHHELD
from tests.pure.linkage.studies import studied
from tests.pure.stats.worlds import World


def a_study(world: World = World(), seed: int = 5) -> Input:  # noqa: B008 - a frozen value
    return studied(world.rows(np.random.default_rng(seed)))


def cells_of(given: Input) -> tuple[Cell, ...]:
    return informative(cells_at_lag([row.for_outcome(Outcome.INDEPENDENT) for row in given.rows], 1))


def short_of(given: Input, *places: int) -> Input:
    """Return the study with these rows' climate withheld."""
    return replace(
        given,
        rows=tuple(
            row._replace(climate=None, n_low=None) if number in places else row for number, row in enumerate(given.rows)
        ),
    )


@cache
def short_study() -> Output:
    return METHODS[METHOD_VERSION](short_of(a_study(), 3, 40, 41))


def bounds(output: Output) -> Withheld:
    return next(one for one in output.withheld if one.outcome == Outcome.INDEPENDENT)


def test_the_negative_binomial_is_that_of_r_with_the_same_clusters() -> None:
    """In R: `glm.nb(events ~ within + between + site + quarter + offset(log(batches)))`, CR3 by its definition, qt(.975, 11).

    CR3: A_g = (I - H_gg)^-1 on the working residuals of each site, H = X (X'WX)^-1 X'W.
    """
    found = negative_binomial_within(cells_of(a_study()))
    told = (found.value, found.low, found.high)
    assert told == pytest.approx((0.690757805975, 0.616425365378, 0.774053718933), rel=1e-10)


def test_counts_that_vary_no_more_than_chance_give_the_poisson_estimate_back() -> None:
    quiet = cells_of(a_study(World(site_shock=0.0), seed=2))
    even = [replace(cell, row=replace(cell.row, events=round(cell.row.batches / 10))) for cell in quiet]
    main, other = fit_climate_model(tuple(even)).within, negative_binomial_within(even)
    assert (other.value, other.low, other.high) == pytest.approx((main.value, main.low, main.high), rel=1e-9)


def test_sites_drawn_anew_spread_as_full_refits_of_the_same_draws_do() -> None:
    cells = cells_of(a_study())
    model, found = fit_climate_model(cells), redrawn_within(cells)
    dice, refitted = np.random.default_rng(8), []
    events = np.array([cell.row.events for cell in cells], float)
    offset = np.log([cell.row.batches for cell in cells])
    sites = int(model.site.max()) + 1
    for _ in range(300):
        times = np.bincount(dice.integers(sites, size=sites), minlength=sites)[model.site]
        rows = np.repeat(np.arange(len(cells)), times)
        x = np.column_stack([model.fit.x, dummies(model.site)])[rows]
        kept = np.abs(x).max(axis=0) > 0  # the level of a site that was not drawn
        refitted.append(fit_poisson(events[rows], x[:, kept], offset[rows]).coef[0])
    low, high = np.exp(np.quantile(refitted, [0.025, 0.975]))
    assert found.value == pytest.approx(model.within.value, rel=1e-12)
    assert log(found.high / found.low) == pytest.approx(log(high / low), rel=0.12)
    assert redrawn_within(cells) == found, "the same study has the same draws"
    assert redrawn_within(cells, seed=2) != found


def test_each_draw_is_one_newton_step_of_the_drawn_sites_likelihood() -> None:
    """Step by step, each site's rows taken as often as it was drawn: (X' t mu X)^-1 X' t (y - mu)."""
    cells = cells_of(a_study())
    model, found = fit_climate_model(cells), redrawn_within(cells)
    fit, moved = model.fit, []
    for times in draws(int(model.site.max()) + 1, 1000, 1):
        often = times[model.site]
        information = fit.x.T @ ((often * fit.mean)[:, None] * fit.x)
        moved.append(fit.coef[0] + np.linalg.lstsq(information, fit.x.T @ (often * fit.residual), rcond=1e-11)[0][0])
    assert np.exp(np.quantile(moved, [0.025, 0.975])) == pytest.approx([found.low, found.high], rel=1e-9)


def test_an_interval_of_redrawn_sites_has_no_p_and_costs_the_others_nothing() -> None:
    output = short_study()
    redrawn = next(trial for trial in output.trials if trial.key == "redrawn")
    assert redrawn.estimate
    assert (redrawn.p, redrawn.adjusted) == (None, None)
    told = [trial for trial in output.trials if trial.p is not None]
    assert max(trial.adjusted or 0 for trial in told) == max(trial.p or 0 for trial in told), "the largest keeps its p"


def test_two_withheld_cells_bound_the_ratio_as_every_climate_of_both_does() -> None:
    given = a_study(World(sites=8))
    hidden, cells = (3, 40), cells_of(given)
    known = [cell for number, cell in enumerate(cells) if number not in hidden]
    unknown = [cells[number] for number in hidden]
    released = log(fit_climate_model(tuple(known)).within.value)
    every = [
        log(
            fit_climate_model(
                (*known, *(replace(cell, climate=at) for cell, at in zip(unknown, pair, strict=True)))
            ).within.value
        )
        for pair in product(np.linspace(1, 7, 13).tolist(), repeat=2)
    ]
    found = bounds_of_within(known, unknown, released, lowest=1, highest=7)
    # between the places of the grid a climate may lead a little further
    assert found.low <= min(*every, released) + 1e-9
    assert found.high >= max(*every, released) - 1e-9
    assert (found.low, found.high) == pytest.approx((min(*every, released), max(*every, released)), abs=1e-3)
    searched = bounds_of_within_by_search(known, unknown, released, lowest=1, highest=7)
    assert (searched.low, searched.high) == pytest.approx((min(*every, released), max(*every, released)), rel=1e-8)


@pytest.mark.parametrize("teams", [1, 2])
def test_no_climate_of_the_withheld_cells_leads_out_of_the_bounds(teams: int) -> None:
    """Also where a site has one team, whose average nothing tells from the site."""
    cells = cells_of(a_study(World(teams=teams, sites=12)))
    dice = np.random.default_rng(4)
    places = set(dice.choice(len(cells), 9, replace=False).tolist())
    known = [cell for number, cell in enumerate(cells) if number not in places]
    unknown = [cells[number] for number in sorted(places)]
    released = log(fit_climate_model(tuple(known)).within.value)
    found = bounds_of_within(known, unknown, released, lowest=1, highest=7)
    assert found.low < released < found.high
    for _ in range(60):
        tried = dice.choice([1.0, 7.0], 9) if dice.random() < 0.5 else dice.uniform(1, 7, 9)
        at = [replace(cell, climate=float(one)) for cell, one in zip(unknown, tried, strict=True)]
        value = log(fit_climate_model((*known, *at)).within.value)
        assert found.low - 1e-9 <= value <= found.high + 1e-9


@pytest.mark.parametrize("teams", [1, 2])
def test_the_figure_changes_with_each_climate_as_its_slope_says(teams: int) -> None:
    cells = cells_of(a_study(World(teams=teams, sites=9)))
    within = _Within(cells[6:], cells[:6])
    climate, step = np.random.default_rng(2).uniform(2, 6, 6), 1e-5
    _, slope = within(climate)
    moved = [(within(climate + side)[0] - within(climate - side)[0]) / (2 * step) for side in step * np.eye(6)]
    assert slope == pytest.approx(moved, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_by_slope_the_limits_lie_no_nearer_than_by_the_search(seed: int) -> None:
    """So a study of the third method, made anew by the fourth, never says less."""
    cells = cells_of(a_study(World(teams=2, sites=10), seed=seed + 1))
    dice = np.random.default_rng(seed)
    places = set(dice.choice(len(cells), 3 + 4 * seed, replace=False).tolist())
    known = [cell for number, cell in enumerate(cells) if number not in places]
    unknown = [cells[number] for number in sorted(places)]
    released = log(fit_climate_model(tuple(known)).within.value)
    for lowest, highest in ((1, 7), (4, 6)):
        new, old = (
            bounded(known, unknown, released, lowest=lowest, highest=highest)
            for bounded in (bounds_of_within, bounds_of_within_by_search)
        )
        assert new.low <= old.low + 1e-6
        assert new.high >= old.high - 1e-6


def test_a_study_of_the_third_method_is_made_anew_by_its_own_search() -> None:
    third, fourth = (METHODS[method](short_of(a_study(), 3, 40, 41)).withheld[0] for method in (3, 4))
    limits = (third.low, third.high, third.low_alike, third.high_alike)
    # as the third method gave them when it was the newest
    assert limits == pytest.approx(
        (0.6736704270864907, 0.8477019236158087, 0.67382066498488, 0.8082565037431125), rel=1e-9
    )
    assert fourth.low is not None
    assert third.low is not None
    assert fourth.low < third.low


def test_the_true_climate_of_what_was_withheld_lies_within_the_bounds_kept_with_the_study() -> None:
    found = bounds(short_study())
    truth = METHODS[1](a_study()).results[Outcome.INDEPENDENT][1]
    assert isinstance(truth, Association)
    assert found.cells == 3
    assert found.low is not None
    assert found.high is not None
    assert found.low <= truth.within.value <= found.high
    assert found.low <= found.value <= found.high
    assert (found.lowest, found.highest) == (1.0, 7.0)


def test_nothing_withheld_moves_nothing_and_is_said_so() -> None:
    output = METHODS[METHOD_VERSION](a_study())
    found = bounds(output)
    assert (found.cells, found.low, found.high) == (0, pytest.approx(found.value), pytest.approx(found.value))
    assert answer(output, {}).withheld[Outcome.INDEPENDENT].key == "none"


def test_what_could_not_be_withheld_is_not_counted() -> None:
    given = short_of(a_study(), 0, 20)
    answered = {row.quarter for row in given.rows}
    first = given.rows[0]
    assert is_withheld(first, given, answered)
    assert not is_withheld(first, given, answered - {first.quarter}), "before the first survey there is nothing to hide"
    assert not is_withheld(first, replace(given, switched_off=(first.site,)), answered)
    assert not is_withheld(first._replace(batches=0), given, answered)
    assert not is_withheld(given.rows[1], given, answered)


@pytest.mark.parametrize(
    ("low", "high", "low_alike", "high_alike", "value", "key"),
    [
        (0.5, 0.9, 0.6, 0.8, 0.7, "keeps"),
        (0.5, 1.2, 0.6, 0.9, 0.7, "keeps_alike"),
        (0.5, 1.2, 0.6, 1.05, 0.7, "turns"),
        (0.5, None, 0.6, 1.05, 0.7, "unknown"),
    ],
)
def test_a_sentence_says_whether_the_direction_could_turn(
    low: float, high: float | None, low_alike: float, high_alike: float, value: float, key: str
) -> None:
    output = short_study()
    made = Withheld(Outcome.INDEPENDENT, 7, value, 1.0, 7.0, low, high, 3.5, 6.25, low_alike, high_alike)
    said = answer(replace(output, withheld=(made,)), {}).withheld[Outcome.INDEPENDENT]
    assert said.key == key
    words = str(WITHHELD[key]) % said.figures
    assert "7 team-quarters" in words
    if high is not None:
        assert f"between {low:.2f} and {high:.2f}, whatever the withheld cells were (1 to 7)" in words


def test_an_estimate_that_has_no_direction_is_not_said_to_keep_one() -> None:
    output = METHODS[METHOD_VERSION](short_of(a_study(World(effect=0.0)), 3, 40))
    said = answer(output, {}).withheld[Outcome.INDEPENDENT]
    assert said.key == "untold"
    assert "direction" not in str(WITHHELD["untold"])


def test_below_the_gate_nothing_is_reckoned_at_all() -> None:
    output = METHODS[METHOD_VERSION](a_study(World(sites=3)))
    assert output.withheld == ()
    assert {trial.estimate for trial in output.trials} == {None}


def test_one_site_is_refused_in_a_sentence() -> None:
    one = [cell for cell in cells_of(a_study()) if cell.row.site == "site 03"]
    for ask in (negative_binomial_within, redrawn_within):
        with pytest.raises(NoEstimate):
            ask(one)
    with pytest.raises(NoEstimate, match="fewer than two sites"):
        bounds_of_within(one[1:], one[:1], -0.1, lowest=1, highest=7)


def test_bounds_of_a_study_come_back_as_they_were_kept() -> None:
    output = short_study()
    assert Output.from_text(output.as_text()) == output
