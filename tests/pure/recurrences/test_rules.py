from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lms.recurrences import registration, rules

SITE, OTHER, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)
ZONES = {SITE: "Europe/Berlin", OTHER: "America/New_York", THIRD: "Asia/Dubai"}
START = datetime(2025, 3, 1, 9, tzinfo=UTC)


def an_occurrence(day: float, *, site: UUID = SITE, step: str = "thaw", cause: str = "method") -> rules.Occurrence:
    return rules.Occurrence(uuid4(), site, step, "material", cause, START + timedelta(days=day))


def find_local(occurrences: Sequence[rules.Occurrence]) -> list[rules.Match]:
    return rules.find(rules.R1, rules.Facts(occurrences, (), ZONES))


def test_a_match_names_the_nearest_earlier_one() -> None:
    first, second, third = an_occurrence(0), an_occurrence(100), an_occurrence(243)
    found = find_local([third, first, second])
    assert {(m.later_id, m.earlier_id, m.days_between) for m in found} == {
        (second.id, first.id, 100),
        (third.id, second.id, 143),
    }


@pytest.mark.parametrize(("days", "matches"), [(364, True), (365, True), (366, False), (1, True)])
def test_the_window_includes_its_last_day_and_no_more(days: int, *, matches: bool) -> None:
    found = find_local([an_occurrence(0), an_occurrence(days)])
    assert bool(found) is matches


@pytest.mark.parametrize(
    ("earlier", "later", "hours"),
    [(date(2024, 10, 27), date(2025, 10, 27), 1), (date(2024, 3, 31), date(2025, 3, 31), -1)],
)
def test_a_clock_change_moves_nothing_over_the_limit(earlier: date, later: date, hours: int) -> None:
    """From summer to winter time 365 days last an hour longer, and back an hour less; at the site they are 365 days."""
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (
        rules.Occurrence(
            uuid4(), SITE, "thaw", "material", "method", datetime.combine(day, time(), berlin).astimezone(UTC)
        )
        for day in (earlier, later)
    )
    assert second.occurred_at - first.occurred_at == timedelta(days=365, hours=hours)
    assert rules.repeats(second, first, "Europe/Berlin") == 365


@pytest.mark.parametrize(
    "later",
    [an_occurrence(10, site=OTHER), an_occurrence(10, step="harvest"), an_occurrence(10, cause="human")],
    ids=["site", "step", "cause"],
)
def test_site_step_and_cause_must_be_equal(later: rules.Occurrence) -> None:
    assert find_local([an_occurrence(0), later]) == []


def test_an_incomplete_classification_matches_nothing() -> None:
    assert find_local([an_occurrence(0, cause=""), an_occurrence(10, cause="")]) == []


def test_what_happened_at_the_same_moment_is_not_a_repetition_of_itself() -> None:
    before, one, two = an_occurrence(0), an_occurrence(30), an_occurrence(30)
    found = find_local([one, two, before])
    assert {m.earlier_id for m in found} == {before.id}
    assert {m.later_id for m in found} == {one.id, two.id}


def test_the_rule_cannot_see_a_person() -> None:
    seen = {field.name for field in fields(rules.Occurrence)}
    assert seen == {"id", "site_id", "process_step", "category", "root_cause_class", "occurred_at"}
    assert {field.name for field in fields(rules.ActionInPlace)} == {
        "capa_id",
        "deviation",
        "implemented_on",
        "grace_days",
    }
    rest = inspect.getsource(rules).split('"""', 2)[2]
    assert "person" not in rest.replace("There is no person in it", "")


@given(st.lists(st.tuples(st.integers(0, 900), st.sampled_from(["thaw", "harvest"])), max_size=25))
def test_the_rule_agrees_with_looking_at_every_pair(days: list[tuple[int, str]]) -> None:
    seen = [an_occurrence(day, step=step) for day, step in days]
    expected = set()
    for later in seen:
        gaps = [
            (later.occurred_at - earlier.occurred_at).days
            for earlier in seen
            if earlier.process_step == later.process_step and earlier.occurred_at < later.occurred_at
        ]
        if gaps and min(gaps) <= 365:
            expected.add((later.id, min(gaps)))
    assert {(m.later_id, m.days_between) for m in find_local(seen)} == expected


