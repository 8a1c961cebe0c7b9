"""QA sees that reviews happen and not who or what; the two of a review see the evidence beside it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from assessments.api import weak_attempts
from assessments.attempts import commands as attempts
from coaching.reviews.commands import choose_guide
from lms import clock
from lms.permissions import ROLE_PERMISSIONS, Permission, Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.assessments import a_quiz, a_world, an_assignment
from tests.factories.follow_up import a_closed_circle, an_accepted_circle, hold, verify
from tests.factories.people import a_site, someone, today


def test_qa_sees_that_it_happened_when_and_what_came_of_it(app: Flask, sign_in: Any) -> None:
    circle = a_closed_circle(clean_days=30)
    verify(circle, 0, "kept", done_on=today())
    verify(circle, 1, "not_kept", evidence="SECRET no run took place")
    from coaching.follow_up.commands import close_follow_up

    run(close_follow_up, circle.coach.actor, "", circle.review_id)
    browser = sign_in(circle.qa)
    page = browser.get("/reviews/overview").get_data(as_text=True)
    rows = list(
        csv.DictReader(io.StringIO(browser.get("/reviews/overview/list.csv").get_data(as_text=True).lstrip("\ufeff")))
    )
    assert len(rows) == 1
    row = rows[0]
    assert (row["kind"], row["state"], row["outcome"], row["effect"]) == (
        "deviation",
        "closed",
        "partly",
        "cannot_tell",
    )
    assert (row["commitments"], row["system_actions"], row["system_actions_open"]) == ("2", "1", "1")
    assert row["held_at"]
    assert row["closed_at"]
    for text in (page, str(rows)):
        for hidden in ("SECRET", "Chidi", "Farah"):
            assert hidden not in text
    assert "After a deviation" in page
    assert "partly kept" in page
    assert "Cannot tell yet" in page


def test_only_quality_assurance_has_the_overview_and_only_of_its_sites(app: Flask, sign_in: Any) -> None:
    a_closed_circle()
    for role in Role:
        status = sign_in(someone(role)).get("/reviews/overview").status_code
        assert status == (200 if Permission.REVIEW_OVERSEE in ROLE_PERMISSIONS[role] else 403)
    assert [role for role in Role if Permission.REVIEW_OVERSEE in ROLE_PERMISSIONS[role]] == [Role.QA]
    elsewhere = sign_in(someone(Role.QA, a_site("BBB"))).get("/reviews/overview").get_data(as_text=True)
    assert "No review has been planned yet" in elsewhere


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("?kind=deviation", 1), ("?kind=scheduled", 1), ("?state=closed", 1), ("?state=held&kind=scheduled", 1)],
)
def test_the_list_and_its_file_narrow_alike(app: Flask, sign_in: Any, query: str, count: int) -> None:
    circle = a_closed_circle()
    hold(an_accepted_circle(about_deviation=False))
    browser = sign_in(circle.qa)
    lines = browser.get(f"/reviews/overview/list.csv{query}").get_data(as_text=True).strip().splitlines()
    assert len(lines) - 1 == count
    assert f"{count} review" in browser.get(f"/reviews/overview{query}").get_data(as_text=True)
    assert browser.get("/reviews/overview?kind=nonsense").status_code == 422


# -- models ------------------------------------------------------------------------------------------------------------


def test_a_review_after_a_deviation_asks_what_went_well_first_by_its_model(app: Flask, sign_in: Any) -> None:
    circle = an_accepted_circle()
    assert (circle.review.kind, circle.review.guide) == ("deviation", "aar-1")
    page = sign_in(circle.operator).get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    assert page.index("What went well, also on the day") < page.index("What did you expect to happen")
    run(choose_guide, circle.coach.actor, "", circle.review_id, guide="twi-1")
    page = sign_in(circle.operator).get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    assert "Which parts of the step do you have safely in hand?" in page
    hold(circle)
    with pytest.raises(NotAllowed, match="was held with its model"):
        run(choose_guide, circle.coach.actor, "", circle.review_id, guide="grow-1")
    assert circle.review.guide == "twi-1"


def test_nobody_else_changes_the_model(app: Flask) -> None:
    circle = an_accepted_circle()
    with pytest.raises(NotFound):
        run(choose_guide, someone(Role.COACH).actor, "", circle.review_id, guide="grow-1")
    with pytest.raises(NotAllowed, match="one of the models"):
        run(choose_guide, circle.coach.actor, "", circle.review_id, guide="grow-7")


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_weak_items_are_shown_in_the_words_of_the_result_page_and_never_with_their_key(
    app: Flask, sign_in: Any
) -> None:
    circle = an_accepted_circle()
    world = a_world()
    a_quiz(world, items=4, draw=4)
    assignment = an_assignment(world, circle.operator)
    attempt_id = run(attempts.start_attempt, circle.operator.actor, "", assignment, world.newest.check)
    run(attempts.submit_attempt, circle.operator.actor, "", attempt_id)
    found = weak_attempts(circle.operator.person.id, clock.now())
    assert [len(one.items) for one in found] == [4]
    for who, links in ((circle.coach, False), (circle.operator, True)):
        page = sign_in(who).get(f"/reviews/{circle.review_id}/evidence/practice").get_data(as_text=True)
        assert f"Stem number 1 of {world.module_code}?" in page
        assert "Rationale" not in page
        assert "right 1-0" not in page
        assert (f"/attempts/{attempt_id}/result" in page) is links


def test_training_is_that_of_the_moment_and_for_the_two_alone(app: Flask, sign_in: Any, queries: Any) -> None:
    circle = an_accepted_circle()
    world = a_world(process_step="transduction")
    a_world(process_step="formulation")
    an_assignment(world, circle.operator)
    for who in (circle.coach, circle.operator):
        browser = sign_in(who)
        browser.get(f"/reviews/{circle.review_id}/evidence/training")
        for part in ("training", "practice"):
            with queries() as seen:
                answer = browser.get(f"/reviews/{circle.review_id}/evidence/{part}")
            assert answer.status_code == 200
            assert len(seen) <= 6
        page = browser.get(f"/reviews/{circle.review_id}/evidence/training").get_data(as_text=True)
        assert page.count("Task ") == 1
    for role in Role:
        browser = sign_in(someone(role))
        for part in ("training", "practice"):
            assert browser.get(f"/reviews/{circle.review_id}/evidence/{part}").status_code == 404


def test_pages_of_a_review_need_few_queries_in_every_state(app: Flask, sign_in: Any, queries: Any) -> None:
    circle = an_accepted_circle()
    from tests.factories.follow_up import close

    def look() -> None:
        for who in (circle.coach, circle.operator):
            browser = sign_in(who)
            for path in (f"/reviews/{circle.review_id}", f"/reviews/{circle.review_id}/notes", "/", "/today/figures"):
                with queries() as seen:
                    assert browser.get(path).status_code == 200
                assert len(seen) <= 6, (path, seen)

    look()
    hold(circle, asked=3, commitments=3)
    look()
    close(circle, clean_days=20)
    look()
    with queries() as seen:
        sign_in(circle.coach).get(f"/reviews/{circle.review_id}/follow-up")
    assert not [one for one in seen if one.lower().startswith("insert into follow_up")]
    assert circle.meeting.wanted_on == today() + timedelta(days=30)
