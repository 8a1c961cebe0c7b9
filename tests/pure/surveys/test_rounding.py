"""The rounding of a released score: unbiased, on the band's grid, and the same for the same people."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from coaching.surveys.release import SizeBand, round_score, rounding_draw
from tests.pure.surveys.organisations import INSTRUMENT, ROUND_KEY, person_id, team_id

MEANS = [Fraction(number, 35) for number in range(35, 246, 7)]


@pytest.mark.parametrize(("persons", "step"), [(5, "0.75"), (9, "0.75"), (10, "0.375"), (19, "0.375"), (20, "0.15")])
def test_a_score_lies_on_the_grid_of_its_band_and_within_the_scale(persons: int, step: str) -> None:
    for mean in MEANS:
        for draw in (Fraction(), Fraction(1, 2), Fraction(2**64 - 1, 2**64)):
            score = round_score(mean, draw, INSTRUMENT, persons)
            assert (score - 1) % Decimal(step) == 0
            assert 1 <= score <= 7
            assert abs(Fraction(score) - mean) < Fraction(step)


def test_a_five_point_scale_is_rounded_to_half_a_quarter_and_a_tenth() -> None:
    five = replace(INSTRUMENT, low=1, high=5)
    assert [SizeBand.of(persons).grain * five.range for persons in (5, 10, 20)] == [
        Fraction(1, 2),
        Fraction(1, 4),
        Fraction(1, 10),
    ]


@pytest.mark.parametrize("persons", [5, 12, 25])
def test_over_all_draws_the_rounded_score_is_the_mean_itself(persons: int) -> None:
    draws = [Fraction(2 * number + 1, 2000) for number in range(1000)]
    for mean in MEANS:
        total = sum((Fraction(round_score(mean, draw, INSTRUMENT, persons)) for draw in draws), Fraction())
        assert abs(total / len(draws) - mean) <= SizeBand.of(persons).grain * INSTRUMENT.range / 1000


def test_the_check_would_notice_rounding_to_the_nearest() -> None:
    mean, half = Fraction(12, 10), Fraction(1, 2)
    assert abs(Fraction(round_score(mean, half, INSTRUMENT, 5)) - mean) > Fraction(1, 10)


def test_draws_of_many_rosters_are_even() -> None:
    draws = [rounding_draw(ROUND_KEY, team_id(1), [person_id(number)]) for number in range(4000)]
    tenths = [sum(tenth <= 10 * draw < tenth + 1 for draw in draws) for tenth in range(10)]
    assert max(abs(count - 400) for count in tenths) < 80  # four standard deviations of 400


def test_the_same_people_give_the_same_draw_in_whatever_order_and_others_another() -> None:
    people = [person_id(number) for number in range(6)]
    shuffled = people[3:] + people[:3]
    draw = rounding_draw(ROUND_KEY, team_id(1), people)
    assert rounding_draw(ROUND_KEY, team_id(1), shuffled) == draw
    others = [
        rounding_draw(ROUND_KEY, team_id(1), people[:5]),
        rounding_draw(ROUND_KEY, team_id(2), people),
        rounding_draw(ROUND_KEY, None, people),
        rounding_draw(bytes(32), team_id(1), people),
    ]
    assert len({draw, *others}) == 5


def test_a_draw_is_the_first_eight_bytes_of_the_hmac_of_team_and_sorted_roster() -> None:
    one, two = person_id(1), person_id(2)
    digest = hmac.new(ROUND_KEY, team_id(7).bytes + one.bytes + two.bytes, hashlib.sha256).digest()
    assert rounding_draw(ROUND_KEY, team_id(7), [two, one]) == Fraction(int(digest[:8].hex(), 16), 2**64)
