"""Standing appointments: at the same time on the wall in summer and winter, planned by themselves, and never twice."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.availability import commands as own_times
from coaching.meeting_rules import commands as meeting_rules
from coaching.meeting_rules.rules import Permitted
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from coaching.series import commands as series
from coaching.series.models import ReviewSeries, SeriesDay
from lms import clock
from lms.calendars.commands import note_holidays
from lms.extensions import db
from lms.identity.leaving import record_leaving
from lms.notifications.models import Notification
from lms.outbox.delivery import deliver_outbox
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run, run_job
from tests.factories.people import INSTALLER, Someone, a_site, a_team, someone

#: Monday, 08-Mar-2027 in Berlin; the clocks go forward on Sunday, 28-Mar-2027.
BEGIN = datetime(2027, 3, 8, 7, 0, tzinfo=UTC)
TUESDAY = date(2027, 3, 9)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Any:
    def stand(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    stand(BEGIN)
    return stand


def two() -> tuple[Someone, Someone]:
    site = a_site()
    return someone(Role.COACH, site), someone(Role.OPERATOR, site, team=a_team(site))


def begin(coach: Someone, operator: Someone, **values: Any) -> ReviewSeries:
    given = {"every_weeks": 4, "first_on": TUESDAY, "minute": 600, "mode": "video", "place": "", **values}
    return run(series.begin_series, coach.actor, "", coachee_id=operator.person.id, **given)


def night() -> None:
    """Do what the scheduler does: the daily job, then the commands it asked for."""
    run_job("plan_series", clock.now(), series.plan_every_series)
    while deliver_outbox():
        pass
    db.session.remove()


def planned() -> list[datetime]:
    rows = select(Appointment.starts_at).where(Appointment.cancelled_at.is_(None)).order_by(Appointment.starts_at)
    return list(db.session.scalars(rows))


def told(who: Someone) -> list[tuple[str, dict[str, str]]]:
    rows = select(Notification).where(Notification.person_id == who.actor.person_id).order_by(Notification.id)
    return [(row.sentence, json.loads(row.arguments)) for row in db.session.scalars(rows)]


def test_every_four_weeks_at_ten_on_the_wall_across_the_change_of_clocks(app: Flask, it_is: Any) -> None:
    coach, operator = two()
    begin(coach, operator)
    assert planned() == [datetime(2027, 3, 9, 9, tzinfo=UTC)]
    for day in range(90):
        it_is(BEGIN + timedelta(days=day))
        night()
        night()  # a job that runs twice plans nothing twice
    days = [TUESDAY + timedelta(weeks=4 * n) for n in range(5)]
    assert [moment.astimezone(BERLIN).date() for moment in planned()] == days
    assert {moment.astimezone(BERLIN).time() for moment in planned()} == {time(10)}
    assert {moment.time() for moment in planned()} == {time(9), time(8)}
    assert db.session.scalars(select(SeriesDay.outcome).distinct()).all() == ["as_planned"]
    assert {review.state for review in db.session.scalars(select(CoachingReview))} == {ReviewState.SCHEDULED}


def test_a_holiday_and_an_absence_lead_to_the_next_free_slot_and_both_are_told(app: Flask, it_is: Any) -> None:
    coach, operator = two()
    run(note_holidays, INSTALLER, "", a_site().id, holidays={TUESDAY: "Holiday"})
    wednesday = TUESDAY + timedelta(days=1)
    run(own_times.note_absence, operator.actor, "", first_day=wednesday, last_day=wednesday)
    begin(coach, operator)
    assert planned() == [datetime(2027, 3, 11, 7, tzinfo=UTC)]  # Thursday, 08:00 in Berlin
    said = {"when": "11-Mar-2027 08:00 CET", "wanted": "09-Mar-2027 10:00 CET"}
    for who in (coach, operator):
        assert ("series_moved", said) in told(who)


def test_without_any_free_slot_the_coach_is_asked_to_find_one(app: Flask, it_is: Any, sign_in: Any) -> None:
    coach, operator = two()
    run(own_times.note_absence, operator.actor, "", first_day=TUESDAY, last_day=TUESDAY + timedelta(days=20))
    begin(coach, operator)
    assert planned() == []
    assert ("series_no_time", {"day": "09-Mar-2027"}) in told(coach)
    assert db.session.scalars(select(CoachingReview.state)).all() == [ReviewState.ACCEPTED]
    page = sign_in(coach).get("/reviews/series").get_data(as_text=True)
    assert "no time found: find one by hand" in page


@pytest.mark.parametrize(
    ("first_on", "expected", "sentence"),
    [
        # 02:30 does not exist on 28-Mar-2027: 03:30 on the wall instead
        (date(2027, 3, 28), datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "series_clocks_missing"),
        # 02:30 comes twice on 31-Oct-2027: the first of the two
        (date(2027, 10, 31), datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "series_clocks_twice"),
    ],
)
def test_in_the_night_of_a_change_of_clocks_the_time_is_said(
    app: Flask, it_is: Any, first_on: date, expected: datetime, sentence: str
) -> None:
    coach, operator = two()
    for who in (coach, operator):
        run(own_times.set_week, who.actor, "", week={6: [(0, 6 * 60)]})
    it_is(datetime.combine(first_on, time(12), UTC) - timedelta(days=5))
    begin(coach, operator, first_on=first_on, minute=150)
    assert planned() == [expected]
    assert sentence in {name for name, _ in told(operator)}


def test_a_series_ends_with_a_reason_and_plans_no_more(app: Flask, it_is: Any, sign_in: Any) -> None:
    coach, operator = two()
    one = begin(coach, operator)
    browser = sign_in(coach)
    assert browser.post(f"/reviews/series/{one.id}/end", data={"reason": ""}).status_code == 422
    assert browser.post(f"/reviews/series/{one.id}/end", data={"reason": "Signed off."}).status_code == 302
    assert ("series_ended", {"why": "Signed off."}) in told(operator)
    it_is(BEGIN + timedelta(days=40))
    night()
    assert len(planned()) == 1


def test_a_series_ends_by_itself_when_one_of_the_two_is_gone(app: Flask, it_is: Any) -> None:
    coach, operator = two()
    begin(coach, operator)
    run(record_leaving, INSTALLER, "", coach.person.id, on=BEGIN.date() + timedelta(days=10))
    it_is(BEGIN + timedelta(days=20))
    night()
    assert len(planned()) == 1
    assert db.session.scalars(select(ReviewSeries)).one().ended_at is not None
    assert "series_over" in {name for name, _ in told(operator)}


def test_a_mode_that_the_site_forbids_later_is_told_and_never_booked(app: Flask, it_is: Any) -> None:
    coach, operator = two()
    begin(coach, operator)
    qa = someone(Role.QA, a_site())
    rules = {"version": 0, "permitted": Permitted(video_allowed=False), "reason": "New rule."}
    run(meeting_rules.set_meeting_rules, qa.actor, "", a_site().id, **rules)
    it_is(BEGIN + timedelta(days=20))
    night()
    assert len(planned()) == 1
    assert "series_mode_forbidden" in {name for name, _ in told(coach)}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"every_weeks": 0}, "every 1 to 12 weeks"),
        ({"minute": 605}, "quarter hour"),
        ({"first_on": BEGIN.date()}, "still to come"),
        ({"mode": "fax"}, "by video or on site"),
    ],
)
def test_a_rhythm_that_is_none_is_refused(app: Flask, it_is: Any, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        begin(*two(), **values)


def test_one_series_of_the_same_two_and_none_with_a_stranger(app: Flask, it_is: Any, sign_in: Any) -> None:
    coach, operator = two()
    one = begin(coach, operator)
    with pytest.raises(NotAllowed, match="regularly already"):
        begin(coach, operator)
    elsewhere = someone(Role.OPERATOR, a_site("BBB"))
    with pytest.raises(NotFound):
        begin(coach, elsewhere)
    other = someone(Role.COACH, a_site())
    with pytest.raises(NotFound):
        run(series.end_series, other.actor, "", one.id, reason="x")
    assert (
        operator.person.name
        not in sign_in(other).get("/reviews/series").get_data(as_text=True).split("</table>")[0].split("<form")[0]
    )


def test_the_page_begins_a_series_and_its_file_has_its_lines(
    app: Flask, it_is: Any, sign_in: Any, queries: Any
) -> None:
    coach, operator = two()
    browser = sign_in(coach)
    data = {
        "coachee": str(operator.person.id),
        "every_weeks": "4",
        "first_on": "2027-03-09",
        "at": "10:00",
        "mode": "video",
    }
    wrong = browser.post("/reviews/series", data={**data, "at": "10:07"})
    assert wrong.status_code == 422
    assert "Begin on a quarter hour" in wrong.get_data(as_text=True)
    assert browser.post("/reviews/series", data=data).status_code == 302
    with queries() as seen:
        page = browser.get("/reviews/series").get_data(as_text=True)
    assert len(seen) <= 6
    assert "every 4 weeks, Tuesday 10:00" in page
    assert "09-Mar-2027 10:00 CET" in page
    assert len(browser.get("/reviews/series/list.csv").get_data(as_text=True).splitlines()) == 2


def test_a_series_says_why_they_meet_and_each_review_begins_with_the_model_for_it(
    app: Flask, it_is: Any, sign_in: Any
) -> None:
    coach, operator = two()
    given = {"coachee": str(operator.person.id), "every_weeks": "1", "first_on": "2027-03-09", "at": "10:00"}
    client = sign_in(coach)
    assert client.post("/reviews/series", data={**given, "mode": "video", "kind": "deviation"}).status_code == 422
    assert client.post("/reviews/series", data={**given, "mode": "video", "kind": "new_starter"}).status_code == 302
    held = db.session.scalars(select(CoachingReview).where(CoachingReview.coachee_id == operator.person.id)).all()
    assert len(held) == 4
    assert {(review.kind, review.guide) for review in held} == {("new_starter", "twi-1")}
    assert "New starter" in client.get("/reviews/series").get_data(as_text=True)
    with pytest.raises(NotAllowed, match="one of the kinds"):
        begin(*two(), kind="good_catch")
