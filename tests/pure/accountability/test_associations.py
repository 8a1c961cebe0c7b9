"""The declared associations that hold follow-through: which rows meet, what is kept, what may be said."""

from __future__ import annotations

import random

import pytest

from behavior_metrics.linkage.rows import Outcome, Row
from behavior_metrics.sentence.answers import rows as said
from behavior_metrics.sentence.associations import as_text, every_association, fingerprint, from_text, input_text
from behavior_metrics.stats.findings import Association, CannotTellYet
from behavior_metrics.stats.follow_through_model import Difference

Index = dict[tuple[str, str, int], float]


def a_network(sites: int = 9, quarters: int = 8) -> tuple[list[Row], Index]:
    """Climate lifts the index a quarter later, and the index goes before fewer independent recurrences."""
    draw = random.Random(3)
    rows: list[Row] = []
    index: Index = {}
    for site in range(sites):
        for team in ("blue", "red"):
            before = 70.0
            for quarter in range(100, 100 + quarters):
                climate = round(draw.uniform(3, 6), 1)
                found = max(0, round(3 - (before - 55) / 10 + draw.uniform(-0.5, 0.5)))
                rows.append(Row(f"S{site}", team, team, quarter, 30, found, found // 2, found, climate, 0.1, 5))
                before = min(100.0, max(0.0, 60 + 6 * (climate - 4.5) + draw.gauss(0, 3)))
                index[f"S{site}", team, quarter] = before
    return rows, index


def test_each_is_run_once_and_finds_what_was_put_in() -> None:
    found = every_association(*a_network())
    assert isinstance(found.climate, Difference)
    assert found.climate.within.low > 0
    independent = found.recurrence[Outcome.INDEPENDENT]
    assert isinstance(independent, Association)
    assert independent.lag == 1
    assert independent.within.high < 1, "per 10 points of the index before"
    listed = said({}, found)
    assert [(row.key, row.outcome) for row in listed] == [
        ("climate_follow", None),
        ("follow_recurrence", Outcome.INDEPENDENT),
        ("follow_recurrence", Outcome.SELF_REPORTED),
    ]
    assert listed[0].reading == "climate_follow_higher"
    assert listed[1].reading == "follow_recurrence_fewer"


def test_recurrences_meet_the_index_of_the_quarter_before_and_no_other() -> None:
    rows, index = a_network()
    shifted = {(site, team, quarter + 1): value for (site, team, quarter), value in index.items()}
    right, wrong = (every_association(rows, one).recurrence[Outcome.INDEPENDENT] for one in (index, shifted))
    assert isinstance(right, Association)
    assert isinstance(wrong, Association)
    assert right.within.high < 1 < wrong.within.high


def test_an_index_without_a_row_of_its_own_still_counts_for_the_quarter_after() -> None:
    rows, index = a_network()
    gone = {("S0", "blue", 100), ("S1", "red", 103)}
    kept = [row for row in rows if (row.site, row.team, row.quarter) not in gone]
    found = every_association(kept, index)
    assert isinstance(found.climate, Difference)
    assert found.climate.size.cells == len(kept)


@pytest.mark.parametrize("sites", [1, 9])
def test_what_is_kept_is_what_was_found_to_the_last_digit(sites: int) -> None:
    found = every_association(*a_network(sites))
    assert from_text(as_text(found)) == found


def test_one_site_cannot_tell_and_says_what_is_missing() -> None:
    found = every_association(*a_network(1))
    assert isinstance(found.climate, CannotTellYet)
    listed = said(dict(found.recurrence), found)
    assert {row.reading for row in listed} == {"gate"}
    assert all(any(check.key == "sites" for check in row.missing) for row in listed)


def test_the_fingerprint_knows_rows_index_and_weights() -> None:
    rows, index = a_network()
    first = next(iter(index))
    prints = {
        fingerprint(rows, index, 1),
        fingerprint(rows, index, 2),
        fingerprint(rows[1:], index, 1),
        fingerprint(rows, {**index, first: 12.5}, 1),
    }
    assert len(prints) == 4
    assert fingerprint(rows, dict(reversed(index.items())), 1) in prints
    assert str(index[first]) in input_text(rows, index)
