"""Story 5, its second half, with exactly its numbers: 2 commitments due in 14 days, 1 system barrier, follow-up on day 30."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.barriers.rules import State
from coaching.scheduling.models import BusyTime
from lms import clock
from lms.audit.verification import verify as verify_trail
from lms.extensions import db
from lms.notifications.models import Notification
from lms.web.times import local_day
from tests.factories.follow_up import Circle, a_closed_circle, close, hold, verify

#: A Wednesday, 13:30 in Berlin.
HELD = datetime(2027, 3, 3, 12, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def told(circle: Circle, who: str) -> list[str]:
    person_id = getattr(circle, who).person.id
    return list(db.session.scalars(select(Notification.sentence).where(Notification.person_id == person_id)))


def test_story_5_the_review_leaves_two_commitments_and_one_barrier_and_is_followed_up(app: Flask, it_is: Any) -> None:
    it_is(HELD)
    circle = a_closed_circle()
    held_on = local_day(HELD, ZONE)
    # 2 commitments, due in 14 days
    assert [c.due_on - held_on for c in circle.commitments] == [timedelta(days=14)] * 2
    # 1 system barrier, owned by the lead of the site, who is told
    action = circle.actions[0]
    assert len(circle.actions) == 1
    assert (action.number, action.owner_id, action.state) == ("AAA-SA-2027-0001", circle.lead.person.id, State.OPEN)
    assert told(circle, "lead") == ["system_action_opened"]
    # follow-up booked by itself: day 30 is Friday 2 April; the two work on Mondays to Fridays
    meeting = circle.meeting
    assert meeting.starts_at is not None
    assert local_day(meeting.starts_at, ZONE) == held_on + timedelta(days=30)
    assert "follow_up_booked" in told(circle, "coach")
    assert "follow_up_booked" in told(circle, "operator")
    taken = db.session.execute(select(BusyTime.person_id, BusyTime.starts_at).where(BusyTime.kind == "review")).all()
    assert set(taken) == {(p.person.id, meeting.starts_at) for p in (circle.coach, circle.operator)}
    # at the follow-up: kept 1, partly 1
    it_is(meeting.starts_at + timedelta(minutes=30))
    verify(circle, 0, "kept", done_on=held_on + timedelta(days=9))
    verify(circle, 1, "partly", evidence="one of two dry runs, the simulator was booked out")
    from coaching.follow_up.commands import close_follow_up
    from lms.unit_of_work import run

    run(close_follow_up, circle.coach.actor, "", circle.review_id)
    assert [c.state for c in circle.commitments] == ["kept", "partly"]
    assert circle.review.outcome == "partly"
    assert circle.meeting.held_at == clock.now()


def test_what_was_signed_before_there_was_a_place_for_what_went_well_still_holds(app: Flask) -> None:
    """An empty text is no part of what is signed, so the digests of reviews signed earlier stay as they were."""
    circle = a_closed_circle()
    signed = circle.review.signed_content()
    with db.session.no_autoflush:
        review = circle.review
        review.own_went_well = review.went_well = None
        before = review.signed_content()
    db.session.rollback()
    assert set(signed) - set(before) == {"own_went_well", "went_well"}
    assert set(before) == {"coach", "coachee", "own_account", "coach_account", "barrier", "support_owed", "agreed",
                           "follow_up_on"}  # fmt: skip


def test_nothing_leaves_the_review_before_both_have_signed(app: Flask, it_is: Any) -> None:
    from tests.factories.follow_up import an_accepted_circle

    it_is(HELD)
    circle = an_accepted_circle()
    hold(circle)
    assert circle.actions == []
    assert told(circle, "lead") == []
    close(circle)
    assert len(circle.actions) == 1


def test_the_trail_still_holds_with_everything_that_a_review_leaves(app: Flask) -> None:
    from lms.audit.sealer import seal

    a_closed_circle()
    seal()
    report = verify_trail()
    assert (report.unsealed, report.findings) == (0, ())
