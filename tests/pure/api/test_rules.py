"""How long a token lasts, what it may be given, how often it may ask; and what of JSON is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lms.api import rules
from lms.refusals import NotAllowed
from lms.strict_json import StrictJsonError, load_object

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


def test_what_can_be_given_is_no_more_than_the_list() -> None:
    assert rules.check_permissions(["deviation.see", "deviation.raise", "deviation.see"]) == [
        "deviation.raise",
        "deviation.see",
    ]
    for wrong in ([], ["recurrence.decide"], ["deviation.see", "role.approve"]):
        with pytest.raises(NotAllowed) as refused:
            rules.check_permissions(wrong)
        assert refused.value.field == "permissions"


@pytest.mark.parametrize("ends", [NOW, NOW - timedelta(days=1), NOW + timedelta(days=367)])
def test_a_token_ends_within_the_next_year(ends: datetime) -> None:
    with pytest.raises(NotAllowed, match="within the next year"):
        rules.check_expiry(NOW, ends)
    rules.check_expiry(NOW, NOW + timedelta(days=366))


def test_a_burst_is_let_through_then_so_many_a_second() -> None:
    bucket = rules.Bucket(rules.BURST, NOW)
    waits = []
    for _ in range(rules.BURST + 1):
        bucket, wait = bucket.take(NOW)
        waits.append(wait)
    assert waits == [0] * rules.BURST + [1]
    bucket, wait = bucket.take(NOW + timedelta(seconds=1))
    assert wait == 0
    assert bucket.left == pytest.approx(rules.PER_SECOND - 1)
    assert rules.Bucket(0, NOW).take(NOW + timedelta(days=1))[0].left == rules.BURST - 1
    assert rules.Bucket(1, NOW).take(NOW - timedelta(days=1))[1] == 0, "a clock put back takes nothing away"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": -Infinity}', "Infinity is no number"),
        ('{"a": 1, "a": 2}', "“a” stands twice"),
        ('{"b": [{"a": 1, "a": 2}]}', "“a” stands twice"),
        ("[1]", "one object"),
        ('{"a": 1', "line 1"),
        ("[" * 100_000, "too deep"),
        ('{"a":' * 60 + "1" + "}" * 60, "too deep"),
        ('{"a": ' + "9" * 5_000 + "}", "too many digits"),
        ("{'a': 1}", "line 1, column 2"),
        ('{"a": 01}', "line 1"),
        ("", "line 1"),
    ],
)
def test_what_only_some_readers_take_is_no_json(text: str, words: str) -> None:
    with pytest.raises(StrictJsonError, match=words):
        load_object(text)
