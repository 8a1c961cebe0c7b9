"""Which weights there may be, who signs, and how a window of days is cut where a clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from behavior_metrics.follow_through.days import Span, rolling, stretches
from behavior_metrics.stats.followthrough import PARTS
from behavior_metrics.weights.rules import DELIVERED, check_can_sign, check_weights
from lms.refusals import NotAllowed


def weights(*percents: int) -> dict[str, int]:
    return dict(zip(PARTS, percents, strict=True))


@pytest.mark.parametrize(
    ("percents", "words"),
    [
        (weights(25, 20, 25, 15, 14), "add up to 99 %"),
        (weights(51, 19, 10, 10, 10), "no part decides alone"),
        (weights(-1, 31, 30, 20, 20), "no part decides alone"),
        (weights(50, 50, 0, 0, 0), "fewer than three"),
        (weights(25, 20, 25, 15, 15), "in force already"),
        ({"raised_first": 100}, "each of the five"),
    ],
)
def test_weights_that_cannot_be_are_refused_in_a_sentence(percents: dict[str, int], words: str) -> None:
    with pytest.raises(NotAllowed, match=words):
        check_weights(percents, "why", current=DELIVERED.percents)


def test_other_weights_need_a_reason() -> None:
    check_weights(weights(20, 20, 20, 20, 20), "all alike", current=DELIVERED.percents)
    with pytest.raises(NotAllowed, match="Say why"):
        check_weights(weights(20, 20, 20, 20, 20), "  ", current=DELIVERED.percents)


def test_whoever_proposed_does_not_sign_and_what_is_settled_is_not_signed_again() -> None:
    one, other = uuid4(), uuid4()
    check_can_sign("proposed", one, other)
    with pytest.raises(NotAllowed, match="Whoever proposed"):
        check_can_sign("proposed", one, one)
    for state in ("in_force", "replaced", "withdrawn"):
        with pytest.raises(NotAllowed, match="settled already"):
            check_can_sign(state, one, other)


def test_the_rolling_window_has_180_days() -> None:
    span = rolling(date(2026, 6, 30))
    assert (span.last_day - span.first_day).days + 1 == 180


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Africa/Casablanca"]
)
def test_each_day_of_a_span_lies_in_one_stretch_whose_clock_is_that_of_its_midnight(zone: str) -> None:
    span = Span(1, date(2026, 1, 1), date(2026, 12, 31))
    cut = stretches(span, {zone})
    day, place = span.first_day, ZoneInfo(zone)
    while day <= span.last_day:
        own = [one for one in cut if one.first_day <= day <= one.last_day]
        assert len(own) == 1
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) - timedelta(seconds=own[0].ahead)
        local = end.astimezone(place)
        assert local.date() == day + timedelta(days=1)
        assert (end - timedelta(seconds=1)).astimezone(place).date() == day
        day += timedelta(days=1)


def test_a_quarter_that_has_not_begun_has_no_days() -> None:
    assert stretches(Span(1, date(2026, 4, 1), date(2026, 3, 31)), {"UTC"}) == []
