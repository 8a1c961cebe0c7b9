"""Words are found however they were typed, and nothing of them stays."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.redactions.rules import MARK, Words, check_reason, out_of_all
from lms.refusals import NotAllowed


@pytest.mark.parametrize(
    "typed",
    [
        "José Núñez",
        "josé núñez",
        "JOSÉ NÚÑEZ",
        "José   Núñez",
        "José\nNúñez",
        unicodedata.normalize("NFD", "José Núñez"),
    ],
)
def test_words_are_found_in_any_case_spacing_and_form(typed: str) -> None:
    words = Words.of("José Núñez")
    assert words.stand_in(f"bag of {typed}, twice")
    assert words.out_of(f"bag of {typed}, twice") == f"bag of {MARK}, twice"


def test_what_looks_like_a_pattern_is_taken_as_written() -> None:
    words = Words.of("J.S. (12.03.1961)")
    assert words.out_of("JxSx (12x03x1961) and J.S. (12.03.1961)") == f"JxSx (12x03x1961) and {MARK}"


@given(st.text(min_size=3, max_size=30), st.text(max_size=60), st.text(max_size=60))
def test_nothing_of_the_words_stays(typed: str, before: str, after: str) -> None:
    try:
        words = Words.of(typed)
    except NotAllowed:
        return
    text = words.out_of(f"{before}{typed}{after}")
    assert MARK in text
    assert not words.stand_in(text.replace(MARK, "\x00"))


@pytest.mark.parametrize("typed", ["", " ", "ab", "a b", MARK, f"x {MARK}", "redact"])
def test_hardly_any_words_and_the_mark_itself_are_refused(typed: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        Words.of(typed)
    assert refused.value.field == "words"


def test_a_reason_says_something_and_not_the_words() -> None:
    words = Words.of("John Smith")
    check_reason("A patient was named.", words)
    for reason in ("", "  ", "john  smith was named"):
        with pytest.raises(NotAllowed) as refused:
            check_reason(reason, words)
        assert refused.value.field == "reason"


def test_words_are_taken_out_of_every_text_of_a_message() -> None:
    message: dict[str, Any] = {"to": "a@b", "lines": ["of JOHN SMITH", 3, None, {"deep": "John Smith"}]}
    assert out_of_all(Words.of("John Smith"), message) == {
        "to": "a@b",
        "lines": [f"of {MARK}", 3, None, {"deep": MARK}],
    }
