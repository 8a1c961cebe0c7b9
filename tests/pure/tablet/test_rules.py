"""Badges compare alike however they are typed, a PIN cannot be guessed at sight, five wrong tries lock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coaching.tablet.rules import LOCKED, Tries, check_new, digest, normalised
from lms.refusals import NotAllowed
from tests.factories.people import utc

AT = utc(2026, 11, 20, 12)


def test_blanks_hyphens_and_small_letters_do_not_matter() -> None:
    assert {normalised(text) for text in ("a-12 34", "A1234", " a12-34 ")} == {"A1234"}


@pytest.mark.parametrize(
    ("badge", "pin", "again", "field"),
    [
        ("A1", "482913", "482913", "badge"),
        ("A1234", "48291", "48291", "pin"),
        ("A1234", "48291x", "48291x", "pin"),
        ("A1234", "111111", "111111", "pin"),
        ("A1234", "345678", "345678", "pin"),
        ("A1234", "876543", "876543", "pin"),
        ("A482913", "482913", "482913", "pin"),
        ("A1234", "482913", "482914", "again"),
    ],
)
def test_a_badge_or_pin_that_would_protect_nothing_is_refused(badge: str, pin: str, again: str, field: str) -> None:
    check_new("A1234", "482913", "482913")
    with pytest.raises(NotAllowed) as refusal:
        check_new(badge, pin, again)
    assert refusal.value.field == field


def test_every_fifth_wrong_try_locks_for_a_quarter_of_an_hour() -> None:
    tries = Tries()
    for _ in range(4):
        tries = tries.after_a_wrong_one(AT)
        assert not tries.is_locked(AT)
    tries = tries.after_a_wrong_one(AT)
    assert tries.is_locked(AT + LOCKED - timedelta(seconds=1))
    assert not tries.is_locked(AT + LOCKED)
    assert not tries.after_a_wrong_one(AT + LOCKED).is_locked(AT + LOCKED)


def test_a_digest_hangs_on_the_secret_and_on_what_it_is_for() -> None:
    assert len({digest("one", "badge", "A1"), digest("two", "badge", "A1"), digest("one", "pin", "A1")}) == 3
