"""For any history of joins, leaves and answers, no sequence of allowed queries speaks of a group smaller than five.

Histories are searched for a counter-example. Whatever may be asked is what releases published: cells, how many answers went
into them, straight lines. Of each history three things must hold: every cell has five persons, no sum or difference of cells
isolates fewer, and the whole of what can be seen is the same if the answers that entered no cell had never been given. The
same search, let loose on releases with a planted fault, must find each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from coaching.surveys import release
from coaching.surveys.instrument import Answers
from coaching.surveys.periods import Month
from coaching.surveys.release import Gathering, Group, ReleaseCase, ReleasedCell, ReleasePlan, Scope
from tests.pure.surveys import organisations
from tests.pure.surveys.organisations import (
    MONTHS,
    Register,
    answers_of,
    isolates_somebody,
    people_of,
    person_id,
    roster_of,
    sheet,
)

PEOPLE, TEAMS = 16, 3
SHEETS: tuple[Answers, ...] = (
    sheet(6, 2, 6, 6, 2, 2, 6),
    sheet(1, 7, 2, 1, 7, 6, 1),
    sheet(*(None,) * 7),
    sheet(4, 4, 4, None, None, None, None),
    sheet(*(3,) * 7),
)
#: One step of a history: what happens, to whom, and how.
Step = tuple[str, int, int, int]

STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from((*("answers",) * 6, "month", "month", "join", "leave", "again", "restore")),
        st.integers(0, PEOPLE - 1),
        st.one_of(st.just(2**8 - 1), st.integers(0, 2**8 - 1)),
        st.integers(0, 2 * len(SHEETS) - 1),
    ),
    min_size=12,
    max_size=40,
)
HOMES = st.lists(st.integers(0, TEAMS - 1), min_size=PEOPLE, max_size=PEOPLE)


@dataclass
class History:
    """A history as it is lived through; ``without`` names answers that are left out of it."""

    home: list[int | None]
    without: frozenset[bytes] = frozenset()
    register: Register = field(default_factory=lambda: Register([]))
    month: int = 0
    given: int = 0
    backup: dict[bytes, Any] = field(default_factory=dict)
    seen: list[Any] = field(default_factory=list)
    been: set[tuple[int, int]] = field(default_factory=set)

    def live(self, steps: list[Step]) -> History:
        for what, who, which, how in steps:
            match what:
                case "answers":
                    self._answers(who % TEAMS, which, how)
                case "join" | "leave":
                    self._mark()
                    self.home[who] = which % TEAMS if what == "join" else None
                case "month":
                    self._month()
                case "restore" if self.month:
                    later = {box: one for box, one in self.register.boxes.items() if one.month > self._before}
                    self.register.boxes = {**self.backup, **later}
                    self._release(self._before)
                case "again" if self.month:
                    self._release(self._before)
        while self.month % 3:
            self._month()
        return self

    def _answers(self, team: int, which: int, how: int) -> None:
        members = [person for person, where in enumerate(self.home) if where == team]
        for place, person in enumerate(members):
            if which >> (place % 8) & 1:
                self.given += 1
                box = self.given.to_bytes(16, "big")
                if box not in self.without:
                    answers = SHEETS[how % len(SHEETS)] if place == 0 else SHEETS[how % 2]
                    self.register.answer(box, person, team, self._now, answers)

    def _month(self) -> None:
        self._mark()
        self.register.rosters += [
            roster_of(team, team % 2, self._now, frozenset(person_id(p) for p, where in self.been if where == team))
            for team in range(TEAMS)
        ]
        self.been.clear()
        self.backup = dict(self.register.boxes)
        self._release(self._now)
        self.month += 1

    def _mark(self) -> None:
        self.been |= {(person, team) for person, team in enumerate(self.home) if team is not None}

    def _release(self, month: Month) -> None:
        self.register.closed = month < self._now and month.ends_quarter
        case = self.register.case(month)
        plan = organisations.plan_release(case)
        self.seen.append((plan.cells, plan.counted, plan.straight_lines))
        self.register.release(month)
        self.register.closed = False

    @property
    def _now(self) -> Month:
        return Month.from_ordinal(MONTHS[0].ordinal + self.month)

    @property
    def _before(self) -> Month:
        return Month.from_ordinal(MONTHS[0].ordinal + self.month - 1)


def check(home: list[int], steps: list[Step]) -> None:
    """Raise ``AssertionError`` if anything that this history lets see speaks of fewer than five persons."""
    lived = History(list(home)).live(steps)
    groups = lived.register.groups
    assert all(len(people) >= 5 for people in people_of(groups)), "a cell has fewer than five persons"
    boxes = [box for group in groups for box in group.entries]
    assert len(boxes) == len(set(boxes)), "an answer stands in two cells"
    assert not isolates_somebody(answers_of(groups), 5), "cells can be subtracted"
    never_entered = frozenset(lived.register.everything) - frozenset(boxes)
    shadow = History(list(home), without=never_entered).live(steps)
    assert shadow.seen == lived.seen, "an answer that entered no cell can be seen"


SEARCH = settings(max_examples=250, derandomize=True, database=None, deadline=None)


@SEARCH
@given(HOMES, STEPS)
def test_no_history_lets_anybody_see_a_group_smaller_than_five(home: list[int], steps: list[Step]) -> None:
    check(home, steps)


def test_the_search_reaches_cells_of_every_kind_and_restores() -> None:
    """A search over histories in which nothing is published would prove nothing."""
    scopes: set[Scope] = set()
    cells: list[ReleasedCell] = []

    @SEARCH
    @given(HOMES, STEPS)
    def look(home: list[int], steps: list[Step]) -> None:
        lived = History(list(home)).live(steps)
        cells.extend(lived.register.rows.values())
        scopes.update(group.scope for group in lived.register.groups)

    look()
    assert len(cells) > 200
    assert scopes == set(Scope)


@contextmanager
def four_are_enough() -> Iterator[None]:
    with patch.object(release, "_is_enough", lambda group, k: len(group.person_means) >= k - 1):
        yield


@contextmanager
def answers_are_counted_for_persons() -> Iterator[None]:
    with patch.object(release, "_is_enough", lambda group, k: len(group.entries) >= k):
        yield


@contextmanager
def what_waits_is_counted() -> Iterator[None]:
    """As this product did before the search was written: all opened answers were counted, to the last one."""
    real = organisations.plan_release

    def counting(case: ReleaseCase) -> ReleasePlan:
        return replace(real(case), counted=len(case.answers))

    with patch.object(organisations, "plan_release", counting):
        yield


@contextmanager
def a_total_stands_beside_the_cells() -> Iterator[None]:
    real = organisations.gather

    def with_total(case: ReleaseCase) -> Gathering:
        found = real(case)
        everything: dict[bytes, Any] = {}
        for group in found.groups:
            everything |= group.entries
        total = Group(Scope.NETWORK_SMALL_TEAMS, None, 1, everything)
        return replace(found, groups=(*found.groups, total)) if everything else found

    with patch.object(organisations, "gather", with_total):
        yield


@contextmanager
def the_release_forgets_what_it_published() -> Iterator[None]:
    real = Register.case
    with patch.object(Register, "case", lambda self, month: replace(real(self, month), released=(), closed=False)):
        yield


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (four_are_enough, "fewer than five persons"),
        (answers_are_counted_for_persons, "fewer than five persons"),
        (what_waits_is_counted, "entered no cell can be seen"),
        (a_total_stands_beside_the_cells, "stands in two cells"),
        (the_release_forgets_what_it_published, "would be published twice"),
    ],
)
def test_the_search_finds_a_planted_fault(fault: Callable[[], Any], words: str) -> None:
    search = settings(SEARCH, phases=[Phase.generate], report_multiple_bugs=False)(given(HOMES, STEPS)(check))
    with fault(), pytest.raises(AssertionError, match=words):
        search()
