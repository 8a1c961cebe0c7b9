"""All common free slots of 60 days for 9 coaches and 148 people, beside the obvious way to find them.

``python -m bench.slots ROUNDS`` makes the diaries from its own dice, measures, and prints what it found. The people, zones,
absences and reviews are as uneven as in a network; the database's part, three statements for however many, is not in it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median

from bench.figures import Goal, Ratio, Verdict, paired
from coaching.scheduling import rules
from coaching.scheduling.rules import Diary, Horizon, Slots, Span, coaching_time, free_time, slots_in
from tests.pure.coaching.obvious_slots import obvious_slots

COACHES, PEOPLE, DAYS = 9, 148, 60
#: Pairs found by the obvious way as well, which takes seconds for each: its share of all is what is compared.
PAIRS = 2
#: What must hold, in milliseconds.
MOST_MS = 300.0
#: A Monday four weeks before Europe's clocks go forward: both changes of that spring lie in the 60 days.
BEGIN = datetime(2027, 3, 1, 6, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Europe/Lisbon", "Asia/Kolkata")
_SEED = 20_261_128


@dataclass(frozen=True, slots=True)
class FoundSlots:
    """What was measured: milliseconds for all pairs by each way in each round, and what was found."""

    fast_ms: list[float]
    #: The obvious way's time for a few pairs, times as many as there are.
    obvious_ms: list[float]
    pairs: int
    slots: int
    #: Busy spans and reviews in all diaries.
    taken: int
    alike: bool

    @property
    def ratio(self) -> Ratio | None:
        """How many times the obvious way takes."""
        return paired(self.obvious_ms, self.fast_ms)


def made_diaries() -> tuple[list[Diary], list[Diary]]:
    """Return the diaries of coaches and of people: a usual week or one of shifts, batches, absences, reviews, holidays."""
    dice = Random(_SEED)  # noqa: S311 - invented diaries, the same in every run
    coaches = [_diary(dice, number, reviews=16) for number in range(COACHES)]
    return coaches, [_diary(dice, number, reviews=2) for number in range(PEOPLE)]


def _diary(dice: Random, number: int, *, reviews: int) -> Diary:
    day = BEGIN.date()
    shifts = dice.choice(
        [rules.USUAL_HOURS, {0: [(360, 840)], 1: [(360, 840)], 3: [(840, 1320)], 5: [(480, 720), (780, 960)]}]
    )
    return Diary(
        ZONES[number % len(ZONES)],
        shifts,
        busy=[*(_span(dice, 90, 600) for _ in range(24)), _span(dice, 3 * 1440, 15 * 1440)],
        reviews=[_span(dice, 45, 45) for _ in range(reviews)],
        extra=[_span(dice, 60, 240)],
        holidays=frozenset(day + timedelta(days=dice.randrange(DAYS)) for _ in range(4)),
        left_on=date(2027, 4, 15) if number % 40 == 39 else None,
    )


def _span(dice: Random, least: int, most: int) -> Span:
    begin = BEGIN + timedelta(minutes=15 * dice.randrange(DAYS * 96))
    return Span(begin, begin + timedelta(minutes=dice.randint(least, most)))


def all_slots(coaches: Sequence[Diary], people: Sequence[Diary]) -> list[Slots]:
    """Return the slots of every coach with everybody, from their diaries on."""
    horizon = Horizon.between(BEGIN, BEGIN + timedelta(days=DAYS))
    own = [free_time(person, horizon) for person in people]
    return [
        slots_in(free & other, horizon)
        for free in (coaching_time(coach, horizon) for coach in coaches)
        for other in own
    ]


def measure_slots(rounds: int) -> FoundSlots:
    """Measure both ways in turn, round by round, with nothing kept from the round before."""
    coaches, people = made_diaries()
    fast, obvious, alike, found = [], [], True, all_slots(coaches, people)
    for number in range(rounds):
        for kept in (rules._hours, rules._offsets, rules._holidays):  # noqa: SLF001 - a first page is what is promised
            kept.cache_clear()
        begun = time.perf_counter()
        found = all_slots(coaches, people)
        counted = sum(map(len, found))
        fast.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        for pair in range(PAIRS):
            coach, other = (number + pair) % COACHES, (7 * number + 31 * pair) % PEOPLE
            expected = obvious_slots(
                coaches[coach], [people[other]], starts_at=BEGIN, ends_at=BEGIN + timedelta(days=DAYS)
            )
            alike = alike and [slot.starts_at for slot in found[coach * PEOPLE + other]] == expected
        obvious.append((time.perf_counter() - begun) * 1000 / PAIRS * len(found))
    taken = sum(len(diary.busy) + len(diary.reviews) for diary in (*coaches, *people))
    return FoundSlots(fast, obvious, len(found), counted, taken, alike)


def read_found(text: str) -> FoundSlots:
    """Return what a measuring process printed."""
    return FoundSlots(**json.loads(text))


def judged_slots(found: FoundSlots) -> list[Goal]:
    """Hold the time against its promise, and print how much the obvious way takes."""
    what = f"all common free slots of {DAYS} days for {COACHES} coaches x {PEOPLE} people"
    middle = median(found.fast_ms)
    said = (
        f"{middle:.0f} ms ({min(found.fast_ms):.0f} to {max(found.fast_ms):.0f}, {len(found.fast_ms)} rounds), "
        f"{found.slots:,} slots around {found.taken:,} taken times"
    )
    if not found.alike:
        said += "; they differ from the obvious ones"
    verdict = Verdict.HOLDS if middle <= MOST_MS and found.alike else Verdict.DOES_NOT
    goal = Goal("slots", what, f"at most {MOST_MS:.0f} ms", verdict, said, must=True)
    beside = Goal("slots", f"the obvious way, {PAIRS} pairs of {found.pairs:,}", "", Verdict.PRINTED, str(found.ratio))
    return [goal, beside]


def main() -> None:
    """Measure so many rounds and print what was found as JSON."""
    sys.stdout.write(json.dumps(asdict(measure_slots(int(sys.argv[1])))))


if __name__ == "__main__":
    main()
