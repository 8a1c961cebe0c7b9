"""Which sites a bulletin goes to, who takes it a step further, and what may be said of its effect."""

from __future__ import annotations

from uuid import UUID

import pytest

from lms.refusals import NotAllowed
from modules.bulletins.effect import Effect, Word, per_hundred, ratio_interval
from modules.bulletins.rules import Question, SiteFacts, Text, check_approver, check_text, decided, propose

A, B, C, D = (UUID(int=number) for number in range(1, 5))
FACTS = [
    SiteFacts(A, "Alba", batches=12, deviations=0, taught=True),
    SiteFacts(B, "Brno", batches=0, deviations=3, taught=False),
    SiteFacts(C, "Cork", batches=0, deviations=0, taught=True),
    SiteFacts(D, "Delft", batches=40, deviations=0, taught=False),
]
GOOD = Text("Title", "a", "b", "c", "d")


def test_sites_are_chosen_by_facts_and_each_says_why() -> None:
    assert [(one.name, one.chosen, one.reason) for one in propose(FACTS)] == [
        ("Alba", True, "12 batches in a year, and people there are trained for the step"),
        ("Brno", True, "3 deviations of the step in two years"),
        ("Cork", False, "no batches in a year"),
        ("Delft", False, "nobody there is trained for the step"),
    ]


def test_deciding_otherwise_needs_a_reason_that_stands_at_the_site() -> None:
    proposals = propose(FACTS)
    assert decided(proposals, {A, B}, "") == proposals
    with pytest.raises(NotAllowed, match="otherwise than the facts for Brno, Cork"):
        decided(proposals, {A, C}, " ")
    by_hand = decided(proposals, {A, C}, "Cork starts in January.")
    assert [(one.name, one.chosen, one.by_hand) for one in by_hand] == [
        ("Alba", True, False),
        ("Brno", False, True),
        ("Cork", True, True),
        ("Delft", False, False),
    ]
    assert by_hand[2].reason == "Cork starts in January."


def test_a_bulletin_goes_somewhere() -> None:
    with pytest.raises(NotAllowed, match="at least one site"):
        decided(propose(FACTS), set(), "nobody needs it")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (Question("Which?", "one", (), "because"), "at least one wrong one"),
        (Question("Which?", "one", ("two",), ""), "why the right one is right"),
        (Question("Which?", "one", ("One ",), "because"), "read alike"),
    ],
)
def test_a_question_that_nobody_could_answer_is_refused(question: Question, sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        check_text(Text("Title", "a", "b", "c", "d", (question,)))


@pytest.mark.parametrize("field", ["title", "what_happened", "why", "what_changed", "look_for"])
def test_no_part_may_be_left_out(field: str) -> None:
    parts = {"title": "t", "what_happened": "a", "why": "b", "what_changed": "c", "look_for": "d"}
    with pytest.raises(NotAllowed) as refused:
        check_text(Text(**{**parts, field: "  "}))
    assert refused.value.field == field


def test_nobody_approves_their_own_text() -> None:
    check_approver(A, [str(B)])
    for approver in (B, None):
        with pytest.raises(NotAllowed, match="Nobody approves a bulletin they wrote"):
            check_approver(approver, [str(A), str(B)])


@pytest.mark.parametrize(
    ("events", "batches", "low", "high"),
    # the exact limits of a Poisson mean, as tabled (Garwood 1936): 0 -> 0..3.689, 1 -> .0253..5.572, 10 -> 4.795..18.390
    [(0, 100, 0.0, 3.6889), (1, 100, 0.0253, 5.5716), (10, 100, 4.7954, 18.3904), (10, 50, 9.5908, 36.7808)],
)
def test_rates_have_exact_intervals(events: int, batches: int, low: float, high: float) -> None:
    found = per_hundred(events, batches)
    assert found is not None
    assert found == pytest.approx((100 * events / batches, low, high), abs=2e-4)


def test_no_rate_without_batches() -> None:
    assert per_hundred(3, 0) is None


def test_the_ratio_has_the_exact_conditional_interval() -> None:
    # R: poisson.test(c(11, 6+8+7), c(800, 1083+1050+878))$conf.int -> 0.8584264 4.2772659
    assert ratio_interval(11, 800, 21, 3011) == pytest.approx((0.8584264, 4.2772659), rel=1e-5)


@pytest.mark.parametrize(
    ("effect", "word"),
    [
        (Effect(0, 0, 0, 0), Word.CANNOT_TELL),
        (Effect(20, 100, 0, 9), Word.CANNOT_TELL),
        (Effect(20, 9, 0, 100), Word.CANNOT_TELL),
        (Effect(4, 100, 0, 100), Word.CANNOT_TELL),
        (Effect(20, 100, 2, 100), Word.FEWER),
        (Effect(2, 100, 20, 100), Word.MORE),
        (Effect(0, 100, 20, 100), Word.MORE),
        (Effect(6, 100, 4, 100), Word.NO_DIFFERENCE),
    ],
)
def test_what_may_be_said(effect: Effect, word: Word) -> None:
    assert effect.word is word


def test_good_text_passes() -> None:
    check_text(GOOD)
    assert [name for name, _ in GOOD.parts()] == ["title", "what_happened", "why", "what_changed", "look_for"]
