"""What was released stays as it is: no second run, late answer, change of team or old backup alters or adds a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from coaching.surveys.periods import Month
from coaching.surveys.release import ReleaseCase, plan_release
from tests.pure.surveys.organisations import (
    MONTHS,
    Register,
    moved,
    organisation,
    sheet,
    team_id,
    team_of,
    together,
)

JANUARY, FEBRUARY, MARCH = MONTHS[:3]
GOOD, BAD = sheet(6, 2, 6, 6, 2, 2, 6), sheet(2, 6, 2, 2, 6, 6, 1)


def a_released_team() -> Register:
    """Return a team of eight of whom six answered in January, and were released; the last two have not answered yet."""
    register = team_of(8)
    for person in range(1, 7):
        register.answer(person, person, 1, JANUARY, GOOD)
    assert len(register.release(JANUARY)) == 1
    return register


def run_again(register: Register) -> None:
    register.release(JANUARY)


def answer_late(register: Register) -> None:
    for person in (7, 8, 1, 2, 3, 4):
        register.answer(20 + person, person, 1, JANUARY, BAD)
    register.release(JANUARY)


def answer_late_into_next_month(register: Register) -> None:
    for person in (7, 8, 1, 2, 3, 4):
        register.answer(20 + person, person, 1, JANUARY, BAD)
    register.release(FEBRUARY)


def restore_an_old_backup(register: Register) -> None:
    for person in range(1, 7):
        register.answer(person, person, 1, JANUARY, GOOD)
    register.release(JANUARY)
    register.release(FEBRUARY)


def change_the_team(register: Register) -> None:
    moved(register, 1, JANUARY, joins=9, leaves=1)
    register.release(JANUARY)


@pytest.mark.parametrize(
    "attack", [run_again, answer_late, answer_late_into_next_month, restore_an_old_backup, change_the_team]
)
def test_released_rows_stay_byte_for_byte_and_no_row_is_added_after(attack: Callable[[Register], None]) -> None:
    register = a_released_team()
    before = register.written()
    attack(register)
    assert register.written() == before
    assert not register.boxes, "an answer that came too late must be destroyed, not kept"


class Forgetful(Register):
    """A release that does not look at what it published before."""

    def case(self, month: Month) -> ReleaseCase:
        return replace(super().case(month), released=())


def test_the_check_notices_a_release_that_forgets_what_it_published() -> None:
    register = a_released_team()
    forgetful = Forgetful(register.rosters, rows=register.rows)
    with pytest.raises(AssertionError, match="published twice"):
        answer_late(forgetful)


def test_teams_that_merge_start_a_new_series_and_leave_the_old_rows_alone() -> None:
    register = together(team_of(6, team=1, months=(JANUARY,)), team_of(5, team=2, months=(JANUARY,), first=7))
    for person in range(1, 7):
        register.answer(person, person, 1, JANUARY, GOOD)
    for person in range(7, 12):
        register.answer(person, person, 2, JANUARY, BAD)
    register.release(JANUARY)
    before = register.written()
    register.rosters += team_of(11, team=3, months=(FEBRUARY, MARCH)).rosters
    for person in range(1, 12):
        register.answer(20 + person, person, 3, FEBRUARY, GOOD)
    (cell,) = register.release(FEBRUARY)
    assert cell.place == team_id(3)
    assert register.written().startswith(before[:40])
    assert set(before.splitlines()) < set(register.written().splitlines())


def test_after_the_quarter_is_closed_a_restored_backup_is_destroyed_whatever_it_holds() -> None:
    register = together(team_of(4, team=1), team_of(4, team=2, first=11))
    held = [(person, person, 1, MARCH, GOOD) for person in range(1, 5)]
    held += [(person, person, 2, MARCH, BAD) for person in range(11, 15)]
    for box in held:
        register.answer(*box)
    assert len(register.release(MARCH)) == 1
    before = register.written()
    for box in held:
        register.answer(*box)
    register.answer(5, 15, 1, MARCH, GOOD)
    # The pooled cell itself says that the quarter is closed, also where the key table was restored with the backup.
    assert not register.closed
    register.release(MARCH)
    assert register.written() == before
    assert not register.boxes

    left_over = team_of(4)
    for person in range(1, 5):
        left_over.answer(person, person, 1, MARCH, GOOD)
    left_over.release(MARCH)
    left_over.closed = True
    for person in range(1, 6):
        left_over.answer(person, person, 1, MARCH, GOOD)
    assert left_over.release(MARCH) == ()
    assert not left_over.boxes


def test_a_release_does_not_depend_on_the_order_in_which_the_answers_lie() -> None:
    for seed in range(100):
        register, answers = organisation(seed)
        for number, answer in enumerate(answers):
            register.answer(number, *answer)
        case = register.case(MARCH)
        turned = replace(case, answers=dict(list(case.answers.items())[::-1]), rosters=case.rosters[::-1])
        assert set(plan_release(turned).cells) == set(plan_release(case).cells)
        assert plan_release(turned).delete == plan_release(case).delete


@pytest.mark.parametrize("seed", range(30))
def test_whole_organisations_restored_after_each_month_publish_nothing_new(seed: int) -> None:
    register, answers = organisation(seed)
    for month in MONTHS:
        for number, (person, team, when, given) in enumerate(answers):
            if when == month:
                register.answer(number, person, team, when, given)
        backup = dict(register.boxes)
        register.release(month)
        after, waiting = register.written(), dict(register.boxes)
        register.boxes = dict(backup)
        register.closed = month.ends_quarter
        register.release(month)
        register.closed = False
        assert register.written() == after
        assert register.boxes == waiting
