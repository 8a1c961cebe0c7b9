"""Each instrument is a series of its own: a pulse is never pooled with a full set, nor judged, nor counted for its share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coaching.surveys.instrument import Instrument, Series
from coaching.surveys.periods import Month
from coaching.surveys.release import ReleaseCase, ReleasePlan, plan_release
from coaching.surveys.sealing import SealedAnswer, pseudonym
from tests.pure.surveys.organisations import (
    INSTRUMENT,
    PSEUDO,
    Register,
    person_id,
    roster_of,
    sheet,
    team_id,
    team_of,
    together,
)

JANUARY, FEBRUARY, MARCH = (Month(2026, number) for number in (1, 2, 3))
PULSE: Instrument = replace(
    INSTRUMENT, id="pulse", code=2, title="Pulse", minimum_answered=2, items=INSTRUMENT.items[:3], series=Series.PULSE
)
FULL_SHEET, PULSE_SHEET = sheet(6, 2, 6, 6, 2, 2, 6), sheet(2, 6, 2)


@dataclass
class TwoSeries(Register):
    """A register whose people may be asked with a full set or with a pulse."""

    def pulse(self, box: int, person: int, team: int, month: Month) -> None:
        # a box has room for seven; what a pulse does not ask stays empty
        answers = (*PULSE_SHEET, *(None,) * 4)
        self.boxes[box.to_bytes(16, "big")] = SealedAnswer(
            PULSE.code, team_id(team), month, pseudonym(PSEUDO, person_id(person)), answers
        )

    def case(self, month: Month) -> ReleaseCase:
        return replace(super().case(month), instruments={1: INSTRUMENT, 2: PULSE})

    def plan(self, month: Month) -> ReleasePlan:
        return plan_release(self.case(month))


def ten_people(month: Month = JANUARY, *, pulsed: range = range(1, 11)) -> TwoSeries:
    """Return a team of ten who were all asked the full set, and some of them a pulse as well."""
    everybody = frozenset(person_id(number) for number in range(1, 11))
    roster = roster_of(1, 1, month, everybody)
    some = frozenset(person_id(number) for number in pulsed)
    return TwoSeries([replace(roster, asked={1: everybody, 2: some})])


def test_five_full_sets_and_five_pulses_are_two_figures_and_not_one_of_ten() -> None:
    register = ten_people()
    for person in range(1, 6):
        register.answer(person, person, 1, JANUARY, FULL_SHEET)
        register.pulse(100 + person, 5 + person, 1, JANUARY)
    cells = {cell.instrument: cell for cell in register.release(JANUARY)}
    assert {code: str(cell.size) for code, cell in cells.items()} == {1: "5-9", 2: "5-9"}
    assert cells[1].score > cells[2].score


def test_four_of_each_are_no_figure_at_all() -> None:
    register = ten_people()
    for person in range(1, 5):
        register.answer(person, person, 1, JANUARY, FULL_SHEET)
        register.pulse(100 + person, 4 + person, 1, JANUARY)
    assert register.release(JANUARY) == ()
    assert len(register.boxes) == 8


def test_the_share_is_of_those_asked_with_this_instrument() -> None:
    register = ten_people(pulsed=range(1, 6))
    for person in range(1, 6):
        register.answer(person, person, 1, JANUARY, FULL_SHEET)
        register.pulse(100 + person, person, 1, JANUARY)
    shares = {cell.instrument: cell.response for cell in register.release(JANUARY)}
    assert shares == {1: "50-74", 2: None}


def test_a_released_full_set_does_not_close_the_month_of_the_pulse() -> None:
    register = ten_people()
    for person in range(1, 6):
        register.answer(person, person, 1, JANUARY, FULL_SHEET)
    assert len(register.release(JANUARY)) == 1
    for person in range(1, 6):
        register.pulse(100 + person, person, 1, JANUARY)
        register.answer(200 + person, 5 + person, 1, JANUARY, FULL_SHEET)
    cells = register.release(JANUARY)
    assert [cell.instrument for cell in cells] == [2]
    assert not register.boxes, "full sets that came after their month was released must be destroyed"


def test_both_series_of_a_team_are_rounded_by_one_draw() -> None:
    """Two draws would let whoever knows that both ask alike average the noise away."""
    register = ten_people()
    for person in range(1, 6):
        register.answer(person, person, 1, JANUARY, FULL_SHEET)
        register.pulse(100 + person, person, 1, JANUARY)
    both = {cell.instrument: cell.score for cell in register.release(JANUARY)}
    alone = ten_people()
    for person in range(1, 6):
        alone.answer(person, person, 1, JANUARY, FULL_SHEET)
    (cell,) = alone.release(JANUARY)
    assert both[1] == cell.score


def test_a_quarter_judges_the_full_set_only() -> None:
    teams = together(*(team_of(6, team=number, months=(MARCH,), first=10 * number) for number in range(1, 13)))
    register = TwoSeries([replace(r, asked={1: r.members, 2: r.members}) for r in teams.rosters])
    chance = np.random.default_rng(3)
    for team in range(1, 13):
        for number in range(6):
            person, values = 10 * team + number, np.clip(chance.integers(1, 4) + chance.integers(0, 4, 7), 1, 7)
            raw = [8 - int(v) if i.reversed else int(v) for i, v in zip(INSTRUMENT.items, values, strict=True)]
            register.answer(person, person, team, MARCH, sheet(*raw))
            register.pulse(1000 + person, person, team, MARCH)
    plan = register.plan(MARCH)
    assert {cell.instrument for cell in plan.cells} == {1, 2}
    assert list(plan.reliability) == [1]
    found = plan.reliability[1]
    assert found.omega is not None
    assert found.teams is not None
    assert found.teams.icc2 <= 1
