"""The quarter's word on the instrument: right, and silent where it would speak of few."""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from coaching.surveys.agreement import assess
from coaching.surveys.periods import Month
from coaching.surveys.release import plan_release
from coaching.surveys.reliability import Complete, TeamAgreement
from lms.stats.scales import SLIGHT_SKEW, alpha, one_factor, one_way, rwg, uniform_variance
from tests.pure.surveys.organisations import Register, sheet, team_of, together

ORACLES = Path(os.environ.get("CANDOR_SHARED", Path(__file__).parents[4] / "shared")) / "oracles" / "public"


def two_kinds_of_people(persons: int, teams: int) -> list[Complete]:
    chance = np.random.default_rng(5)
    levels = chance.normal(4.5, 0.7, teams)
    return [
        Complete(
            UUID(int=person % teams),
            tuple(int(value) for value in np.clip(np.rint(chance.normal(levels[person % teams], 1, 7)), 1, 7)),
        )
        for person in range(persons)
    ]


def test_agreement_of_a_team_on_a_seven_point_scale() -> None:
    # Mean item variance 1.5 against the uniform null 4.0 gives .921, and 3.0 gives .700 (James, Demaree & Wolf 1984);
    # against answers that lean slightly to one end (2.90), .867 and nothing.
    spread = np.tile(np.array([[4 - x], [4 + x]]), (1, 7)) if (x := np.sqrt(0.75)) else None
    assert spread is not None
    wider = 4 + (spread - 4) * np.sqrt(2)
    assert [round(rwg(team, uniform_variance(7)), 3) for team in (spread, wider)] == [0.921, 0.700]
    assert [round(rwg(team, SLIGHT_SKEW[7]), 3) for team in (spread, wider)] == [0.867, 0]
    assert rwg(4 + (spread - 4) * 2, uniform_variance(7)) == 0


def test_nothing_is_said_below_fifty_persons_and_of_teams_nothing_below_ten() -> None:
    people = two_kinds_of_people(60, 12)
    assert assess(people[:49], 7) is None
    assert assess([Complete(None, (4,) * 7)] * 60, 7) is None
    found = assess(people, 7)
    assert found is not None
    assert found.teams is not None
    few = assess(two_kinds_of_people(60, 9), 7)
    assert few is not None
    assert few.teams is None


@pytest.mark.parametrize(
    ("agreement", "hold"),
    [
        (TeamAgreement(0.12, 0.01, 0.60, 0.80, 1.1), True),
        (TeamAgreement(0.05, 0.01, 0.60, 0.80, 1.1), False),
        (TeamAgreement(0.12, 0.05, 0.60, 0.80, 1.1), False),
        (TeamAgreement(0.12, 0.01, 0.60, 0.69, 1.1), False),
    ],
)
def test_team_means_hold_only_where_teams_differ_and_agree_within(agreement: TeamAgreement, *, hold: bool) -> None:
    assert agreement.team_means_hold is hold


def test_teams_that_do_not_differ_at_all_are_not_judged() -> None:
    chance = np.random.default_rng(1)
    shuffled = [Complete(UUID(int=n % 12), tuple(int(v) for v in chance.permutation(range(1, 8)))) for n in range(60)]
    shuffled[0] = Complete(None, (7,) * 7)
    found = assess([*shuffled, Complete(None, (1,) * 7)], 7)
    assert found is not None
    assert found.teams is None


def test_the_quarters_last_release_says_how_reliable_the_instrument_was() -> None:
    register = quarter_of(teams=12, persons=5)
    plan = plan_release(register.case(Month(2026, 3)))
    assert len(plan.cells) == 12
    assert plan.reliability[1].teams is not None
    assert plan_release(quarter_of(teams=9, persons=5).case(Month(2026, 3))).reliability == {}


def quarter_of(teams: int, persons: int) -> Register:
    chance = np.random.default_rng(3)
    register = together(*(team_of(persons, team=team, first=10 * team) for team in range(1, teams + 1)))
    for team in range(1, teams + 1):
        for person in range(persons):
            answers = [int(value) for value in chance.integers(1, 8, 7)]
            register.answer(10 * team + person, 10 * team + person, team, Month(2026, 3), sheet(*answers))
    return register


def columns(case: str) -> tuple[dict[str, Any], list[dict[str, str]], dict[str, Any]]:
    folder = ORACLES / case
    if not folder.is_dir():
        pytest.skip("no shared oracles: set CANDOR_SHARED to their folder")
    with (folder / "data.csv").open() as file:
        rows = list(csv.DictReader(file))
    return json.loads((folder / "case.json").read_text()), rows, json.loads((folder / "expected.json").read_text())


def complete_and_recoded(case: str) -> tuple[np.ndarray, dict[str, Any]]:
    settings, rows, expected = columns(case)
    names = [name for name in rows[0] if name != settings.get("group")]
    complete = [
        [float(row[name]) for name in names] for row in rows if all(row[name] not in {"", "NA"} for name in names)
    ]
    items = np.array(complete)
    turned = [number - 1 for number in settings["reverse_keyed"]]
    items[:, turned] = settings["scale_min"] + settings["scale_max"] - items[:, turned]
    return items, expected


@pytest.mark.parametrize("case", ["bfi_A", "likert_teams_a"])
def test_alpha_is_that_of_r(case: str) -> None:
    items, expected = complete_and_recoded(case)
    assert alpha(items) == pytest.approx(expected["alpha"]["alpha"], rel=1e-9)


@pytest.mark.parametrize("case", ["bfi_A", "likert_teams_a"])
def test_omega_is_that_of_lavaan(case: str) -> None:
    items, expected = complete_and_recoded(case)
    found = one_factor(items)
    assert found is not None
    assert found.omega == pytest.approx(expected["cfa"]["omega_total_unstd"], rel=1e-5)


def test_no_omega_is_said_of_an_item_that_nobody_answered_differently() -> None:
    items = np.random.default_rng(1).integers(1, 8, (60, 7)).astype(float)
    assert one_factor(items) is not None
    items[:, 3] = 4
    assert one_factor(items) is None


def test_icc_and_agreement_are_those_of_r() -> None:
    settings, rows, expected = columns("likert_teams_a")
    teams: dict[str, list[list[float]]] = defaultdict(list)
    for row in rows:
        values = [row[f"q{number}"] for number in range(1, 8)]
        if all(value not in {"", "NA"} for value in values):
            teams[row["team"]].append(
                [8 - float(v) if n in settings["reverse_keyed"] else float(v) for n, v in enumerate(values, start=1)]
            )
    arrays = [np.array(team) for team in teams.values()]
    found = one_way([team.mean(axis=1) for team in arrays])
    agreement = expected["agreement"]
    assert found.icc1 == pytest.approx(agreement["ICC1_multilevel_pkg"], rel=1e-9)
    assert found.p == pytest.approx(agreement["F_p"], rel=1e-6)
    assert found.icc2 == pytest.approx(agreement["ICC2_multilevel_pkg"], rel=1e-9)
    assert found.within == pytest.approx(agreement["MSW"], rel=1e-9)
    several = [rwg(team, uniform_variance(7)) for team in arrays if len(team) > 1]
    assert np.median(several) == pytest.approx(agreement["rwgj_median"], rel=1e-9)
