"""The coach's desk: the week as it stands, what waits, with whom, and how full it is against what a coach takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from coaching.desk.queries import desk
from coaching.desk.rules import Step, week_of
from coaching.reviews import commands as reviews
from coaching.reviews.models import CoachingReview
from coaching.triggers import commands as triggers
from lms import clock
from lms.extensions import db
from lms.permissions import Role
from lms.unit_of_work import run
from tests.factories.coaching import Pair, a_closed_review, a_held_review, an_accepted_review
from tests.factories.people import Someone, a_site, someone
from tests.factories.programme import a_past_review, operators_of

#: A Tuesday.
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
WEEK = week_of("", NOW.date())


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def read(browser: Any, week: str = "") -> str:
    answer = browser.get(f"/coaching/desk{f'?week={week}' if week else ''}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def day_of(text: str, day: int) -> str:
    """Return the column of a day, 0 for Monday."""
    board = text[text.index('<ol class="board">') : text.index("</ol>")]
    return re.split(r"<li", board)[day + 1]


def steps(pair: Pair) -> list[Step]:
    return [row.next.step for row in desk(pair.coach.actor, WEEK)]


def test_a_review_goes_over_the_desk_step_by_step(app: Flask) -> None:
    pair = an_accepted_review()
    assert steps(pair) == [Step.FIND_TIME]
    held = a_held_review()
    assert steps(held) == [Step.OPERATOR_SIGNS]
    run(reviews.agree_to_review, held.operator.signing, "", held.review_id, version=held.version)
    assert steps(held) == [Step.SIGN]
    run(reviews.close_review, held.coach.signing, "", held.review_id, version=held.version)
    rows = desk(held.coach.actor, WEEK)
    assert [(row.next.step, row.next.by) for row in rows] == [(Step.COMMITMENT, NOW.date() + timedelta(days=14))]


def test_the_board_shows_a_review_on_its_day_in_the_coachs_zone(app: Flask, sign_in: Any) -> None:
    """23:30 UTC on Monday is Tuesday in Berlin."""
    coach = someone(Role.COACH)
    operator = operators_of(a_site(), 1)[0]
    a_past_review(coach, operator, datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
    text = read(sign_in(coach))
    assert operator.person.name in day_of(text, 1)
    assert "00:30 CET" in day_of(text, 1)
    assert operator.person.name not in day_of(text, 0)


def test_a_follow_up_stands_on_its_day_and_past_it_among_what_waits(
    app: Flask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = a_closed_review()
    day = db.session.get_one(CoachingReview, pair.review_id).follow_up_on
    assert day is not None
    year, number, weekday = day.isocalendar()
    browser = sign_in(pair.coach)
    assert "Follow up" in day_of(read(browser, f"{year}-W{number:02d}"), weekday - 1)
    later = NOW + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "follow-up was on" in read(sign_in(pair.coach))


def test_what_is_to_be_decided_and_signed_is_one_click_away(app: Flask, sign_in: Any) -> None:
    held = a_held_review()
    run(reviews.agree_to_review, held.operator.signing, "", held.review_id, version=held.version)
    proposed = run(triggers.propose_routine_review, held.coach.actor, "", coachee_id=someone().person.id)
    text = read(sign_in(held.coach))
    for address in (f"/reviews/{held.review_id}", f"/reviews/proposals/{proposed.id}"):
        assert f'href="{address}"' in text


def test_more_than_a_coach_takes_is_said_and_as_much_is_not(app: Flask, sign_in: Any) -> None:
    coach, people = someone(Role.COACH), operators_of(a_site(), 5)
    for number in range(4):
        a_past_review(coach, people[number], datetime(2026, 12, 1, 9 + number, tzinfo=UTC))
    browser = sign_in(coach)
    assert "More than you take." not in read(browser)
    a_past_review(coach, people[4], datetime(2026, 12, 1, 14, tzinfo=UTC))
    assert "More than you take." in read(browser)
    assert "More than you take." not in read(browser, "2026-W51")


def test_a_coach_sees_the_own_desk_only_and_nobody_else_has_one(app: Flask, sign_in: Any) -> None:
    pair = a_held_review()
    other: Someone = someone(Role.COACH)
    assert desk(other.actor, WEEK) == []
    assert pair.operator.person.name not in read(sign_in(other))
    for role in set(Role) - {Role.COACH}:
        assert sign_in(someone(role)).get("/coaching/desk").status_code == 403


def test_it_needs_few_statements_however_much_lies_on_it(app: Flask, sign_in: Any, queries: Any) -> None:
    coach = someone(Role.COACH)
    browser = sign_in(coach)
    costs = []
    for _round in range(2):
        with queries() as seen:
            read(browser)
        costs.append(len(seen))
        for one in operators_of(a_site(), 4):
            a_past_review(coach, one, NOW + timedelta(hours=2))
            run(triggers.propose_routine_review, coach.actor, "", coachee_id=one.person.id)
    assert costs[0] == costs[1] <= 6


def test_a_week_that_is_none_is_refused_in_words(app: Flask, sign_in: Any) -> None:
    answer = sign_in(someone(Role.COACH)).get("/coaching/desk?week=2026-W60")
    assert answer.status_code == 422
    assert "names no week" in answer.get_data(as_text=True)
