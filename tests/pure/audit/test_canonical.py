"""Canonical bytes: one spelling for each value, and no value without one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.audit.bodies import read_body
from lms.audit.canonical import NotCanonical, canonical, leaf_hash, moment, payload_hash, plain, row_hash

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_reading_and_writing_again_gives_the_same_bytes(value: object) -> None:
    once = canonical(value)
    assert canonical(json.loads(once)) == once


def test_the_spelling_is_the_one_of_rfc_8785() -> None:
    value = {"b": ["\u20ac\u00e9\x7f", '\b\t\n\f\r"\\\x1f/'], "a": {"z": None, "y": True, "x": -1}}
    assert canonical(value) == (
        '{"a":{"x":-1,"y":true,"z":null},"b":["\u20ac\u00e9\x7f","\\b\\t\\n\\f\\r\\"\\\\\\u001f/"]}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        2**53,
        -(2**53),
        "a\x00b",
        "\ud800",
        "a\udfffb",
        {"A": 1},
        {"1a": 1},
        {"": 1},
        {1: 1},
        b"x",
        {1},
    ],
)
def test_what_has_two_spellings_or_none_is_refused(value: object) -> None:
    for wrapped in (value, [value], {"key": value}):
        with pytest.raises(NotCanonical):
            canonical(wrapped)


def test_the_same_moment_and_the_same_letters_are_written_alike() -> None:
    at = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
    assert moment(at) == moment(at.astimezone(timezone(timedelta(hours=9)))) == "2026-11-22T14:05:00.000000Z"
    assert plain("e\u0301") == plain("\u00e9")
    assert row_hash({"name": "e\u0301", "on": date(2026, 1, 2)}) == row_hash({"on": "2026-01-02", "name": "\u00e9"})
    assert plain({"any key": 1, "A": [UUID(int=0)]}) == [["A", [str(UUID(int=0))]], ["any key", 1]]
    with pytest.raises(NotCanonical):
        plain(0.5)


def test_what_is_hashed_for_one_purpose_never_passes_for_another() -> None:
    data = canonical({"a": 1})
    assert len({leaf_hash(data).hex(), payload_hash(b"", data), row_hash({"a": 1})}) == 3


BODY = {
    "v": 1, "id": "i", "origin": "o", "at": "t", "actor": "a", "role": "r", "site": None, "action": "a", "rtype": "r",
    "rid": "r", "rver": 1, "reason": None, "sig": None, "req": "r", "payload": "p", "row": "r",
}  # fmt: skip


def test_a_body_is_read_only_in_its_canonical_bytes() -> None:
    text = canonical(BODY).decode()
    assert read_body(text) == BODY
    without = {key: value for key, value in BODY.items() if key != "sig"}
    for wrong in (
        text + " ",
        text.replace('"v":1', '"v": 1'),
        text.replace('"v":1', '"v":1.0'),
        text.replace('"v":1', '"v":true'),
        text.replace('"v":1', '"v":2,"v":1'),
        text.replace('"id":"i"', '"id":"\\u0069"'),
        text.replace('"role":"r"', '"role":null'),
        canonical(without).decode(),
        canonical({**BODY, "extra": 1}).decode(),
        "[]",
        "{",
        "",
    ):
        with pytest.raises(NotCanonical):
            read_body(wrong)
