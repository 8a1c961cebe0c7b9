"""What went with the start of coaching: found where it was drawn in, warned of where it faked itself, else not told."""

from __future__ import annotations

import json

import numpy as np
import pytest

from behavior_metrics.rollout.estimates import (
    OUTCOMES,
    SiteMonth,
    Told,
    as_text,
    estimated,
    fingerprint,
    from_text,
)
from behavior_metrics.rollout.words import GATE, NETWORK, SITE

BEGIN = 2023 * 12


def network(
    sites: int, ratio: float, *, months: int = 36, rate: float = 0.1, waves: int = 4, seed: int = 7
) -> tuple[list[SiteMonth], dict[str, int]]:
    """Draw sites whose independent rate is `ratio` times as high once coached; self-reports are as they were."""
    dice = np.random.default_rng(seed)
    starts = {f"S{site}": BEGIN + 12 + 3 * (site % waves) for site in range(sites)}
    rows = []
    for site, start in starts.items():
        level = np.exp(dice.normal(0, 0.2))
        for month in range(BEGIN, BEGIN + months):
            usual = 100 * rate * level
            found = int(dice.poisson(usual * (ratio if month >= start else 1)))
            rows.append(SiteMonth(site, month, 100, found, int(dice.poisson(usual))))
    return rows, starts


def told(rows: list[SiteMonth], starts: dict[str, int]) -> Told:
    return estimated(rows, starts).network["independent"]


def test_what_was_drawn_in_is_found_by_sites_in_turn_and_in_a_sites_own_months() -> None:
    found = estimated(*network(12, 0.6))
    ratio = found.network["independent"].ratio
    assert ratio is not None
    assert ratio.low < 0.6 < ratio.high < 1
    assert found.network["independent"].verdict == "fewer"
    assert found.network["self_reported"].verdict == "untold"
    own = [site.told["independent"].ratio for site in found.sites.values()]
    held = sum(one.low < 0.6 < one.high for one in own if one)
    assert len(own) == 12
    assert held >= 10, "a nominal 95 % of twelve"


def test_coaching_that_began_after_bad_months_is_warned_of_with_the_figure_without_them() -> None:
    rows, starts = network(12, 1.0, seed=3)
    worse = [
        SiteMonth(row.site, row.month, row.batches, row.independent * 4, row.self_reported)
        if starts[row.site] - 3 <= row.month < starts[row.site] else row
        for row in rows
    ]  # fmt: skip
    fooled = [site.told["independent"] for site in estimated(worse, starts).sites.values()]
    assert all(one.warned for one in fooled)
    assert all(one.lead is not None and one.lead > 1.5 for one in fooled)
    assert all(one.without is not None for one in fooled)
    assert (
        sum(
            one.warned is True
            for one in (site.told["self_reported"] for site in estimated(worse, starts).sites.values())
        )
        <= 4
    )


@pytest.mark.parametrize(
    ("made", "missing"),
    [
        (network(7, 0.6), {"sites"}),
        (network(12, 0.6, waves=1), {"starts"}),
        (network(12, 0.6, rate=0.0005, months=24), {"events"}),
    ],
)
def test_a_network_that_is_too_small_or_began_at_once_says_what_is_missing(
    made: tuple[list[SiteMonth], dict[str, int]], missing: set[str]
) -> None:
    found = told(*made)
    assert found.ratio is None
    assert {check.key for check in found.missing} == missing


def test_a_site_without_a_review_or_with_few_months_is_not_told() -> None:
    rows, starts = network(8, 0.6)
    late = {**starts, "S0": BEGIN + 30, "S1": BEGIN + 5}
    del late["S2"]
    found = estimated(rows, late).sites
    assert [check.key for check in found["S0"].told["independent"].missing] == ["months_after"]
    assert [check.key for check in found["S1"].told["independent"].missing] == ["months_before"]
    assert found["S2"].start is None
    assert "no review" in found["S2"].told["independent"].refusal
    quiet = [SiteMonth(row.site, row.month, row.batches, 0, row.self_reported) for row in rows]
    assert [check.key for check in estimated(quiet, starts).sites["S3"].told["independent"].missing] == ["events"]
    assert estimated([], {}).sites == {}


def test_what_is_kept_is_read_to_the_last_digit_and_its_hash_knows_every_row() -> None:
    rows, starts = network(9, 0.7)
    found = estimated(rows, starts)
    assert from_text(as_text(found)) == found
    assert json.loads(as_text(found))["network"].keys() == set(OUTCOMES)
    assert fingerprint(rows, starts) == fingerprint(rows[::-1], starts)
    assert fingerprint(rows[1:], starts) != fingerprint(rows, starts) != fingerprint(rows, {**starts, "S0": 1})


def test_every_reading_and_every_line_of_the_gate_has_words_and_none_says_caused() -> None:
    assert set(NETWORK) == set(SITE) == {"fewer", "more", "untold"}
    assert set(GATE) == {"months_before", "months_after", "events", "sites", "starts"}
    assert not any("caus" in str(words).lower() for one in (NETWORK, SITE, GATE) for words in one.values())
