"""How simulated people answer the survey: around the true climate of their team, each in their own way. Pure."""

from __future__ import annotations

from datetime import date

from coaching.surveys.instrument import Answers, Instrument
from lms.demonstration import truth
from lms.demonstration.chance import chance
from lms.demonstration.world import PersonSpec, World, month_of


def answers_of(world: World, person: PersonSpec, on: date, instrument: Instrument) -> Answers | None:
    """Return what somebody answers for a review closed on a day: a sheet, one of nothing but gaps (skipped), or no reply."""
    rng = chance(world.seed, "answer", person.employee_no, on.isoformat())
    items = len(instrument.items)
    draw = rng.random()
    if draw >= truth.ANSWERED:
        return (None,) * items if draw < (1 + truth.ANSWERED) / 2 else None
    if draw < truth.STRAIGHT_LINES:
        return (rng.choice((4, 6, 7)),) * items
    of_person = chance(world.seed, "voice", person.employee_no).gauss(0, truth.PERSON_SD)
    mean = world.climate[person.team or ""][month_of(on)] + of_person
    low, high = instrument.low, instrument.high
    sheet: list[int | None] = []
    for item in instrument.items:
        value = min(high, max(low, round(mean + rng.gauss(0, truth.ITEM_SD))))
        sheet.append(low + high - value if item.reversed else value)
    if draw < truth.STRAIGHT_LINES + truth.TOO_FEW_LINES:
        sheet[3:] = [None] * (items - 3)
    return tuple(sheet)
