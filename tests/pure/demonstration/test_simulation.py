"""The simulated network: as large as promised, the same in every run, and its written truth can be found in it again."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import cache
from math import log
from pathlib import Path

import numpy as np
import pytest

from lms.demonstration import truth
from lms.demonstration.simulation import DEFAULT_SEED, months_before, simulate
from lms.demonstration.world import EventSpec, World, quarter_of
from lms.permissions import Role
from lms.recurrences.rules import Facts, Occurrence, find_local

TODAY = date(2026, 11, 22)
EFFECT = log(truth.REPEAT_RATIO_A_POINT)


@cache
def world(seed: int = DEFAULT_SEED) -> World:
    return simulate(seed, TODAY)


def test_the_same_seed_and_day_give_the_same_world() -> None:
    assert simulate(DEFAULT_SEED, TODAY) == world()


def test_another_seed_or_day_gives_another_history() -> None:
    assert simulate(7, TODAY).events != world().events
    assert simulate(DEFAULT_SEED, date(2026, 11, 23)).batches != world().batches


def test_the_network_is_as_large_as_promised() -> None:
    now = [p for p in world().people if p.works_on(TODAY)]
    held = Counter(role.role for person in now for role in {r.role: r for r in person.roles}.values())
    sizes = Counter(person.team for person in now if person.team)
    assert len(world().sites) == 13  # twelve and the control site
    assert min(sizes.values()) == 4
    assert max(sizes.values()) == 9
    assert len(sizes) == 24
    assert sizes == {team.key: team.size for team in world().teams}
    assert (held[Role.OPERATOR], held[Role.COACH], held[Role.QA]) == (148, 9, 5)


def test_twenty_seven_months_hold_the_promised_numbers() -> None:
    assert world().start == months_before(TODAY, 27)
    assert abs(len(world().batches) - 4_500) < 20
    assert 1_900 <= len(world().recorded) <= 2_100


def test_two_sites_make_six_batches_a_year() -> None:
    made = Counter(batch.site for batch in world().batches)
    assert sorted(made.values())[:2] == [13, 14]  # in 27 months
    assert sorted(made.values())[2] > 200


def test_the_rule_finds_about_five_hundred_recurrences_and_no_accidental_one() -> None:
    zones = {site.code: site.zone for site in world().sites}
    facts = Facts([_occurrence(event) for event in world().recorded], (), zones)  # type: ignore[arg-type]
    found = find_local(facts)
    assert 460 <= len(found) <= 540
    repeats = {event.key for event in world().recorded if event.is_repeat}
    assert {match.later_id for match in found} == repeats


def _occurrence(event: EventSpec) -> Occurrence:
    key = (event.key, event.site, event.process_step, event.category, event.root_cause_class)
    return Occurrence(*key, event.occurred_at)  # type: ignore[arg-type]


def test_everybody_in_an_event_was_at_work_at_that_site() -> None:
    people = {person.employee_no: person for person in world().people}
    for event in world().events:
        for employee_no in event.people:
            assert people[employee_no].site == event.site
            assert people[employee_no].works_on(event.occurred_at.date())


def test_nothing_is_recorded_before_it_happened_or_after_the_end() -> None:
    for event in world().recorded:
        assert event.recorded_at is not None
        assert event.occurred_at < event.recorded_at < world().end
        assert event.handling is None or event.handling.triaged_at > event.recorded_at


def test_every_name_is_had_by_one_person_only() -> None:
    names = [(person.given_name, person.family_name) for person in world().people]
    logins = [person.login for person in world().people]
    assert len(set(names)) == len(names)
    assert len(set(logins)) == len(logins)


@cache
def effect(seed: int, *, recorded_only: bool) -> tuple[float, float]:
    """Return the log rate ratio of repeats per point of true climate a quarter before, and its standard error."""
    here = world(seed)
    events: Counter[tuple[str, int]] = Counter()
    for event in here.recorded if recorded_only else here.events:
        if event.is_repeat and (event.is_primary or not recorded_only):
            events[event.team, quarter_of(event.occurred_at.date())] += 1
    batches = Counter((batch.team, quarter_of(batch.started_on)) for batch in here.batches)
    # in the first quarter there is hardly anything yet that could happen again
    cells = sorted(cell for cell in batches if cell[1] > quarter_of(here.start) + 1)
    sites = sorted({team.split("/")[0] for team, _ in cells})
    quarters = sorted({quarter for _, quarter in cells})[1:]
    design = np.array(
        [
            [
                here.quarter_climate(team, quarter - 1) - truth.CLIMATE_MEAN,
                *(float(team.startswith(site)) for site in sites),
                *(float(quarter == other) for other in quarters),
            ]
            for team, quarter in cells
        ]
    )
    counts = np.array([events[cell] for cell in cells], dtype=float)
    offset = np.log([batches[cell] for cell in cells])
    coefficients = np.zeros(design.shape[1])
    coefficients[1 : 1 + len(sites)] = -2.0
    for _ in range(40):
        mean = np.exp(np.clip(design @ coefficients + offset, -20, 5))
        information = design.T @ (mean[:, None] * design) + 1e-6 * np.eye(design.shape[1])
        coefficients += np.linalg.solve(information, design.T @ (counts - mean) - 1e-6 * coefficients)
    return float(coefficients[0]), float(np.sqrt(np.linalg.inv(information)[0, 0]))


@pytest.mark.parametrize("recorded_only", [False, True])
def test_the_written_effect_of_climate_is_found_again(recorded_only: bool) -> None:  # noqa: FBT001 - a case
    estimate, error = effect(DEFAULT_SEED, recorded_only=recorded_only)
    assert abs(estimate - EFFECT) < 1.96 * error
    found = [effect(seed, recorded_only=recorded_only) for seed in range(1, 9)]
    assert abs(np.mean([one for one, _ in found]) - EFFECT) < 0.08
    assert np.mean([abs(one - EFFECT) < 1.96 * error for one, error in found]) >= 0.75


def test_more_is_raised_by_people_where_the_climate_is_better() -> None:
    """The reporting paradox: the share that people raise rises with climate, so records alone mislead."""
    raised: Counter[bool] = Counter()
    told: Counter[bool] = Counter()
    for event in world().recorded:
        climate = world().quarter_climate(event.team, quarter_of(event.occurred_at.date()))
        better = climate > truth.CLIMATE_MEAN
        told[better] += 1
        raised[better] += event.channel in {"performer", "peer"}
    assert raised[True] / told[True] > raised[False] / told[False] + 0.15


def test_the_page_about_the_network_tells_the_numbers_of_the_simulation() -> None:
    page = (Path(__file__).parents[3] / "docs" / "demo-network.md").read_text(encoding="utf-8")
    told = {float(number) for number in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?!\w|\.\d)", page.replace(",", ""))}
    numbers = {name: value for name, value in vars(truth).items() if name.isupper() and isinstance(value, int | float)}
    untold = {name: value for name, value in numbers.items() if value not in told and name != "BATCHES"}
    assert untold == {}
