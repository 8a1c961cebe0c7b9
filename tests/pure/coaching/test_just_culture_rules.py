"""When a concern may be stated, what settles it, and when it is removed."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from coaching.just_culture.rules import (
    QUESTIONS,
    VERSION,
    Route,
    Stage,
    check_answers,
    check_people,
    check_system_causes,
    purge_on,
    stage,
)
from lms.refusals import NotAllowed

REASON = "Three of us would have signed there."
GIVEN = dict.fromkeys(QUESTIONS[VERSION], "no")


@pytest.mark.parametrize(
    ("investigated", "factors", "excluded"),
    [(False, True, True), (True, False, False), (False, False, False)],
)
def test_without_the_systems_causes_no_concern(investigated: bool, factors: bool, excluded: bool) -> None:  # noqa: FBT001
    with pytest.raises(NotAllowed, match="DEV-1 has no system causes yet"):
        check_system_causes("DEV-1", investigated=investigated, factors=factors, excluded=excluded)


def test_either_what_contributed_or_what_was_excluded_is_enough() -> None:
    check_system_causes("DEV-1", investigated=True, factors=True, excluded=False)
    check_system_causes("DEV-1", investigated=True, factors=False, excluded=True)


def test_the_first_assessor_may_have_no_part_in_it() -> None:
    first, second, subject = (uuid4() for _ in range(3))
    people: dict[str, UUID] = {"first": first, "second": second, "subject": subject}
    check_people(**people, involved=[subject], named={subject})
    with pytest.raises(NotAllowed, match="part in this deviation yourself"):
        check_people(**people, involved=[subject], named={subject, first})


def test_two_who_want_the_same_settle_it_and_two_who_differ_talk() -> None:
    assert stage([], settled=False) is Stage.ANSWERING
    assert stage([Route.COACHING], settled=False) is Stage.ANSWERING
    assert stage([Route.COACHING, Route.SUPPORT], settled=False) is Stage.TALKING
    assert stage([Route.COACHING, Route.SUPPORT], settled=True) is Stage.SETTLED


def test_every_question_of_the_version_is_answered_and_the_way_has_a_reason() -> None:
    check_answers(VERSION, GIVEN, Route.SYSTEM_FIX, REASON)
    for question in QUESTIONS[VERSION]:
        with pytest.raises(NotAllowed, match="every question") as refusal:
            check_answers(VERSION, {**GIVEN, question: "reckless"}, Route.SYSTEM_FIX, REASON)
        assert refusal.value.field == question
    with pytest.raises(NotAllowed, match="what should follow"):
        check_answers(VERSION, GIVEN, "sanction", REASON)
    with pytest.raises(NotAllowed, match="Say in a sentence why"):
        check_answers(VERSION, GIVEN, Route.COACHING, "Because.")


def test_it_is_removed_twelve_months_later_also_after_a_leap_day() -> None:
    assert purge_on(date(2026, 11, 28)) == date(2027, 11, 28)
    assert purge_on(date(2028, 2, 29)) == date(2029, 2, 28)
