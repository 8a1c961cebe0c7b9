"""What can be asked of the page that explores, and the sentence for what cannot."""

from __future__ import annotations

from itertools import product

import pytest

from behavior_metrics.explore.rules import MOST, SHOWN, Measure, Per, Split, View, check, choice_of
from behavior_metrics.frames.quarters import Quarter
from lms.refusals import NotAllowed

NEWEST = Quarter.parse("2026-Q4")


def test_without_an_address_it_is_two_years_of_recurrences_per_100_batches_by_site() -> None:
    choice = choice_of({}, NEWEST)
    assert (choice.measure, choice.per, choice.split) == (Measure.RECURRENCES, Per.RATE, Split.SITE)
    assert (choice.second, choice.place, choice.view) == (None, "", View.LINES)
    assert len(choice.quarters) == SHOWN
    assert choice.quarters[-1] == NEWEST
    check(choice, NEWEST, of_team=False)


def test_every_choice_is_the_same_after_its_own_address() -> None:
    seen = set()
    for measure, per, split, second, view in product(Measure, Per, Split, (None, *Measure), View):
        given = {"measure": measure, "per": per, "split": split, "second": second or "", "view": view, "place": "x"}
        choice = choice_of({**given, "since": "2025-Q2", "until": "2026-Q1"}, NEWEST)
        assert choice_of(choice.address(), NEWEST) == choice
        assert choice_of(choice.address(view="heat"), NEWEST).view is View.HEAT
        seen.add(tuple(sorted(choice.address().items())))
    assert len(seen) == len(Measure) * len(Per) * len(Split) * (len(Measure) + 1) * len(View)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"since": "2026-Q3", "until": "2026-Q2"}, "since"),
        ({"since": str(Quarter(NEWEST.index - MOST))}, "since"),
        ({"until": str(NEWEST.next)}, "since"),
        ({"measure": "climate"}, "measure"),
        ({"second": "climate"}, "second"),
        ({"second": "recurrences"}, "second"),
        ({"split": "process_step", "measure": "batches"}, "split"),
        ({"split": "root_cause_class", "second": "batches"}, "split"),
        ({"split": "category", "measure": "batches"}, "split"),
    ],
)
def test_what_cannot_be_answered_is_refused_at_its_field(given: dict[str, str], field: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        check(choice_of(given, NEWEST), NEWEST, of_team=False)
    assert refused.value.field == field


def test_a_team_is_not_taken_further_apart_and_may_show_its_climate() -> None:
    for split in Split:
        choice = choice_of({"place": "a team", "split": split, "second": "climate"}, NEWEST)
        if split in {Split.ALL, Split.TEAM}:
            check(choice, NEWEST, of_team=True)
        else:
            with pytest.raises(NotAllowed, match="of one team are not kept"):
                check(choice, NEWEST, of_team=True)


@pytest.mark.parametrize("name", ["measure", "per", "split", "second", "since", "until", "view"])
def test_words_of_no_form_are_not_understood(name: str) -> None:
    with pytest.raises(NotAllowed, match="names nothing that can be explored"):
        choice_of({name: "person"}, NEWEST)


def test_nothing_here_is_asked_of_a_person() -> None:
    words = {str(one) for kind in (Measure, Split) for one in kind}
    assert not [one for one in words if any(who in one for who in ("person", "operator", "reporter", "author"))]
