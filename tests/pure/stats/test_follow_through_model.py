"""Climate with follow-through: the slope, its interval against a brute-force jackknife, and every refusal."""

from dataclasses import replace

import numpy as np
import pytest

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import CannotTellYet
from behavior_metrics.stats.follow_through_model import Difference, climate_follow_through_association
from behavior_metrics.stats.panel import TeamQuarter

Index = dict[tuple[str, str, int], float]


def a_world(*, slope: float = 4.0, sites: int = 9, noise: float = 3.0) -> tuple[list[TeamQuarter], Index]:
    """Two teams at each site over six quarters; the index follows the climate before by `slope` points."""
    draw = np.random.default_rng(7)
    rows, index = [], {}
    for site in range(sites):
        for team in ("blue", "red"):
            level = draw.normal(60, 6)
            for quarter in range(6):
                climate = round(float(draw.uniform(3, 6)), 1)
                rows.append(TeamQuarter(f"s{site}", team, quarter, 0, 0.0, climate, 0.1, 5))
                value = level + quarter + slope * (climate - 4.5) + draw.normal(0, noise)
                index[f"s{site}", team, quarter] = float(np.clip(value, 0, 100))
    return rows, index


def by_hand(rows: list[TeamQuarter], index: Index) -> tuple[float, float, float]:
    """Slope and interval from dummies for site and quarter, and from fits that leave one site out each."""
    mean = {(r.site, r.team): np.mean([o.climate for o in rows if (o.site, o.team) == (r.site, r.team)]) for r in rows}
    sites, quarters = sorted({r.site for r in rows}), sorted({r.quarter for r in rows})

    def slope(kept: list[TeamQuarter]) -> float:
        own = [site for site in sites if any(r.site == site for r in kept)]
        x = np.array(
            [
                [float(r.climate or 0) - mean[r.site, r.team], mean[r.site, r.team]]
                + [float(r.site == site) for site in own]
                + [float(r.quarter == quarter) for quarter in quarters[1:]]
                for r in kept
            ]
        )
        y = np.array([index[r.site, r.team, r.quarter] for r in kept])
        return float(np.linalg.lstsq(x, y, rcond=None)[0][0])

    whole = slope(rows)
    left = [slope([r for r in rows if r.site != site]) for site in sites]
    reach = quantiles.student(len(sites) - 1, 0.975) * sum((one - whole) ** 2 for one in left) ** 0.5
    return whole, whole - reach, whole + reach


def test_slope_and_interval_agree_with_fits_that_leave_each_site_out() -> None:
    rows, index = a_world()
    found = climate_follow_through_association(rows, index)
    assert isinstance(found, Difference)
    assert (found.within.value, found.within.low, found.within.high) == pytest.approx(by_hand(rows, index), rel=1e-7)
    assert found.within.low < 4 < found.within.high
    assert found.p_within < 0.001
    assert found.size.cells == 108


def test_no_slope_is_mostly_not_found() -> None:
    found = climate_follow_through_association(*a_world(slope=0.0))
    assert isinstance(found, Difference)
    assert found.within.low < 0 < found.within.high


def test_a_site_moved_up_as_a_whole_changes_nothing() -> None:
    rows, index = a_world()
    moved = {key: value + 5 * (key[0] == "s3") for key, value in index.items()}
    one, other = (climate_follow_through_association(rows, values) for values in (index, moved))
    assert isinstance(one, Difference)
    assert isinstance(other, Difference)
    assert other.within.value == pytest.approx(one.within.value, rel=1e-6)


def test_the_order_of_rows_and_their_recurrences_change_nothing() -> None:
    rows, index = a_world()
    busy = [replace(row, events=number, batches=1e9) for number, row in enumerate(reversed(rows))]
    assert climate_follow_through_association(busy, index) == climate_follow_through_association(rows, index)


@pytest.mark.parametrize("sites", [0, 1, 7])
def test_below_eight_sites_nothing_is_told(sites: int) -> None:
    found = climate_follow_through_association(*a_world(sites=sites))
    assert isinstance(found, CannotTellYet)
    assert "sites" in {check.key for check in found.missing}
    assert "events" not in {check.key for check in found.checks}, "recurrences are no part of this"


def test_a_constant_climate_or_index_is_not_estimable() -> None:
    rows, index = a_world()
    flat = climate_follow_through_association([replace(row, climate=5.0) for row in rows], index)
    assert isinstance(flat, CannotTellYet)
    assert "bearing_sites" in {check.key for check in flat.missing}
    still = climate_follow_through_association(rows, dict.fromkeys(index, 70.0))
    assert isinstance(still, CannotTellYet)
    assert still.reason == "not_estimable"


@pytest.mark.parametrize("value", [float("nan"), -1.0, 101.0])
def test_an_index_off_its_scale_is_refused(value: float) -> None:
    rows, index = a_world()
    with pytest.raises(ValueError, match="between 0 and 100"):
        climate_follow_through_association(rows, {**index, ("s0", "blue", 0): value})


def test_a_team_quarter_counted_twice_is_refused() -> None:
    rows, index = a_world()
    with pytest.raises(ValueError, match="two rows"):
        climate_follow_through_association([*rows, rows[0]], index)
