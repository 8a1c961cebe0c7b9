"""Invented organisations that answer and are released month by month, for the tests of the survey's promise."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np

from coaching.surveys.instrument import Answers, shipped
from coaching.surveys.periods import Month
from coaching.surveys.release import Group, ReleaseCase, ReleasedCell, TeamMonth, gather, plan_release
from coaching.surveys.sealing import SealedAnswer, pseudonym

INSTRUMENT = shipped()[1]
ROUND_KEY = bytes(range(32))
PSEUDO = bytes(range(32, 64))
MONTHS = tuple(Month(2026, number) for number in range(1, 7))


def team_id(number: int) -> UUID:
    return UUID(int=0x7EA << 96 | number)


def site_id(number: int) -> UUID:
    return UUID(int=0x517E << 96 | number)


def person_id(number: int) -> UUID:
    return UUID(int=0xBEEF << 96 | number)


def sheet(*values: int | None) -> Answers:
    return values


@dataclass
class Register:
    """What lies in the survey's tables, and the releases made of it. A row once written is never written again."""

    rosters: list[TeamMonth]
    boxes: dict[bytes, SealedAnswer] = field(default_factory=dict)
    rows: dict[tuple[str, int, Month], ReleasedCell] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    closed: bool = False
    everything: dict[bytes, SealedAnswer] = field(default_factory=dict)
    too_few: list[bool] = field(default_factory=list)

    def answer(self, box: int | bytes, person: int, team: int, month: Month, answers: Answers) -> None:
        box_id = box if isinstance(box, bytes) else box.to_bytes(16, "big")
        self.boxes[box_id] = self.everything[box_id] = SealedAnswer(
            INSTRUMENT.code, team_id(team), month, pseudonym(PSEUDO, person_id(person)), answers
        )

    def case(self, month: Month) -> ReleaseCase:
        asked = {user for roster in self.rosters for people in roster.asked.values() for user in people}
        return ReleaseCase(
            month=month,
            answers={box: answer for box, answer in self.boxes.items() if answer.month.quarter == month.quarter},
            rosters=tuple(self.rosters),
            people=frozenset(pseudonym(PSEUDO, user) for user in asked),
            instruments=shipped(),
            round_key=ROUND_KEY,
            released=tuple(self.rows.values()),
            closed=self.closed,
        )

    def release(self, month: Month) -> tuple[ReleasedCell, ...]:
        case = self.case(month)
        gathering, plan = gather(case), plan_release(case)
        for cell in plan.cells:
            key = cell.cell, cell.instrument, cell.first_month
            assert key not in self.rows, f"{key} would be published twice"
            self.rows[key] = cell
        self.groups += gathering.groups
        self.too_few.append(plan.too_few)
        for box in plan.delete:
            del self.boxes[box]
        return plan.cells

    def written(self) -> str:
        """Return the released rows as they stand on disk."""
        return "\n".join(f"{key}: {self.rows[key]!r}" for key in sorted(self.rows))


def team_of(size: int, *, team: int = 1, site: int = 1, months: Iterable[Month] = MONTHS, first: int = 1) -> Register:
    """Return an empty register of one team whose members were all asked every month."""
    members = frozenset(person_id(first + number) for number in range(size))
    return Register([roster_of(team, site, month, members) for month in months])


def roster_of(team: int, site: int, month: Month, members: frozenset[UUID], code: int = INSTRUMENT.code) -> TeamMonth:
    """Return a team's month in which everybody was asked with an instrument."""
    return TeamMonth(team_id(team), site_id(site), month, members, {code: members})


def together(*registers: Register) -> Register:
    return Register([roster for register in registers for roster in register.rosters])


def random_sheet(chance: random.Random) -> Answers:
    match chance.randrange(10):
        case 0:
            return (None,) * 7
        case 1:
            return tuple(chance.choice((None, chance.randint(1, 7))) for _ in range(7))
        case 2:
            return (chance.randint(1, 7),) * 7
        case _:
            return tuple(chance.randint(1, 7) for _ in range(7))


