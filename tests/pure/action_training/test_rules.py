"""What the completions of an action's training show, in words and numbers."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from lms.capas.rules import only_training
from lms.refusals import NotAllowed
from modules.action_training.rules import Trainee, check_asked, check_complete, evidence_of, progress_of, why_out

FIRST, LAST = date(2026, 11, 3), date(2026, 11, 20)


def one(who: int, **values: Any) -> Trainee:
    given: dict[str, Any] = {
        "person_id": UUID(int=who),
        "name": f"Person {who}",
        "due_on": LAST,
        "completed_on": None,
        "number": None,
        "signature_id": None,
        "out_because": "",
    }
    return Trainee(**{**given, **values})


def done(number: int, on: date, version: int = 3) -> Trainee:
    return one(number, completed_on=on, number=version, signature_id=UUID(int=100 + number))


def test_whoever_was_taken_out_is_in_neither_number() -> None:
    progress = progress_of([done(1, FIRST), one(2), one(3, out_because="Left on 01-Nov-2026.")])
    assert (progress.done, progress.of, progress.out, progress.complete) == (1, 2, 1, False)


def test_nobody_left_is_not_complete() -> None:
    progress = progress_of([one(1, out_because="Left on 01-Nov-2026.")])
    assert not progress.complete
    with pytest.raises(NotAllowed, match="Nobody is left"):
        check_complete("LYO-CAPA-2026-0001", progress)


def test_the_evidence_says_how_many_which_version_when_and_which_signatures() -> None:
    trainees = [
        done(1, FIRST),
        done(2, LAST),
        one(3, out_because="Works at another site now."),
        one(4, out_because="Works at another site now."),
    ]
    assert evidence_of("MOD-07 Transduction", trainees) == (
        "2 of 2 people completed MOD-07 Transduction, version 3, from 03-Nov-2026 to 20-Nov-2026.\n"
        "Taken out: 2. Works at another site now.\n"
        f"Signatures: {UUID(int=101)}, {UUID(int=102)}."
    )


def test_two_versions_are_both_named() -> None:
    assert "versions 3, 4, on 03-Nov-2026." in evidence_of("M", [done(1, FIRST), done(2, FIRST, version=4)])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, ""),
        ({"left_on": LAST}, "Left on 20-Nov-2026."),
        ({"left_on": date(2026, 11, 21)}, ""),
        ({"at_site": False}, "Works at another site now."),
        ({"in_audience": False}, "Has another place in the work now."),
        ({"cancelled_because": "on leave"}, "The assignment was cancelled: on leave"),
        ({"cancelled_because": ""}, "The assignment was cancelled: no reason was given"),
    ],
)
def test_why_somebody_is_taken_out(values: dict[str, Any], sentence: str) -> None:
    given: dict[str, Any] = {"left_on": None, "at_site": True, "in_audience": True, "cancelled_because": None}
    assert why_out(today=LAST, **{**given, **values}) == sentence


def test_asking_nobody_is_refused() -> None:
    with pytest.raises(NotAllowed, match="Nobody at this site"):
        check_asked(0)


@pytest.mark.parametrize(
    ("actions", "only"),
    [
        ([], False),
        ([("training", "open")], True),
        ([("training", "closed"), ("training", "open")], True),
        ([("training", "open"), ("corrective", "open")], False),
        ([("training", "open"), ("corrective", "cancelled")], True),
        ([("training", "cancelled")], False),
    ],
)
def test_training_as_the_only_answer(actions: list[tuple[str, str]], *, only: bool) -> None:
    assert only_training(actions) is only
