"""What is typed in a review is kept: for its writer alone, across sessions, and never in the trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from coaching.workspace.commands import keep_draft
from coaching.workspace.models import ReviewDraft
from lms.audit.models import AuditEvent
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.follow_up import Circle, a_closed_circle, an_accepted_circle, hold
from tests.factories.people import someone, today


def keep(browser: Any, circle: Circle, sequence: int = 1, **fields: str) -> Any:
    sent = {"sequence": str(sequence), **fields}
    return browser.post(f"/reviews/{circle.review_id}/draft", data=sent, headers={"Accept": "application/json"})


def test_nothing_typed_is_lost_with_the_session_and_only_its_writer_finds_it(app: Flask, sign_in: Any) -> None:
    circle = an_accepted_circle()
    first = sign_in(circle.operator)
    answer = keep(first, circle, own_account="I copied the 2.5 <from> the sheet", went_well="I stopped")
    assert answer.status_code == 200
    assert answer.get_json()["sequence"] == 1
    first.post("/sign-out")
    lost = keep(first, circle, 2, own_account="typed after the session was over")
    assert lost.status_code == 401
    page = sign_in(circle.operator).get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    assert "I copied the 2.5 &lt;from&gt; the sheet" in page
    assert "is back in the form" in page
    coach = sign_in(circle.coach).get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    assert "I copied" not in coach
    assert "has not written yet" in coach


def test_the_coachs_side_comes_back_with_its_commitments_and_barriers(app: Flask, sign_in: Any) -> None:
    circle = an_accepted_circle()
    hold(circle, asked=0, commitments=0)
    browser = sign_in(circle.coach)
    due = (today() + timedelta(days=9)).isoformat()
    typed = {
        "coach_account": "Half a sentence",
        "commitments-1-text": "Second commitment",
        "commitments-1-due_on": due,
        "barriers-0-what": "A bench for two",
        "barriers-0-owner": str(circle.lead.person.id),
        "follow_up_on": "not a day",
    }
    assert keep(browser, circle, **typed).status_code == 200
    page = browser.get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    for words in ("Half a sentence", "Second commitment", due, "A bench for two"):
        assert words in page
    assert f'selected value="{circle.lead.person.id}"' in page


def test_an_older_draft_that_arrives_late_changes_nothing(app: Flask, sign_in: Any) -> None:
    circle = an_accepted_circle()
    browser = sign_in(circle.operator)
    keep(browser, circle, 5, own_account="newer")
    assert keep(browser, circle, 4, own_account="older").get_json()["sequence"] == 5
    assert db.session.scalars(select(ReviewDraft)).one().content == {"own_account": "newer"}


def test_saving_forgets_the_draft_and_so_does_whoever_typed_it(app: Flask, sign_in: Any) -> None:
    circle = an_accepted_circle()
    browser = sign_in(circle.operator)
    keep(browser, circle, own_account="half")
    saved = browser.post(f"/reviews/{circle.review_id}/own-account", data={"own_account": "whole", "went_well": "that"})
    assert saved.status_code == 302
    assert db.session.scalars(select(ReviewDraft)).all() == []
    keep(browser, circle, own_account="unwanted")
    browser.post(f"/reviews/{circle.review_id}/draft/drop")
    page = browser.get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    assert "unwanted" not in page
    assert "whole" in page


def test_no_keystroke_is_an_event_of_the_trail(app: Flask, sign_in: Any) -> None:
    circle = an_accepted_circle()
    browser = sign_in(circle.operator)
    before = db.session.scalar(select(func.count()).select_from(AuditEvent))
    for number in range(1, 6):
        keep(browser, circle, number, own_account="x" * number)
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == before


def test_nobody_else_keeps_a_draft_there_and_nobody_in_a_closed_review(app: Flask, sign_in: Any) -> None:
    circle = a_closed_circle()
    for role in Role:
        answer = keep(sign_in(someone(role)), circle, own_account="x")
        assert answer.status_code == 404
    with pytest.raises(NotFound):
        run(keep_draft, circle.lead.actor, "", circle.review_id, content={}, sequence=1)
    with pytest.raises(NotAllowed, match="closed"):
        run(keep_draft, circle.operator.actor, "", circle.review_id, content={}, sequence=1)