def organisation(seed: int) -> tuple[Register, list[tuple[int, int, Month, Answers]]]:
    """Return 1-30 people in 1-6 teams of 1-3 sites over six months, and their answers.

    Some change team, some answer six times a month, some skip, some leave items out.
    """
    chance = random.Random(seed)
    people, teams, sites = chance.randint(1, 30), chance.randint(1, 6), chance.randint(1, 3)
    home = [chance.randrange(teams) for _ in range(people)]
    eager = chance.random()
    rosters: list[TeamMonth] = []
    answers: list[tuple[int, int, Month, Answers]] = []
    for month in MONTHS:
        home = [chance.randrange(teams) if chance.random() < 0.05 else team for team in home]
        for team in range(teams):
            members = frozenset(person_id(person) for person in range(people) if home[person] == team)
            rosters.append(roster_of(team, team % sites, month, members))
        for person in range(people):
            times = 6 if chance.random() < 0.02 else int(chance.random() < eager) + int(chance.random() < 0.2)
            answers += [(person, home[person], month, random_sheet(chance)) for _ in range(times)]
    return Register(rosters), answers


def lived_through(seed: int) -> Register:
    """Let one organisation answer and be released through two quarters."""
    register, answers = organisation(seed)
    chance = random.Random(~seed)
    for month in MONTHS:
        for person, team, when, given in answers:
            if when == month:
                register.answer(chance.randbytes(16), person, team, when, given)
        register.release(month)
    return register


def people_of(groups: Iterable[Group]) -> list[set[bytes]]:
    """Return, for each cell, the people whose answers enter its mean: counted here from the raw answers, by hand."""
    return [
        {entry.answer.pseudonym for entry in group.entries.values() if enters_the_mean(entry.answer.answers)}
        for group in groups
    ]


def enters_the_mean(answers: Answers) -> bool:
    given = [value for value in answers if value is not None]
    return len(given) >= 5 and not (len(given) == 7 and len(set(given)) == 1)


def isolates_somebody(cells: list[Mapping[bytes, bytes]], k: int) -> bool:
    """Tell whether some sum or difference of published cells speaks of 1 to k-1 persons.

    Each cell maps its answers to their people. Answers that always stand in the same cells form an atom; every
    combination of cells has whole atoms. A combination that leaves only atoms of fewer than k people exists exactly if
    dropping these atoms lowers the rank of the cells x atoms matrix.
    """
    patterns: dict[bytes, list[int]] = {}
    person_of: dict[bytes, bytes] = {}
    for number, cell in enumerate(cells):
        for answer, person in cell.items():
            patterns.setdefault(answer, []).append(number)
            person_of[answer] = person
    atoms: dict[tuple[int, ...], set[bytes]] = {}
    for answer, pattern in patterns.items():
        atoms.setdefault(tuple(pattern), set()).add(person_of[answer])
    small = [len(people) < k for people in atoms.values()]
    if not any(small):
        return False
    matrix = np.array([[number in pattern for pattern in atoms] for number in range(len(cells))], dtype=float)
    large = matrix[:, ~np.array(small)]
    return bool(np.linalg.matrix_rank(matrix) > (np.linalg.matrix_rank(large) if large.size else 0))


def answers_of(groups: Iterable[Group]) -> list[Mapping[bytes, bytes]]:
    """Return each cell's answers that enter its mean, with their people."""
    return [
        {box: entry.answer.pseudonym for box, entry in group.entries.items() if enters_the_mean(entry.answer.answers)}
        for group in groups
    ]


def moved(register: Register, team: int, month: Month, *, joins: int | None = None, leaves: int | None = None) -> None:
    """Change a team's roster from a month on."""
    for number, roster in enumerate(register.rosters):
        if roster.team == team_id(team) and roster.month >= month:
            members = set(roster.members)
            members |= {person_id(joins)} if joins is not None else set()
            members -= {person_id(leaves)} if leaves is not None else set()
            asked = {INSTRUMENT.code: frozenset(members)}
            register.rosters[number] = replace(roster, members=frozenset(members), asked=asked)