# -- R3: it came back after an action ---------------------------------------------------------------------------------


def an_action(first: rules.Occurrence, day: int, grace: int = 0, number: int = 1) -> rules.ActionInPlace:
    return rules.ActionInPlace(UUID(int=number), first, (START + timedelta(days=day)).date(), grace)


def after_action(occurrences: Sequence[rules.Occurrence], *actions: rules.ActionInPlace) -> list[rules.Match]:
    return rules.find(rules.R3, rules.Facts(occurrences, actions, ZONES))


def test_what_comes_back_after_the_action_names_the_action() -> None:
    """Story 4: the earlier one 143 days before, its action in place 118 days before."""
    first, again = an_occurrence(0), an_occurrence(143)
    action = an_action(first, 25)
    assert after_action([first, again], action) == [rules.Match(again.id, first.id, 143, action.capa_id)]
    assert rules.came_back(again, action, ZONES[SITE]) == 118


@pytest.mark.parametrize(
    ("day", "grace", "counts"),
    [(25, 0, False), (26, 0, True), (30, 5, False), (31, 5, True), (390, 0, True), (391, 0, False)],
)
def test_the_action_counts_from_the_day_after_its_grace_until_the_window_ends(
    day: int, grace: int, *, counts: bool
) -> None:
    first = an_occurrence(0)
    assert bool(after_action([first, an_occurrence(day)], an_action(first, 25, grace))) is counts


def test_of_two_actions_the_one_that_was_in_place_last_has_failed() -> None:
    first, again = an_occurrence(0), an_occurrence(200)
    early, late = an_action(first, 20, number=1), an_action(first, 90, number=2)
    assert [match.capa_id for match in after_action([first, again], early, late)] == [late.capa_id]


def test_an_action_says_nothing_of_its_own_deviation_nor_of_another_kind_or_site() -> None:
    first = an_occurrence(100)
    others = [an_occurrence(150, step="harvest"), an_occurrence(150, site=OTHER), an_occurrence(150, cause="human")]
    backdated = an_action(first, 50)
    assert after_action([first, *others], backdated) == []


# -- R2: another site has had it ---------------------------------------------------------------------------------------


def test_the_nearest_of_each_other_site_is_named_and_never_ones_own() -> None:
    far, near = an_occurrence(10, site=OTHER), an_occurrence(60, site=OTHER)
    third, own, this = an_occurrence(40, site=THIRD), an_occurrence(80), an_occurrence(100)
    found = rules.find(rules.R2, rules.Facts([this, own, third, near, far], (), ZONES))
    assert [(m.earlier_id, m.days_between) for m in found if m.later_id == this.id] == [(near.id, 40), (third.id, 60)]


# -- what all rules have in common --------------------------------------------------------------------------------------

Entry = tuple[int, int, str, str]
ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 800), st.sampled_from([1, 2, 3]), st.sampled_from(["thaw", "wash"]), st.sampled_from(["a", "b"])
    ),
    max_size=20,
)
ACTIONS = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 900), st.integers(0, 30)), max_size=4)


def flags(
    find: Callable[[rules.Facts, int], list[rules.Match]],
    entries: Sequence[Entry],
    actions: Sequence[tuple[int, int, int]],
    order: Sequence[int],
) -> set[tuple[Entry, int, tuple[int, int, int] | None]]:
    """Return what a rule flags as natural facts, when the records came in a certain order and got ids in that order."""
    made: dict[int, rules.Occurrence] = {}
    for number, place in enumerate(order):
        day, site, step, cause = entries[place]
        made[place] = rules.Occurrence(
            UUID(int=1000 + number), UUID(int=site), step, "material", cause, START + timedelta(days=day)
        )
    in_place = {
        UUID(int=number): action for number, action in enumerate(sorted(actions), 1) if action[0] < len(entries)
    }
    facts = rules.Facts(
        [made[place] for place in order],
        [
            rules.ActionInPlace(capa_id, made[place], (START + timedelta(days=day)).date(), grace)
            for capa_id, (place, day, grace) in in_place.items()
        ],
        ZONES,
    )
    entry_of = {occurrence.id: entries[place] for place, occurrence in made.items()}
    return {
        (entry_of[m.later_id], m.days_between, in_place[m.capa_id] if m.capa_id else None)
        for m in find(facts, rules.WINDOW_DAYS)
    }


