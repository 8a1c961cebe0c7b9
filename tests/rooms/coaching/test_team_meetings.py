"""A coach meets a team: one time at which everybody is free, and a review of their own for each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from coaching.availability import commands as own_times
from coaching.group_reviews import commands as teams
from coaching.group_reviews.queries import group
from coaching.reviews import commands as reviews
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import Appointment, BookedQuarter, GroupReview
from coaching.scheduling.queries import diaries, free_slots
from lms import clock
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.signatures.models import Signature
from lms.unit_of_work import run
from tests.factories.people import Someone, a_site, a_team, someone
from tests.factories.scheduling import MONDAY, accepted_review, double_booked, standing_spans

NINE = MONDAY + timedelta(hours=2)


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


def a_meeting(people: int = 3) -> tuple[Someone, list[Someone], GroupReview]:
    site = a_site()
    coach = someone(Role.COACH, site)
    team = [someone(Role.OPERATOR, site, team=a_team(site)) for _ in range(people)]
    ids = [one.person.id for one in team]
    return coach, team, run(teams.call_team_together, coach.actor, "", coachee_ids=ids, subject="The last fill")


def put(coach: Someone, group_id: UUID, **values: Any) -> list[Appointment]:
    given = {"starts_at": NINE, "mode": "onsite", "place": "Room 2", **values}
    return run(teams.schedule_team, coach.actor, "", group_id, **given)


def review_of(who: Someone) -> CoachingReview:
    found = select(CoachingReview).where(CoachingReview.coachee_id == who.person.id)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def test_everybody_is_free_or_nothing_happens(app: Flask) -> None:
    coach, team, meeting = a_meeting()
    run(own_times.note_taken, team[2].actor, "", day=MONDAY.date(), spans=[(540, 600)])
    with pytest.raises(NotAllowed, match=f"{team[2].person.name} is taken"):
        put(coach, meeting.id)
    assert db.session.scalar(select(func.count()).select_from(Appointment)) == 0
    ids = [one.person.id for one in team]
    first = free_slots(coach.person.id, ids, starts_at=NINE, ends_at=NINE + timedelta(days=1))[0]
    assert first.starts_at == NINE + timedelta(hours=1)
    booked = put(coach, meeting.id, starts_at=first.starts_at)
    assert {one.starts_at for one in booked} == {first.starts_at}
    assert len({one.uid for one in booked}) == 3
    # the coach's time is taken once
    assert db.session.scalar(select(func.count()).select_from(BookedQuarter)) == (1 + 3) * 3
    assert len(set(diaries([coach.person.id], NINE, NINE)[coach.person.id].reviews)) == 1


def test_each_has_a_review_of_their_own_that_the_others_cannot_read_and_signs_it(app: Flask, sign_in: Any) -> None:
    coach, team, meeting = a_meeting(2)
    put(coach, meeting.id)
    for who in team:
        run(reviews.write_own_account, who.actor, "", review_of(who).id, own_account=f"As {who.person.name} saw it.")
        run(
            reviews.hold_review,
            coach.actor,
            "",
            review_of(who).id,
            coach_account="We compared what we expected.",
            barrier="",
            support_owed="",
            support_due_on=None,
            commitments=[],
            follow_up_on=MONDAY.date() + timedelta(days=20),
        )
        run(reviews.agree_to_review, who.signing, "", review_of(who).id, version=review_of(who).version)
        run(reviews.close_review, coach.signing, "", review_of(who).id, version=review_of(who).version)
    assert {review_of(who).state for who in team} == {ReviewState.CLOSED}
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 4
    first, second = team
    browser = sign_in(first)
    page = browser.get(f"/reviews/teams/of/{review_of(first).id}").get_data(as_text=True)
    assert "The last fill" in page
    assert second.person.name in page
    assert "saw it" not in page
    assert browser.get(f"/reviews/{review_of(second).id}").status_code == 404
    assert browser.get(f"/reviews/teams/of/{review_of(second).id}").status_code == 404


def test_the_meeting_is_moved_as_a_whole_and_by_its_coach(app: Flask) -> None:
    coach, team, meeting = a_meeting()
    review_id = review_of(team[0]).id
    with pytest.raises(NotAllowed, match="part of a team's meeting"):
        run(scheduling.schedule_review, coach.actor, "", review_id, starts_at=NINE, mode="onsite", place="")
    put(coach, meeting.id)
    with pytest.raises(NotAllowed, match="part of a team's meeting"):
        run(scheduling.move_own_review, team[0].actor, "", review_id, starts_at=NINE, why="x")
    with pytest.raises(NotAllowed, match="Say why it is moved"):
        put(coach, meeting.id, starts_at=NINE + timedelta(hours=1))
    moved = put(coach, meeting.id, starts_at=NINE + timedelta(minutes=15), why="The room is taken.")
    assert {(one.sequence, one.starts_at) for one in moved} == {(1, NINE + timedelta(minutes=15))}
    assert double_booked({p: [] if p == coach.person.id else s for p, s in standing_spans().items()}) == []


def test_somebody_who_calls_off_leaves_the_meeting_and_the_others_meet(app: Flask) -> None:
    coach, team, meeting = a_meeting()
    put(coach, meeting.id)
    leaves = review_of(team[0])
    run(scheduling.call_off_own_review, team[0].actor, "", leaves.id, reason="I am at a batch.")
    found = group(coach.actor, meeting.id)
    assert [one.person_id for one in found.going] == [team[1].person.id, team[2].person.id]
    assert db.session.scalar(select(func.count()).select_from(BookedQuarter)) == (1 + 2) * 3
    # their review goes on by itself; the coach's own time is still the meeting's
    with pytest.raises(NotAllowed, match=f"{coach.person.name} is taken"):
        run(scheduling.schedule_review, coach.actor, "", leaves.id, starts_at=NINE, mode="onsite", place="")
    later = NINE + timedelta(hours=2)
    run(scheduling.schedule_review, coach.actor, "", leaves.id, starts_at=later, mode="onsite", place="")


def test_the_last_who_leaves_frees_the_coach(app: Flask) -> None:
    coach, team, meeting = a_meeting(2)
    put(coach, meeting.id)
    for who in team:
        run(scheduling.call_off_own_review, who.actor, "", review_of(who).id, reason="Ill.")
    assert db.session.scalars(select(BookedQuarter)).all() == []
    other = someone(Role.OPERATOR, a_site())
    review_id = accepted_review(coach, other)
    run(scheduling.schedule_review, coach.actor, "", review_id, starts_at=NINE, mode="onsite", place="")
    with pytest.raises(NotAllowed, match="Nobody takes part"):
        put(coach, meeting.id, why="x")


def test_calling_the_meeting_off_cancels_every_review_of_it(app: Flask, sign_in: Any) -> None:
    coach, team, meeting = a_meeting()
    put(coach, meeting.id)
    browser = sign_in(coach)
    assert browser.post(f"/reviews/teams/{meeting.id}/call-off", data={"reason": ""}).status_code == 422
    assert browser.post(f"/reviews/teams/{meeting.id}/call-off", data={"reason": "Settled."}).status_code == 302
    assert {review_of(who).state for who in team} == {ReviewState.CANCELLED}
    assert db.session.scalars(select(BookedQuarter)).all() == []


@pytest.mark.parametrize("people", [1, 9])
def test_two_to_eight_people(app: Flask, people: int) -> None:
    with pytest.raises(NotAllowed, match="Choose 2 to 8 people"):
        a_meeting(people)


def test_of_one_site_within_reach_and_without_the_coach(app: Flask) -> None:
    here, there = a_site(), a_site("BBB")
    coach, everywhere = someone(Role.COACH, here), someone(Role.COACH, here, everywhere=True)
    one, two = someone(Role.OPERATOR, here), someone(Role.OPERATOR, there)
    ids = [one.person.id, two.person.id]
    with pytest.raises(NotFound):
        run(teams.call_team_together, coach.actor, "", coachee_ids=ids, subject="x")
    with pytest.raises(NotAllowed, match="of one site"):
        run(teams.call_team_together, everywhere.actor, "", coachee_ids=ids, subject="x")
    with pytest.raises(NotAllowed, match="You lead the meeting"):
        run(teams.call_team_together, coach.actor, "", coachee_ids=[one.person.id, coach.person.id], subject="x")


def test_the_pages_of_a_meeting(app: Flask, sign_in: Any, queries: Any) -> None:
    coach, team, meeting = a_meeting(8)
    browser = sign_in(coach)
    with queries() as seen:
        page = browser.get(f"/reviews/teams/{meeting.id}").get_data(as_text=True)
    assert len(seen) <= 6
    assert NINE.isoformat() in page
    wrong = browser.post(f"/reviews/teams/{meeting.id}/schedule", data={"mode": "onsite", "place": "Room 9"})
    assert wrong.status_code == 422
    assert 'value="Room 9"' in wrong.get_data(as_text=True)
    data = {"mode": "onsite", "starts_at": NINE.isoformat()}
    assert browser.post(f"/reviews/teams/{meeting.id}/schedule", data=data).status_code == 302
    with queries() as seen:
        assert "01-Mar-2027 09:00 CET" in browser.get("/reviews/teams").get_data(as_text=True)
    assert len(seen) <= 6
    chosen = [str(one.person.id) for one in team[:2]]
    empty = browser.post("/reviews/teams", data={"subject": "", "coachees": chosen})
    assert empty.status_code == 422
    assert empty.get_data(as_text=True).count(" checked") == 2
    assert browser.post("/reviews/teams", data={"subject": "Again", "coachees": chosen}).status_code == 302
    other = sign_in(someone(Role.COACH, a_site()))
    assert other.get(f"/reviews/teams/{meeting.id}").status_code == 404


def test_a_team_is_told_why_it_meets_and_each_review_begins_with_the_model_for_it(app: Flask, sign_in: Any) -> None:
    coach, team, _meeting = a_meeting()
    client = sign_in(coach)
    sent = {"subject": "The last fill", "coachees": [str(one.person.id) for one in team]}
    assert client.post("/reviews/teams", data={**sent, "kind": "new_starter"}).status_code == 422
    assert client.post("/reviews/teams", data={**sent, "kind": "deviation"}).status_code == 302
    rows = db.session.execute(select(CoachingReview.kind, CoachingReview.guide)).all()
    assert sorted(tuple(row) for row in rows) == [("deviation", "aar-1")] * 3 + [("scheduled", "grow-1")] * 3
    assert "After a deviation" in client.get("/reviews/teams").get_data(as_text=True)


def test_on_today_a_meeting_is_one_line_of_the_coach_and_one_of_each_member(app: Flask, sign_in: Any) -> None:
    coach, team, meeting = a_meeting(3)
    put(coach, meeting.id)
    page = sign_in(coach).get("/").get_data(as_text=True)
    assert "Coaching meeting with 3" in page
    assert all(member.person.name in page for member in team)
    assert "Coaching review with" not in page
    assert "Write your side first" in sign_in(team[0]).get("/").get_data(as_text=True)
