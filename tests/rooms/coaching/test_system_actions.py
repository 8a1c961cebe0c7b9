"""System actions: who sees them, who answers them, and that they carry nothing of the conversation."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.barriers import commands, queries
from coaching.barriers.models import SystemAction
from coaching.barriers.rules import Asked, Kind
from coaching.reviews import commands as reviews
from lms import clock
from lms.audit.models import AuditEvent
from lms.extensions import db
from lms.notifications.digest import send_reminder_digest
from lms.notifications.models import Notification
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import run
from tests.factories.follow_up import Circle, a_closed_circle, an_accepted_circle, close, hold
from tests.factories.people import INSTALLER, a_site, someone, today


def finish(circle: Circle, by: Any, **values: Any) -> SystemAction:
    action = circle.actions[0]
    given = {
        "version": action.version,
        "done_on": today(),
        "evidence": "One clip board per batch since today.",
        **values,
    }
    return run(commands.finish_system_action, by.actor, "", action.id, **given)


def test_its_owner_answers_and_the_two_who_asked_are_told(app: Flask) -> None:
    circle = a_closed_circle()
    finish(circle, circle.lead)
    assert circle.actions[0].state == "done"
    for person in (circle.coach, circle.operator):
        sentences = select(Notification.sentence).where(Notification.person_id == person.person.id)
        assert "system_action_done" in set(db.session.scalars(sentences))
    with pytest.raises(NotAllowed, match="answered already"):
        finish(circle, circle.lead)


def test_nobody_else_answers_for_its_owner(app: Flask) -> None:
    circle = a_closed_circle()
    for person in (circle.coach, circle.operator, circle.qa, someone(Role.SITE_LEAD), someone(Role.ADMINISTRATOR)):
        with pytest.raises(NotFound):
            finish(circle, person)
    with pytest.raises(StaleForm):
        finish(circle, circle.lead, version=99)


def test_an_owner_may_say_no_with_a_reason_and_not_without(app: Flask) -> None:
    circle = a_closed_circle()
    action = circle.actions[0]
    with pytest.raises(NotAllowed, match="Say why"):
        run(commands.decline_system_action, circle.lead.actor, "", action.id, version=action.version, reason=" ")
    run(commands.decline_system_action, circle.lead.actor, "", action.id, version=action.version, reason="No room.")
    assert (circle.actions[0].state, circle.actions[0].answer) == ("declined", "No room.")


def test_it_is_handed_on_within_the_site_and_never_to_the_operator(app: Flask) -> None:
    circle = a_closed_circle()
    elsewhere = someone(Role.SITE_LEAD, a_site("BBB"))
    trainer = someone(Role.TRAINER)
    action = circle.actions[0]
    for person in (elsewhere, circle.operator):
        with pytest.raises(NotAllowed, match="works at this site"):
            run(commands.hand_on_system_action, circle.qa.actor, "", action.id, version=action.version,
                owner_id=person.person.id, reason="left")  # fmt: skip
    with pytest.raises(NotFound):
        run(commands.hand_on_system_action, elsewhere.actor, "", action.id, version=action.version,
            owner_id=elsewhere.person.id, reason="mine")  # fmt: skip
    run(commands.hand_on_system_action, circle.qa.actor, "", action.id, version=action.version,
        owner_id=trainer.person.id, reason="on leave")  # fmt: skip
    assert circle.actions[0].owner_id == trainer.person.id
    assert db.session.scalars(
        select(Notification.sentence).where(Notification.person_id == trainer.person.id)
    ).all() == ["system_action_opened"]


def test_the_operator_never_owns_what_the_site_owes(app: Flask) -> None:
    circle = an_accepted_circle()
    hold(circle, asked=0)
    own = Asked(Kind.BARRIER, "Pay more attention", circle.operator.person.id, "", today() + timedelta(days=14))
    with pytest.raises(NotAllowed, match="never by the operator"):
        run(reviews.hold_review, circle.coach.actor, "", circle.review_id, coach_account="x", barrier="",
            support_owed="", support_due_on=None, commitments=[], asked=[own],
            follow_up_on=today() + timedelta(days=30))  # fmt: skip


def test_who_reads_a_system_action(app: Flask, sign_in) -> None:
    """Its owner and QA and the lead of the site, without a word of the conversation; the two of the review on its page."""
    circle = a_closed_circle()
    path = f"/system-actions/{circle.actions[0].id}"
    owner, qa = sign_in(circle.lead), sign_in(circle.qa)
    for browser in (owner, qa):
        for page in (path, "/system-actions", "/system-actions/list.csv"):
            # whom it may be handed on to are all who work there, so that list tells nothing
            text = re.sub(r"<option.*?</option>", "", browser.get(page).get_data(as_text=True))
            assert "Worksheets of two batches" in text
            assert "SECRET" not in text
            assert "Chidi" not in text
            assert "Farah" not in text
    assert "Worksheets of two batches" in owner.get("/system-actions/mine").get_data(as_text=True)
    for person in (circle.coach, circle.operator):
        browser = sign_in(person)
        assert browser.get(path).status_code == 404
        assert browser.get("/system-actions").status_code == 403
        assert "AAA-SA-" in browser.get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    for role in Role:
        if role in {Role.QA, Role.SITE_LEAD}:
            assert sign_in(someone(role, a_site("BBB"))).get(path).status_code == 404
        else:
            assert sign_in(someone(role)).get(path).status_code in {403, 404}


def test_what_a_page_refuses_stays_typed(app: Flask, sign_in) -> None:
    circle = a_closed_circle()
    action, browser = circle.actions[0], sign_in(circle.lead)
    early = (action.opened_on - timedelta(days=2)).isoformat()
    sent = {"version": action.version, "done_on": early, "evidence": "My long sentence."}
    refused = browser.post(f"/system-actions/{action.id}/done", data=sent)
    assert refused.status_code == 422
    text = refused.get_data(as_text=True)
    assert "before the action was opened" in text
    assert "My long sentence." in text
    sent["done_on"] = action.opened_on.isoformat()
    assert browser.post(f"/system-actions/{action.id}/done", data=sent).status_code == 302


def test_its_owner_has_it_on_today_and_is_reminded_until_it_is_answered(app: Flask, sign_in) -> None:
    circle = a_closed_circle()
    assert "System actions you own" in sign_in(circle.lead).get("/today/figures").get_data(as_text=True)
    assert [row[0] for row in queries.reminded(today() + timedelta(days=7))] == [circle.lead.person.id]
    assert queries.reminded(today()) == []
    assert [row[0] for row in queries.reminded(today() + timedelta(days=40))] == [circle.lead.person.id]
    finish(circle, circle.lead)
    assert queries.reminded(today() + timedelta(days=40)) == []
    assert "System actions you own" not in sign_in(circle.lead).get("/today/figures").get_data(as_text=True)


def test_the_support_that_a_site_owes_has_an_owner_too(app: Flask, sign_in) -> None:
    circle = an_accepted_circle()
    hold(circle, asked=0)
    held = {
        "went_well": "You said so.",
        "coach_account": "Seen",
        "barriers-0-what": "One sheet at a time",
        "barriers-0-owner": str(circle.lead.person.id),
        "barriers-0-due_on": (today() + timedelta(days=10)).isoformat(),
        "support_owed": "Books the simulator",
        "support_owner": str(circle.lead.person.id),
        "support_due_on": (today() + timedelta(days=5)).isoformat(),
        "follow_up_on": (today() + timedelta(days=20)).isoformat(),
        "version": circle.review.version,
    }
    coach = sign_in(circle.coach)
    nobody = coach.post(f"/reviews/{circle.review_id}/hold", data={**held, "barriers-0-owner": ""})
    assert nobody.status_code == 422
    assert "Choose who at the site sees to" in nobody.get_data(as_text=True)
    assert "One sheet at a time" in nobody.get_data(as_text=True)
    assert coach.post(f"/reviews/{circle.review_id}/hold", data=held).status_code == 302
    page = sign_in(circle.operator).get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    assert "opens when both have signed" in page
    assert "Sofie Janssens" in page
    close(circle)
    assert [(a.kind, a.what) for a in circle.actions] == [
        ("barrier", "One sheet at a time"),
        ("support", "Books the simulator"),
    ]


def test_pages_of_system_actions_need_few_queries_however_many_there_are(app: Flask, sign_in, queries) -> None:
    circle = a_closed_circle()
    browser, counted = sign_in(circle.qa), []
    for _ in range(2):
        for path in ("/system-actions", "/reviews/overview"):
            with queries() as seen:
                assert browser.get(path).status_code == 200
            counted.append((path, len(seen)))
        another = an_accepted_circle(about_deviation=False)
        hold(another, asked=3)
        close(another)
    assert counted[:2] == counted[2:]
    assert max(number for _, number in counted) <= 6


def test_the_trail_of_a_system_action_holds_nothing_of_the_conversation(app: Flask) -> None:
    circle = a_closed_circle()
    finish(circle, circle.lead)
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.rtype == "system_action")).all()
    assert len(events) == 2
    assert all("SECRET" not in f"{event.body}{event.payload}" for event in events)


def test_the_digest_reaches_the_owner(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    circle = a_closed_circle()
    later = clock.now() + timedelta(days=10)
    monkeypatch.setattr(clock, "now", lambda: later)
    run(send_reminder_digest, INSTALLER, "test")
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "mail")).all()
    to_lead = [mail.payload["body"] for mail in mails if mail.payload["to"] == circle.lead.person.email]
    assert any("AAA-SA-" in body for body in to_lead)
