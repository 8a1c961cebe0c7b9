"""A coaching review from proposal to follow-up: the operator writes first, both sign, nobody else reads."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from coaching.commitments.models import Commitment
from coaching.reviews import commands as reviews
from coaching.reviews.models import CoachingReview
from coaching.reviews.rules import Agreed
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import Appointment, BusyTime
from coaching.triggers import commands as triggers
from coaching.workspace.queries import review_page
from lms import clock, signals
from lms.extensions import db
from lms.facts import ReviewClosed
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import run
from tests.factories.coaching import Pair, a_closed_review, a_held_review, an_accepted_review, next_free_slot
from tests.factories.people import PASSWORD, a_site, someone, today


def test_the_operator_writes_first(app: Flask) -> None:
    pair = an_accepted_review()
    with pytest.raises(NotAllowed, match="The operator writes first"):
        run(
            reviews.hold_review,
            pair.coach.actor,
            "",
            pair.review_id,
            coach_account="I saw it.",
            barrier="",
            support_owed="",
            support_due_on=None,
            commitments=[],
            follow_up_on=today() + timedelta(days=20),
        )


def test_three_commitments_at_most_and_due_within_thirty_days(app: Flask) -> None:
    soon = Agreed("Do it", "shown", today() + timedelta(days=5))
    late = Agreed("Do it", "shown", today() + timedelta(days=90))
    pair = an_accepted_review()
    run(reviews.write_own_account, pair.operator.actor, "", pair.review_id, own_account="My side.")
    for wrong, sentence in (([soon] * 4, "three"), ([late], "within 30 days")):
        with pytest.raises(NotAllowed, match=sentence):
            run(
                reviews.hold_review,
                pair.coach.actor,
                "",
                pair.review_id,
                coach_account="x",
                barrier="",
                support_owed="",
                support_due_on=None,
                commitments=wrong,
                follow_up_on=today() + timedelta(days=20),
            )
    assert db.session.scalars(select(Commitment)).all() == []


def test_the_coach_cannot_close_before_the_operator_signed_and_closing_is_told_once(app: Flask) -> None:
    pair = a_held_review()
    with pytest.raises(NotAllowed, match="operator signs first"):
        run(reviews.close_review, pair.coach.signing, "", pair.review_id, version=pair.version)
    told: list[ReviewClosed] = []

    def listen(fact: ReviewClosed, **_: object) -> None:
        told.append(fact)

    signals.review_closed.connect(listen)
    run(reviews.agree_to_review, pair.operator.signing, "", pair.review_id, version=pair.version)
    run(reviews.close_review, pair.coach.signing, "", pair.review_id, version=pair.version)
    with pytest.raises(NotAllowed):
        run(reviews.close_review, pair.coach.signing, "", pair.review_id, version=pair.version)
    assert [fact.review_id for fact in told] == [pair.review_id]
    assert told[0].coachee_person_id == pair.operator.person.id


def test_a_signature_needs_the_password_typed_now(app: Flask) -> None:
    pair = a_held_review()
    with pytest.raises(NotAllowed, match="password"):
        run(reviews.agree_to_review, pair.operator.actor, "", pair.review_id, version=pair.version)


def test_what_changed_between_reading_and_signing_is_not_signed(app: Flask) -> None:
    pair = a_held_review()
    shown = pair.version
    run(
        reviews.hold_review,
        pair.coach.actor,
        "",
        pair.review_id,
        coach_account="Something else.",
        barrier="",
        support_owed="",
        support_due_on=None,
        commitments=[],
        follow_up_on=today() + timedelta(days=20),
    )
    with pytest.raises(StaleForm):
        run(reviews.agree_to_review, pair.operator.signing, "", pair.review_id, version=shown)


def test_nobody_but_the_two_reads_a_review(app: Flask, sign_in) -> None:
    pair = a_held_review()
    site = a_site()
    for role in Role:
        stranger = someone(role, site, everywhere=role in {Role.QA, Role.INSPECTOR, Role.ADMINISTRATOR})
        with pytest.raises(NotFound):
            review_page(stranger.actor, pair.review_id, clock.now())
        assert sign_in(stranger).get(f"/reviews/{pair.review_id}").status_code in {403, 404}
    page = sign_in(pair.operator).get(f"/reviews/{pair.review_id}")
    assert "yesterday" in page.get_data(as_text=True)


def test_both_get_an_invitation_that_says_when_and_never_what_about(app: Flask) -> None:
    pair = an_accepted_review()
    begin = next_free_slot(pair)
    run(scheduling.schedule_review, pair.coach.actor, "", pair.review_id, starts_at=begin, mode="video", place="Room 2")
    mails = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "mail").order_by(OutboxMessage.id)
    ).all()
    assert sorted(mail.payload["to"] for mail in mails) == sorted([pair.coach.person.email, pair.operator.person.email])
    event = Calendar.from_ical(mails[0].payload["calendar"]).walk("VEVENT")[0]
    assert event.decoded("dtstart") == begin
    assert event["SEQUENCE"] == 0
    assert str(event["SUMMARY"]) == "Coaching review"
    run(
        scheduling.schedule_review,
        pair.coach.actor,
        "",
        pair.review_id,
        starts_at=begin + timedelta(minutes=15),
        mode="video",
        place="",
        why="The batch begins later.",
        agreed_beyond="Agreed on the phone.",
    )
    run(scheduling.cancel_review, pair.coach.actor, "", pair.review_id, reason="ill")
    newest = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "mail").order_by(OutboxMessage.id.desc())
    ).first()
    assert newest is not None
    cancelled = Calendar.from_ical(newest.payload["calendar"])
    assert cancelled["METHOD"] == "CANCEL"
    assert cancelled.walk("VEVENT")[0]["SEQUENCE"] == 2
    assert cancelled.walk("VEVENT")[0]["UID"] == event["UID"]


def test_a_coach_is_never_in_two_reviews_at_once_however_many_book_together(app: Flask) -> None:
    pairs = [an_accepted_review()]
    coach = pairs[0].coach
    for _ in range(3):
        operator = someone(Role.OPERATOR, a_site())
        proposal_id = run(triggers.propose_routine_review, coach.actor, "", coachee_id=operator.person.id).id
        pairs.append(Pair(coach, operator, run(triggers.accept_proposal, coach.actor, "", proposal_id).id))
    begin = next_free_slot(pairs[0])
    plans = [(coach.actor, pair.review_id) for pair in pairs]
    db.session.rollback()
    refused: list[str] = []

    def book(actor, review_id) -> None:
        with app.app_context():
            try:
                run(scheduling.schedule_review, actor, "", review_id, starts_at=begin, mode="video", place="")
            except NotAllowed as refusal:
                refused.append(str(refusal))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=book, args=plan) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert len(db.session.scalars(select(Appointment)).all()) == 1
    assert len(db.session.scalars(select(BusyTime)).all()) == 2


def test_a_decline_needs_a_reason(app: Flask) -> None:
    site = a_site()
    coach, operator = someone(Role.COACH, site), someone(Role.OPERATOR, site)
    proposal_id = run(triggers.propose_routine_review, coach.actor, "", coachee_id=operator.person.id).id
    with pytest.raises(NotAllowed, match="why"):
        run(triggers.decline_proposal, coach.actor, "", proposal_id, reason=" ")


def test_the_outcome_of_a_follow_up_follows_from_its_commitments(app: Flask) -> None:
    pair = a_closed_review()
    rows = db.session.execute(select(Commitment.id).order_by(Commitment.position)).scalars().all()
    with pytest.raises(NotAllowed, match="every commitment"):
        run(reviews.record_follow_up, pair.coach.actor, "", pair.review_id)
    run(reviews.report_done, pair.operator.actor, "", rows[0], review_id=pair.review_id, done_on=today())
    run(
        reviews.verify_commitment,
        pair.coach.actor,
        "",
        rows[0],
        review_id=pair.review_id,
        state="kept",
        done_on=None,
        evidence="initials",
    )
    run(
        reviews.verify_commitment,
        pair.coach.actor,
        "",
        rows[1],
        review_id=pair.review_id,
        state="not_kept",
        done_on=None,
        evidence="both talked about it",
    )
    run(reviews.record_follow_up, pair.coach.actor, "", pair.review_id)
    assert db.session.get_one(CoachingReview, pair.review_id).outcome == "partly"


def test_the_loop_of_a_review_in_the_browser(app: Flask, sign_in) -> None:
    pair = an_accepted_review()
    coach, operator = sign_in(pair.coach), sign_in(pair.operator)
    slots = coach.get(f"/reviews/{pair.review_id}/schedule").get_data(as_text=True)
    assert 'name="starts_at"' in slots
    begin = next_free_slot(pair)
    assert (
        coach.post(
            f"/reviews/{pair.review_id}/schedule", data={"starts_at": begin.isoformat(), "mode": "video"}
        ).status_code
        == 302
    )
    empty = operator.post(f"/reviews/{pair.review_id}/own-account", data={"own_account": ""})
    assert empty.status_code == 422
    assert (
        operator.post(f"/reviews/{pair.review_id}/own-account", data={"own_account": "My side <b>"}).status_code == 302
    )
    held = {
        "coach_account": "Seen",
        "commitments-0-text": "Read back",
        "commitments-0-due_on": (today() + timedelta(days=7)).isoformat(),
        "follow_up_on": (today() + timedelta(days=20)).isoformat(),
        "version": pair.version,
    }
    too_late = coach.post(f"/reviews/{pair.review_id}/hold", data={**held, "follow_up_on": "2031-01-01"})
    assert too_late.status_code == 422
    assert "Read back" in too_late.get_data(as_text=True)
    assert coach.post(f"/reviews/{pair.review_id}/hold", data=held).status_code == 302
    wrong = operator.post(f"/reviews/{pair.review_id}/sign", data={"password": "wrong", "version": pair.version})
    assert wrong.status_code == 422
    for browser in (operator, coach):
        assert (
            browser.post(
                f"/reviews/{pair.review_id}/sign", data={"password": PASSWORD, "version": pair.version}
            ).status_code
            == 302
        )
    page = coach.get(f"/reviews/{pair.review_id}").get_data(as_text=True)
    assert page.count("valid") >= 2
    assert "My side &lt;b&gt;" in page


def test_pages_of_reviews_need_few_queries(app: Flask, sign_in, queries) -> None:
    pair = a_closed_review()
    browser = sign_in(pair.coach)
    for path in ("/reviews/coaching", f"/reviews/{pair.review_id}", "/"):
        with queries() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= 6, seen
        assert not [s for s in seen if not s.lstrip().lower().startswith("select")]
