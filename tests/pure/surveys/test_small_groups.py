"""Nobody is published in a group smaller than five persons, and nobody counts more than once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from nacl.pwhash.argon2id import MEMLIMIT_MIN, OPSLIMIT_MIN

from coaching.surveys import release
from coaching.surveys.release import Group, ResponseBand, Scope, SizeBand
from coaching.surveys.sealing import Effort, make_key, open_boxes, seal, unlock
from lms.refusals import NotAllowed
from tests.pure.surveys.organisations import (
    INSTRUMENT,
    MONTHS,
    ROUND_KEY,
    Register,
    answers_of,
    enters_the_mean,
    isolates_somebody,
    lived_through,
    people_of,
    person_id,
    sheet,
    site_id,
    team_id,
    team_of,
    together,
)

JANUARY, FEBRUARY, MARCH = MONTHS[:3]
GOOD = sheet(6, 2, 6, 6, 2, 2, 6)
SKIPPED = sheet(*(None,) * 7)


@pytest.fixture(scope="module")
def organisations() -> list[Register]:
    return [lived_through(seed) for seed in range(1000)]


def too_small(register: Register) -> list[Group]:
    return [group for group, people in zip(register.groups, people_of(register.groups), strict=True) if len(people) < 5]


def test_every_cell_of_a_thousand_organisations_holds_five_persons_or_more(organisations: list[Register]) -> None:
    assert sum(len(register.rows) for register in organisations) > 1000
    assert {cell.scope for register in organisations for cell in register.rows.values()} == set(Scope)
    assert not [group for register in organisations for group in too_small(register)]


@pytest.mark.parametrize(
    ("mutant", "what"),
    [
        (lambda group, k: len(group.entries) >= k, "answers instead of persons"),
        (lambda group, k: len({e.answer.pseudonym for e in group.entries.values()}) >= k, "people who skipped"),
        (lambda group, k: len(group.person_means) >= k - 1, "four as enough"),
    ],
)
def test_the_check_notices_a_release_that_counts(mutant: object, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "_is_enough", mutant)
    assert any(too_small(lived_through(seed)) for seed in range(40)), what


def test_one_person_who_answers_six_times_is_one_person() -> None:
    register = team_of(5)
    for box in range(6):
        register.answer(box, 1, 1, JANUARY, GOOD)
    assert register.release(JANUARY) == ()
    for box, person in enumerate((2, 3, 4), start=6):
        register.answer(box, person, 1, JANUARY, GOOD)
    assert register.release(JANUARY) == ()
    register.answer(9, 5, 1, JANUARY, GOOD)
    (cell,) = register.release(JANUARY)
    assert (cell.scope, cell.place, cell.size) == (Scope.TEAM, team_id(1), SizeBand.FIVE_TO_NINE)
    assert not register.boxes


def test_a_person_weighs_once_however_often_they_answer() -> None:
    low, high = sheet(1, 7, 1, 1, 7, 7, 1), sheet(7, 1, 7, 7, 1, 1, 7)
    register = team_of(5)
    for box in range(20):
        register.answer(box, 1, 1, JANUARY, low)
    for box, person in enumerate((2, 3, 4, 5), start=20):
        register.answer(box, person, 1, JANUARY, high)
    gathering = release.gather(register.case(JANUARY))
    means = gathering.groups[0].person_means
    assert sorted(map(float, means.values())) == [1, 7, 7, 7, 7]


def test_a_cell_says_the_rounded_mean_of_its_persons_means() -> None:
    one, three, seven = sheet(1, 7, 1, 1, 7, 7, 1), sheet(3, 5, 3, 3, 5, 5, 3), sheet(7, 1, 7, 7, 1, 1, 7)
    register = team_of(6)
    # Person 1 gave 1 and 7, so 4; persons 2 to 5 gave 3: the mean is 16/5. The sixth was asked and did not answer.
    for box, (person, given) in enumerate([(1, one), (1, seven), (2, three), (3, three), (4, three), (5, three)]):
        register.answer(box, person, 1, JANUARY, given)
    (cell,) = register.release(JANUARY)
    draw = release.rounding_draw(ROUND_KEY, team_id(1), [person_id(number) for number in range(1, 7)])
    assert cell.score == release.round_score(Fraction(16, 5), draw, INSTRUMENT, 5)
    assert cell.score in {Decimal("2.5"), Decimal("3.25")}


def test_the_share_is_of_those_asked_while_the_cell_was_open_and_not_before() -> None:
    register = team_of(20, months=(JANUARY,))
    register.rosters += team_of(10, months=(FEBRUARY,)).rosters
    for person in range(1, 9):
        register.answer(person, person, 1, FEBRUARY, GOOD)
    (cell,) = register.release(FEBRUARY)
    assert (cell.first_month, cell.response) == (FEBRUARY, ">=75")


def test_straight_lines_are_counted_over_the_network_and_told_from_five_on() -> None:
    for lines, told in ((4, None), (5, 5)):
        register = team_of(20)
        for person in range(1, 6):
            register.answer(person, person, 1, JANUARY, GOOD)
        for person in range(6, 6 + lines):
            register.answer(person, person, 1, JANUARY, sheet(*(3,) * 7))
        plan = release.plan_release(register.case(JANUARY))
        assert plan.straight_lines == told
        assert plan.cells[0].size == "5-9"


def test_whoever_skips_or_stops_half_way_does_not_help_to_make_five() -> None:
    register = team_of(8)
    for person in (1, 2, 3, 4):
        register.answer(person, person, 1, JANUARY, GOOD)
    register.answer(5, 5, 1, JANUARY, SKIPPED)
    register.answer(6, 6, 1, JANUARY, sheet(6, 2, 6, 6, None, None, None))
    register.answer(7, 7, 1, JANUARY, sheet(*(3,) * 7))
    assert register.release(JANUARY) == ()
    assert len(register.boxes) == 7


def test_a_small_team_waits_and_is_released_with_the_months_it_waited() -> None:
    register = team_of(6)
    for month, people in ((JANUARY, (1, 2, 3)), (FEBRUARY, (3, 4, 5))):
        for person in people:
            register.answer(month.number * 10 + person, person, 1, month, GOOD)
    assert register.release(JANUARY) == ()
    (cell,) = register.release(FEBRUARY)
    assert (cell.first_month, cell.last_month) == (JANUARY, FEBRUARY)


def test_at_the_end_of_the_quarter_small_teams_are_pooled_by_site_then_network_and_the_rest_is_destroyed() -> None:
    teams = [team_of(4, team=team, site=site, first=10 * team) for team, site in ((1, 1), (2, 1), (3, 2), (4, 3))]
    register = together(*teams)
    for team, size in ((1, 4), (2, 3), (3, 3), (4, 2)):
        for person in range(size):
            register.answer(10 * team + person, 10 * team + person, team, MARCH, GOOD)
    assert {cell.cell for cell in register.release(MARCH)} == {
        f"site-small-teams:{site_id(1)}",
        "network-small-teams",
    }
    assert register.too_few == [False]

    register = team_of(4)
    for person in (1, 2, 3, 4):
        register.answer(person, person, 1, MARCH, GOOD)
    assert register.release(MARCH) == ()
    assert register.too_few == [True]
    assert not register.boxes


def test_a_box_made_without_the_servers_secret_counts_for_nothing() -> None:
    register = team_of(5)
    for person in (1, 2, 3, 4):
        register.answer(person, person, 1, JANUARY, GOOD)
    for stranger in (101, 102, 103):
        register.answer(stranger, stranger, 1, JANUARY, GOOD)
    assert register.release(JANUARY) == ()
    assert len(register.boxes) == 4


def test_no_combination_of_cells_speaks_of_fewer_than_five_persons(organisations: list[Register]) -> None:
    for register in organisations:
        published = answers_of(register.groups)
        boxes = [box for group in register.groups for box in group.entries]
        assert len(boxes) == len(set(boxes)), "an answer stands in two cells"
        assert not isolates_somebody(published, 5)


def test_the_check_notices_a_total_published_beside_the_cells(organisations: list[Register]) -> None:
    def with_total(register: Register) -> bool:
        total = {
            box: answer.pseudonym for box, answer in register.everything.items() if enters_the_mean(answer.answers)
        }
        return isolates_somebody([*answers_of(register.groups), total], 5)

    assert any(with_total(register) for register in organisations[:50])


def test_the_check_notices_a_window_that_overlaps_another() -> None:
    month = {bytes([answer]): bytes([answer]) for answer in range(6)}
    quarter = month | {bytes([100 + answer]): bytes([50 + answer]) for answer in range(2)}
    assert isolates_somebody([month, quarter], 5)
    assert not isolates_somebody([month], 5)


def test_answers_sealed_by_the_server_and_opened_by_the_custodian_make_the_cell() -> None:
    register = team_of(5)
    for person in range(1, 6):
        register.answer(person, person, 1, JANUARY, GOOD)
    made = make_key(JANUARY.quarter, "four unrelated words here", Effort(OPSLIMIT_MIN, MEMLIMIT_MIN))
    boxes = {box: seal(answer, made.public_key) for box, answer in register.boxes.items()}
    key = unlock(made.file, "four unrelated words here")
    opened = open_boxes(boxes, key).answers
    assert dict(opened) == register.boxes
    plan = release.plan_release(replace(register.case(JANUARY), answers=opened))
    assert plan.delete == boxes.keys()
    assert plan.cells == register.release(JANUARY)


def test_a_release_waits_for_an_instrument_that_was_taken_away() -> None:
    register = team_of(5)
    register.answer(1, 1, 1, JANUARY, GOOD)
    with pytest.raises(NotAllowed, match=r"instrument 1, which is not installed here.*nothing was released"):
        release.plan_release(replace(register.case(JANUARY), instruments={}))


def test_a_response_share_is_a_band_and_is_said_from_ten_asked_on() -> None:
    bands = [ResponseBand.of(*figures) for figures in ((5, 9), (4, 10), (5, 10), (7, 10), (8, 10), (30, 40))]
    assert bands == [None, "<50", "50-74", "50-74", ">=75", ">=75"]
    register = team_of(12)
    for person in range(1, 6):
        register.answer(person, person, 1, JANUARY, GOOD)
    register.answer(6, 6, 1, JANUARY, SKIPPED)
    (cell,) = register.release(JANUARY)
    assert cell.response == "<50"


def test_the_promise_of_five_cannot_be_lowered() -> None:
    case = team_of(5).case(JANUARY)
    with pytest.raises(ValueError, match="never holds fewer than 5"):
        replace(case, k=4)
    assert replace(case, k=8).k == 8
