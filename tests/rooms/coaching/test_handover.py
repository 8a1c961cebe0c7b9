"""A coach is gone: their open reviews are listed, and go to another coach who has no part in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.availability import commands as own_times
from coaching.commitments.models import Commitment
from coaching.follow_up.commands import close_follow_up
from coaching.handover import commands as handover
from coaching.handover.queries import lost_reviews
from coaching.reviews import commands as reviews
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import BookedQuarter, BusyTime
from coaching.triggers import commands as triggers
from lms.deviations.commands import name_person_involved
from lms.extensions import db
from lms.identity.commands import close_account
from lms.identity.leaving import record_leaving
from lms.notifications.models import Notification
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.coaching import Pair, a_closed_review, a_held_review, an_accepted_review, next_free_slot
from tests.factories.deviations import a_deviation
from tests.factories.follow_up import a_closed_circle, verify
from tests.factories.people import INSTALLER, a_site, someone, today


def gone(pair: Pair) -> None:
    """Deactivate the coach."""
    run(close_account, INSTALLER, "", pair.coach.actor.account_id)


def hand_over(qa: Any, pair: Pair, to: Any) -> CoachingReview:
    return run(handover.hand_over_review, qa.actor, "", pair.review_id, coach_id=to.person.id, reason="The coach left.")


def test_a_deactivated_coachs_open_reviews_are_listed_and_handed_over(app: Flask, sign_in: Any) -> None:
    pair = an_accepted_review()
    run(
        scheduling.schedule_review,
        pair.coach.actor,
        "",
        pair.review_id,
        starts_at=next_free_slot(pair),
        mode="video",
        place="",
    )
    run(
        reviews.write_own_account,
        pair.operator.actor,
        "",
        pair.review_id,
        own_account="Nobody but my coach reads this.",
    )
    qa, other = someone(Role.QA, a_site()), someone(Role.COACH, a_site())
    assert lost_reviews(qa.actor, today()) == []
    gone(pair)
    browser = sign_in(qa)
    page = browser.get("/reviews/without-coach").get_data(as_text=True)
    assert pair.coach.person.name in page
    assert pair.operator.person.name in page
    assert other.person.name in page
    assert "Nobody but my coach" not in page
    assert len(browser.get("/reviews/without-coach/list.csv").get_data(as_text=True).splitlines()) == 2
    url = f"/reviews/without-coach/{pair.review_id}"
    assert browser.post(url, data={"coach": str(other.person.id), "reason": ""}).status_code == 422
    assert browser.post(url, data={"coach": str(pair.coach.person.id), "reason": "x"}).status_code == 422
    assert browser.post(url, data={"coach": str(other.person.id), "reason": "Left."}).status_code == 302
    review = db.session.get_one(CoachingReview, pair.review_id)
    assert (review.coach_id, review.state) == (other.person.id, ReviewState.ACCEPTED)
    assert db.session.scalars(select(BookedQuarter)).all() == []
    told = dict(
        db.session.execute(select(Notification.person_id, Notification.sentence).order_by(Notification.id)).all()
    )
    assert told[other.person.id] == "review_handed_to_you"
    assert told[pair.operator.person.id] == "review_handed_over"
    assert "Nobody but my coach" in sign_in(other).get(f"/reviews/{pair.review_id}").get_data(as_text=True)
    assert "Every open review and every follow-up has a coach." in browser.get("/reviews/without-coach").get_data(
        as_text=True
    )
    # the new coach finds a time of their own, and the old one's hours are not asked
    again = Pair(other, pair.operator, pair.review_id)
    run(
        scheduling.schedule_review,
        other.actor,
        "",
        pair.review_id,
        starts_at=next_free_slot(again),
        mode="video",
        place="",
    )


def test_a_coach_who_left_or_coaches_elsewhere_now_is_gone_as_well(app: Flask) -> None:
    left = an_accepted_review()
    run(record_leaving, INSTALLER, "", left.coach.person.id, on=today() - timedelta(days=1))
    assert [row.id for row in lost_reviews(someone(Role.QA, a_site()).actor, today())] == [left.review_id]


def test_while_the_coach_works_nobody_takes_a_review_away(app: Flask) -> None:
    pair = an_accepted_review()
    with pytest.raises(NotAllowed, match="works and coaches at this site"):
        hand_over(someone(Role.QA, a_site()), pair, someone(Role.COACH, a_site()))


def test_what_the_operator_signed_stays_with_whom_they_agreed(app: Flask, sign_in: Any) -> None:
    pair = a_held_review()
    run(reviews.agree_to_review, pair.operator.signing, "", pair.review_id, version=pair.version)
    gone(pair)
    qa = someone(Role.QA, a_site())
    with pytest.raises(NotAllowed, match="has signed what was agreed"):
        hand_over(qa, pair, someone(Role.COACH, a_site()))
    assert "The operator has signed: it stays as it is." in sign_in(qa).get("/reviews/without-coach").get_data(
        as_text=True
    )


def test_a_closed_review_that_was_followed_up_is_not_listed(app: Flask) -> None:
    pair = a_closed_review()
    for commitment in db.session.scalars(select(Commitment).where(Commitment.review_id == pair.review_id)):
        run(
            reviews.verify_commitment,
            pair.coach.actor,
            "",
            commitment.id,
            review_id=pair.review_id,
            state="obsolete",
            done_on=None,
            evidence="SOP v6",
        )
    run(close_follow_up, pair.coach.actor, "", pair.review_id)
    gone(pair)
    assert lost_reviews(someone(Role.QA, a_site()).actor, today()) == []


def test_nobody_with_a_part_in_the_deviation_gets_it(app: Flask) -> None:
    site = a_site()
    operator = someone(Role.OPERATOR, site)
    coach, named, free = (someone(Role.COACH, site) for _ in range(3))
    qa = someone(Role.QA, site)
    deviation_id = a_deviation(operator)
    for who in (operator, named):
        run(name_person_involved, qa.actor, "", deviation_id, person_id=who.person.id)
    proposal = run(triggers.propose_review, qa.actor, "", deviation_id, coachee_id=operator.person.id)
    assert proposal is not None
    asked = next(one for one in (coach, named, free) if one.person.id == proposal.coach_id)
    assert asked is not named
    pair = Pair(asked, operator, run(triggers.accept_proposal, asked.actor, "", proposal.id).id)
    gone(pair)
    with pytest.raises(NotAllowed, match="has a part in the deviation"):
        hand_over(qa, pair, named)
    other = free if asked is coach else coach
    assert hand_over(qa, pair, other).coach_id == other.person.id


def test_another_sites_qa_sees_nothing_of_it(app: Flask, sign_in: Any) -> None:
    pair = an_accepted_review()
    gone(pair)
    stranger = someone(Role.QA, a_site("BBB"))
    assert lost_reviews(stranger.actor, today()) == []
    with pytest.raises(NotFound):
        hand_over(stranger, pair, someone(Role.COACH, a_site()))
    assert sign_in(stranger).post(f"/reviews/without-coach/{pair.review_id}").status_code == 404


def test_the_list_asks_as_little_for_many_as_for_one(app: Flask, sign_in: Any, queries: Any) -> None:
    qa = someone(Role.QA, a_site())
    counts = []
    for _ in range(2):
        gone(an_accepted_review())
        browser = sign_in(qa)
        with queries() as seen:
            assert browser.get("/reviews/without-coach").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


# -- a follow-up whose coach is gone -------------------------------------------------------------------------------------


def invited(uid: str) -> list[tuple[str, str]]:
    """Return to whom the calendar texts of a meeting went, with their method, in order."""
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "mail").order_by(OutboxMessage.id))
    return [(m.payload["to"], m.payload["method"]) for m in mails if uid in (m.payload["calendar"] or "")]


def test_a_follow_up_goes_to_another_coach_at_its_time_and_invitations_move_along(app: Flask, sign_in: Any) -> None:
    circle = a_closed_circle()
    qa, other = circle.qa, someone(Role.COACH, a_site(), name="Ines Costa")
    at, before = circle.meeting.starts_at, len(invited(circle.meeting.uid))
    run(close_account, INSTALLER, "", circle.coach.actor.account_id)
    browser = sign_in(qa)
    listed = browser.get("/reviews/without-coach").get_data(as_text=True)
    assert "to be followed up" in listed
    assert "SECRET" not in listed
    sent = {"coach": str(other.person.id), "reason": "Left."}
    assert browser.post(f"/reviews/without-coach/{circle.review_id}", data=sent).status_code == 302
    review, meeting = circle.review, circle.meeting
    assert (review.coach_id, review.signed_coach_id) == (other.person.id, circle.coach.person.id)
    assert meeting.starts_at == at
    assert meeting.coach_busy_id is not None
    spans = select(BusyTime.person_id).where(BusyTime.kind == "review", BusyTime.struck_out_at.is_(None))
    assert set(db.session.scalars(spans)) == {other.person.id, circle.operator.person.id}
    quarters = set(db.session.scalars(select(BookedQuarter.person_id).where(BookedQuarter.meeting_id == meeting.id)))
    assert quarters == {other.person.id, circle.operator.person.id}
    moved = invited(meeting.uid)[before:]
    assert moved[0] == (circle.coach.person.email, "CANCEL")
    assert sorted(moved[1:]) == sorted([(other.person.email, "REQUEST"), (circle.operator.person.email, "REQUEST")])
    # the new coach reads it, both signatures hold and say who signed, and the commitments are theirs to look at
    page = sign_in(other).get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    assert page.count("valid") >= 2
    assert "void" not in page
    assert f"<b>{circle.coach.person.name}</b>, " in page
    mine = replace(circle, coach=other)
    for index in (0, 1):
        verify(mine, index, "obsolete", evidence="SOP v6 took the field away")
    run(close_follow_up, other.actor, "", circle.review_id)
    assert lost_reviews(qa.actor, today()) == []
    with pytest.raises(NotAllowed, match="ended"):
        hand_over(qa, Pair(circle.coach, circle.operator, circle.review_id), other)


def test_a_follow_up_moves_to_the_next_time_that_suits_if_the_new_coach_is_taken(app: Flask) -> None:
    circle = a_closed_circle()
    other = someone(Role.COACH, a_site())
    at = circle.meeting.starts_at
    assert at is not None
    local = at.astimezone(ZoneInfo(circle.coach.actor.zone))
    minute = local.hour * 60 + local.minute
    run(own_times.note_taken, other.actor, "", day=local.date(), spans=[(minute, minute + 60)])
    run(close_account, INSTALLER, "", circle.coach.actor.account_id)
    hand_over(circle.qa, Pair(circle.coach, circle.operator, circle.review_id), other)
    moved = circle.meeting.starts_at
    assert moved is not None
    assert moved > at
    standing = select(BusyTime.starts_at).where(BusyTime.kind == "review", BusyTime.struck_out_at.is_(None))
    assert db.session.scalars(standing).all() == [moved, moved]


def test_a_follow_up_stays_with_a_coach_who_works(app: Flask) -> None:
    circle = a_closed_circle()
    other = someone(Role.COACH, a_site())
    assert lost_reviews(circle.qa.actor, today()) == []
    with pytest.raises(NotAllowed, match="works and coaches at this site"):
        hand_over(circle.qa, Pair(circle.coach, circle.operator, circle.review_id), other)
