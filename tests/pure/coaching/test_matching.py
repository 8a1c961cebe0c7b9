"""Who is asked to coach, and why: conflicts and caps first; never somebody who shares no language or no working time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from coaching.matching.rules import CAPS, Candidate, Case, Hindrance, Kept, Share, chosen, common_time, fit, ranked
from lms.ids import new_id

SITE = new_id()
MONDAY = date(2026, 11, 30)
OFFICE = tuple((weekday, 8 * 60, 16 * 60 + 30) for weekday in range(5))


def a_case(**values: object) -> Case:
    return replace(Case(new_id(), SITE, "Europe/Berlin", MONDAY), **values)


def a_coach(name: str = "Farah", **values: object) -> Candidate:
    return replace(Candidate(new_id(), name, "Europe/Berlin", SITE), **values)


def test_story_5_the_full_coach_is_passed_over_and_the_reason_has_its_numbers() -> None:
    eli = a_coach("Eli", share=Share.PART, reviews=6, languages=frozenset({"en"}))
    farah = a_coach(
        "Farah",
        share=Share.PART,
        reviews=4,
        languages=frozenset({"en", "de"}),
        week=tuple((weekday, 13 * 60, 18 * 60) for weekday in range(5)),
    )
    case = a_case(languages=frozenset({"en"}), week=tuple((weekday, 7 * 60, 16 * 60) for weekday in range(5)))
    fits = ranked([eli, farah], case)
    best = chosen(fits)
    assert best is not None
    assert best.coach.name == "Farah"
    # 13:00 to 16:00 CET
    assert best.common == (datetime(2026, 11, 30, 12, tzinfo=UTC), datetime(2026, 11, 30, 15, tzinfo=UTC))
    kept = Kept.of(best.as_record())
    assert (kept.common_hours, kept.languages, kept.reviews, kept.reviews_cap) == ("3", ("en",), 4, 6)
    assert fits[1].hindrance is Hindrance.WEEK_FULL


def test_nobody_with_a_part_in_it_is_asked_however_free() -> None:
    involved, investigator, manager, coachee, other = (a_coach(name) for name in "ABCDZ")
    conflicted = frozenset({involved.person_id, investigator.person_id, manager.person_id})
    case = a_case(coachee_id=coachee.person_id, conflicted=conflicted)
    everybody = [involved, investigator, manager, coachee, replace(other, reviews=15)]
    best = chosen(ranked(everybody, case))
    assert best is not None
    assert best.coach.name == "Z"
    assert chosen(ranked(everybody[:4], case)) is None


def test_the_caps_of_part_time_and_full_time_hold_to_the_last_review_and_operator() -> None:
    for share, caps in CAPS.items():
        case = a_case()
        one_left = a_coach(share=share, reviews=caps.reviews - 1)
        assert fit(one_left, case).hindrance is None
        assert fit(replace(one_left, reviews=caps.reviews), case).hindrance is Hindrance.WEEK_FULL
        people = frozenset(new_id() for _ in range(caps.operators))
        full = a_coach(share=share, operators=people)
        assert fit(full, case).hindrance is Hindrance.CASELOAD_FULL
        # somebody of the caseload already is no further operator
        assert fit(full, a_case(coachee_id=next(iter(people)))).hindrance is None
    assert (CAPS[Share.PART].operators, CAPS[Share.PART].reviews) == (10, 6)
    assert (CAPS[Share.FULL].operators, CAPS[Share.FULL].reviews) == (20, 20)


def test_without_a_common_language_nobody_is_asked_and_an_unnamed_one_leaves_nobody_out() -> None:
    case = a_case(languages=frozenset({"fr"}))
    assert fit(a_coach(languages=frozenset({"de"})), case).hindrance is Hindrance.LANGUAGE
    unnamed = fit(a_coach(), case)
    assert (unnamed.hindrance, unnamed.languages) == (None, None)
    speaks = a_coach("Zoe", languages=frozenset({"fr", "de"}))
    assert [one.coach.name for one in ranked([a_coach("Ann"), speaks], case)] == ["Zoe", "Ann"]


def test_without_three_quarters_of_an_hour_in_common_nobody_is_asked() -> None:
    case = a_case(zone="Europe/Berlin", week=OFFICE)
    assert fit(a_coach(zone="Asia/Tokyo", week=OFFICE), case).hindrance is Hindrance.NO_COMMON_TIME
    new_york = fit(a_coach(zone="America/New_York", week=OFFICE), case)
    assert new_york.common == (datetime(2026, 11, 30, 13, tzinfo=UTC), datetime(2026, 11, 30, 15, 30, tzinfo=UTC))
    assert Kept.of(new_york.as_record()).common_hours == "2.5"


def test_common_time_follows_each_clock_on_the_wall_in_the_weeks_when_only_one_has_changed() -> None:
    # on 26 October 2026 Berlin has left summer time and New York has not: five hours apart instead of six
    shared = common_time("Europe/Berlin", OFFICE, "America/New_York", OFFICE, date(2026, 10, 26))
    assert shared == (datetime(2026, 10, 26, 12, tzinfo=UTC), datetime(2026, 10, 26, 15, 30, tzinfo=UTC))


def test_whoever_knows_the_step_comes_first_then_whoever_has_most_room_then_whoever_is_near() -> None:
    case = a_case(subject="transduction")
    knows = a_coach("Knows", subjects=frozenset({"transduction"}), reviews=10)
    roomy = a_coach("Roomy", reviews=1, site_id=new_id())
    near = a_coach("Near", reviews=1)
    busy = a_coach("Busy", reviews=12)
    assert [one.coach.name for one in ranked([busy, roomy, near, knows], case)] == ["Knows", "Near", "Roomy", "Busy"]


def test_one_more_review_is_counted_at_once_so_that_a_night_of_proposals_keeps_the_caps() -> None:
    coach, case = a_coach(share=Share.PART), a_case()
    for _ in range(6):
        assert fit(coach, case).hindrance is None
        coach = coach.with_one_more(new_id())
    assert fit(coach, case).hindrance is Hindrance.WEEK_FULL


@given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25), st.booleans(), st.booleans()), max_size=12))
def test_whoever_is_chosen_breaks_no_rule_and_nobody_is_chosen_only_if_all_break_one(
    coaches: list[tuple[int, int, bool, bool]],
) -> None:
    made = [
        a_coach(
            reviews=reviews,
            operators=frozenset(new_id() for _ in range(people)),
            share=Share.PART if part else Share.FULL,
        )
        for reviews, people, part, _ in coaches
    ]
    conflicted = frozenset(one.person_id for one, (*_, named) in zip(made, coaches, strict=True) if named)
    best = chosen(ranked(made, a_case(conflicted=conflicted)))
    allowed = [
        one
        for one in made
        if one.person_id not in conflicted
        and one.reviews < CAPS[one.share].reviews
        and len(one.operators) < CAPS[one.share].operators
    ]
    assert (best is None) == (not allowed)
    assert best is None or best.coach in allowed
