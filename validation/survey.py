"""The survey's promise in figures: what attackers learn, what the rounding costs, and what was promised of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from coaching.surveys.release import plan_release
from validation import attacks
from validation.attacks import Guess
from validation.power import Power, power
from validation.releasing import (
    RULES,
    Published,
    Rule,
    case_of,
    cells_of,
    exactly,
    graded_anew_each_month,
    graded_by_roster,
    graded_by_team,
    publish,
)
from validation.worlds import MONTHS, Worlds, invent

#: At most so much may be learnt over twelve windows at n = 5, and an exact mean must give away more than this.
COLLUSION: Final = 0.90
JOINER: Final = 0.82
GIVEN_AWAY: Final = 0.95
HALF: Final = MONTHS // 2
SIZES: Final = (5, 8)


@dataclass(frozen=True)
class Team:
    """All cells of teams of one size, before and after one more person came."""

    size: int
    worlds: Worlds
    #: All months without the one who joins.
    alone: Published
    #: All months with them.
    joined: Published

    def before(self, rule: Rule) -> attacks.Floats:
        """Return the cells of the first half, before the joiner came."""
        return self.alone[rule][:, :HALF]

    def after(self, rule: Rule) -> attacks.Floats:
        """Return the cells of the second half, with the joiner."""
        return self.joined[rule][:, HALF:]

    def colleagues_who_average(self, rule: Rule) -> float:
        """Return the AUC of colleagues who take means."""
        return attacks.colleagues_who_average(self.worlds, self.alone[rule], self.size)

    def colleagues_who_know(self, rule: Rule) -> float:
        """Return the AUC of colleagues who know the rounding and all distributions."""
        return attacks.colleagues_who_know(self.worlds, self.alone[rule], self.size)

    def onlookers_who_average(self, rule: Rule) -> float:
        """Return the AUC of onlookers who take means."""
        return attacks.onlookers_who_average(self.worlds, self.before(rule), self.after(rule), self.size)

    def onlookers_who_know(self, rule: Rule) -> float:
        """Return the AUC of onlookers who know the rounding and all distributions."""
        return attacks.onlookers_who_know(self.worlds, self.before(rule), self.after(rule), self.size)

    def one_collusion(self, rule: Rule) -> Guess:
        """Return what colleagues learn from one window."""
        return attacks.one_window_collusion(self.worlds, self.alone[rule], self.size)

    def one_late_answer(self, rule: Rule) -> Guess:
        """Return what onlookers would learn if a month were published again with a late answer."""
        return attacks.one_late_answer(self.worlds, self.alone[rule], self.joined[rule], self.size)

    def one_joiner(self, rule: Rule) -> Guess:
        """Return what onlookers learn from the windows just before and after somebody joined."""
        return attacks.one_joiner(self.worlds, self.before(rule), self.after(rule), self.size)


@dataclass(frozen=True)
class Study:
    """Everything that ``make validate`` measures of the survey."""

    worlds: int
    teams: dict[int, Team]
    power: Power
    #: Cells that a second release of the same months published: none, for the product.
    published_again: int


@dataclass(frozen=True)
class Promise:
    """One bound and whether it held."""

    words: str
    figure: float
    bound: float
    at_most: bool

    @property
    def held(self) -> bool:
        """Whether the figure lies on the promised side."""
        return self.figure <= self.bound if self.at_most else self.figure > self.bound


def team_of(worlds: int, size: int) -> Team:
    """Invent worlds of teams of a size and publish all their months, in every way."""
    invented = invent(worlds, size)
    return Team(
        size,
        invented,
        publish(invented, size, range(MONTHS), rules=RULES),
        publish(invented, size + 1, range(MONTHS), rules=RULES),
    )


def published_again(worlds: Worlds, size: int) -> int:
    """Release each world's first month, then again with one late answer; return how many cells the second one published."""
    again = 0
    for world in range(worlds.count):
        totals = [int(total) for total in worlds.sums[world, : size + 1, 0]]
        first = plan_release(case_of(world, totals[:size], 0)).cells
        again += len(cells_of(replace(case_of(world, totals, 0), released=first)))
    return again


def study(worlds: int, runs: int, *, say: Callable[[str], None]) -> Study:
    """Measure everything; ``say`` hears what is being done."""
    teams = {}
    for size in SIZES:
        say(f"{worlds} worlds of teams of {size} over {MONTHS} windows")
        teams[size] = team_of(worlds, size)
    say(f"{runs} networks for the power to see a link")
    return Study(worlds, teams, power(runs), published_again(teams[5].worlds, 5))


def promises(found: Study) -> list[Promise]:
    """Return each bound of the design and of its mutants, with what was measured."""
    five = found.teams[5]
    collusion = max(five.colleagues_who_average(graded_by_roster), five.colleagues_who_know(graded_by_roster))
    joiner = max(five.onlookers_who_average(graded_by_roster), five.onlookers_who_know(graded_by_roster))
    return [
        Promise("Four colleagues pool their answers, twelve windows", collusion, COLLUSION, at_most=True),
        Promise("A team watches somebody join, twelve windows", joiner, JOINER, at_most=True),
        Promise("Cells that a second release published", found.published_again, 0, at_most=True),
        Promise("Mutant: exact means, collusion", five.colleagues_who_average(exactly), GIVEN_AWAY, at_most=False),
        Promise(
            "Mutant: a fresh draw each month, collusion",
            five.colleagues_who_average(graded_anew_each_month),
            COLLUSION,
            at_most=False,
        ),
        Promise(
            "Mutant: a fresh draw each month, joiner",
            five.onlookers_who_average(graded_anew_each_month),
            JOINER,
            at_most=False,
        ),
        Promise(
            "Mutant: one draw for the team for ever, joiner",
            five.onlookers_who_average(graded_by_team),
            JOINER,
            at_most=False,
        ),
    ]