def as_it_comes(facts: rules.Facts, window_days: int) -> list[rules.Match]:
    """The mutant: compares each record with what was recorded before it, as a rule run at recording only would."""
    found = []
    for place, later in enumerate(facts.occurrences):
        for earlier in reversed(facts.occurrences[:place]):
            days = rules.repeats(later, earlier, facts.zones[later.site_id], window_days)
            if days is not None:
                found.append(rules.Match(later.id, earlier.id, days))
                break
    return found


@given(ENTRIES, ACTIONS, st.randoms(use_true_random=False))
def test_flags_depend_on_the_facts_and_not_on_the_order_in_which_they_were_recorded(
    entries: list[Entry], actions: list[tuple[int, int, int]], rng: random.Random
) -> None:
    order = list(range(len(entries)))
    shuffled = rng.sample(order, len(order))
    for find in rules.RULES.values():
        assert flags(find, entries, actions, order) == flags(find, entries, actions, shuffled)


def test_the_property_catches_a_rule_that_looks_at_the_order() -> None:
    entries = [(0, 1, "thaw", "a"), (100, 1, "thaw", "a")]
    assert flags(as_it_comes, entries, [], [0, 1]) != flags(as_it_comes, entries, [], [1, 0])


@given(ENTRIES, ACTIONS)
def test_r2_and_r3_agree_with_looking_at_every_pair(entries: list[Entry], actions: list[tuple[int, int, int]]) -> None:
    assume(len({day for _, day, _ in actions}) == len(actions))  # of two in place on one day either may be named
    order = list(range(len(entries)))
    pairs = set()
    for day, site, step, cause in entries:
        for other in {1, 2, 3} - {site}:
            gaps = [
                day - earlier
                for earlier, place, what, why in entries
                if (place, what, why) == (other, step, cause) and earlier < day
            ]
            if gaps and min(gaps) <= rules.WINDOW_DAYS:
                pairs.add(((day, site, step, cause), min(gaps), None))
    assert flags(rules.find_network, entries, [], order) == pairs
    expected = set()
    for entry in entries:
        failed = [
            action
            for action in sorted(actions)
            if action[0] < len(entries)
            and entries[action[0]][1:] == entry[1:]
            and entries[action[0]][0] < entry[0]
            and action[2] < entry[0] - action[1] <= rules.WINDOW_DAYS
        ]
        if failed:
            last = max(failed, key=lambda action: action[1])
            expected.add((entry, entry[0] - entries[last[0]][0], last[1]))
    found = flags(rules.find_after_action, entries, actions, order)
    assert {(entry, days, action[1]) for entry, days, action in found if action} == {
        (entry, days, day) for entry, days, day in expected
    }


def test_every_version_that_was_ever_used_answers_as_it_did() -> None:
    """The digests were written down when the version was new. A rule that changes needs a new version, not new digests."""
    rng = random.Random(5)
    entries = [(rng.randrange(800), rng.choice([1, 2, 3]), "thaw", rng.choice("ab")) for _ in range(60)]
    actions = [(rng.randrange(60), rng.randrange(800), rng.randrange(10)) for _ in range(5)]
    answers = {
        which: sha256(repr(sorted(flags(find, entries, actions, range(60)), key=repr)).encode()).hexdigest()[:16]
        for which, find in rules.RULES.items()
    }
    assert answers == {("R1", 1): "9dbf6455d5b209a2", ("R2", 1): "900d7ce5e7818520", ("R3", 1): "6bae566945d378a8"}


def test_every_rule_and_decision_has_a_word() -> None:
    assert set(registration.DECISIONS) == set(rules.Decision)
    assert set(registration.RULES) == set(rules.VERSIONS)
