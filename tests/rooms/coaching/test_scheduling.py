"""A time for a review: found, moved and called off by either side, told to both, and refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from coaching.availability import commands as own_times
from coaching.meeting_rules import commands as meeting_rules
from coaching.meeting_rules.rules import Permitted
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import Appointment, BookedQuarter, BusyTime
from coaching.scheduling.queries import free_slots
from lms import clock
from lms.calendars.commands import note_holidays
from lms.extensions import db
from lms.notifications.models import Notification
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.coaching import Pair, a_held_review
from tests.factories.people import INSTALLER, a_site, a_team, someone
from tests.factories.scheduling import MONDAY, accepted_review

NINE = MONDAY + timedelta(hours=2)
TEN = MONDAY + timedelta(hours=3)


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


def a_pair(zone: str = "Europe/Berlin") -> Pair:
    """Give a coach in Berlin and an operator of a site in a zone, with a review that waits for a time."""
    here = a_site()
    there = here if zone == "Europe/Berlin" else a_site("FAR", zone)
    coach = someone(Role.COACH, here, everywhere=True)
    operator = someone(Role.OPERATOR, there, team=a_team(there))
    return Pair(coach, operator, accepted_review(coach, operator))


def book(pair: Pair, starts_at: datetime = TEN, **values: Any) -> Appointment:
    given = {"starts_at": starts_at, "mode": "video", "place": "", **values}
    return run(scheduling.schedule_review, pair.coach.actor, "", pair.review_id, **given)


def told(person: Any) -> list[tuple[str, dict[str, str]]]:
    rows = db.session.scalars(select(Notification).where(Notification.person_id == person.id).order_by(Notification.id))
    return [(row.sentence, json.loads(row.arguments)) for row in rows]


def mails() -> list[tuple[str, int, str]]:
    """Give to whom which invitation went: address, SEQUENCE, METHOD."""
    found = []
    for message in db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "mail").order_by(OutboxMessage.id)
    ):
        text = Calendar.from_ical(message.payload["calendar"])
        found.append((message.payload["to"], int(text.walk("VEVENT")[0]["SEQUENCE"]), str(text["METHOD"])))
    return found


def test_all_common_slots_of_sixty_days_in_two_zones_with_real_absences(app: Flask) -> None:
    pair = a_pair("America/New_York")
    away = {"first_day": MONDAY.date(), "last_day": MONDAY.date() + timedelta(days=55)}
    run(own_times.note_absence, pair.operator.actor, "", **away)
    holiday = MONDAY.date() + timedelta(days=57)
    run(note_holidays, INSTALLER, "", pair.coach.person.site_id, holidays={holiday: "Holiday in Berlin"})
    found = free_slots(
        pair.coach.person.id, pair.operator.person.id, starts_at=MONDAY, ends_at=MONDAY + timedelta(days=60)
    )
    # 14:00 to 16:30 in Berlin is 08:00 to 10:30 in New York: eight slots a day, and both clocks are in summer time by then
    days = {slot.starts_at.date() for slot in found}
    assert days == {MONDAY.date() + timedelta(days=n) for n in (56, 58, 59)}
    assert len(found) == 3 * 8
    assert found[0].starts_at.hour == 12


def test_either_side_moves_it_with_a_reason_and_both_are_told(app: Flask) -> None:
    pair = a_pair()
    book(pair)
    with pytest.raises(NotAllowed, match="Say why it is moved"):
        book(pair, TEN + timedelta(hours=1))
    book(pair, TEN + timedelta(hours=1), why="The line is being cleaned.")
    with pytest.raises(NotAllowed, match="Say why it is moved"):
        run(scheduling.move_own_review, pair.operator.actor, "", pair.review_id, starts_at=NINE, why=" ")
    run(scheduling.move_own_review, pair.operator.actor, "", pair.review_id, starts_at=NINE, why="My shift changed.")
    appointment = db.session.scalars(select(Appointment)).one()
    assert (appointment.starts_at, appointment.sequence, appointment.why) == (NINE, 2, "My shift changed.")
    assert ("review_moved", {"when": "01-Mar-2027 11:00 CET", "why": "The line is being cleaned."}) in told(
        pair.operator.person
    )
    assert ("review_moved", {"when": "01-Mar-2027 09:00 CET", "why": "My shift changed."}) in told(pair.coach.person)
    both = {pair.coach.person.email, pair.operator.person.email}
    for sequence in (0, 1, 2):
        assert {to for to, number, method in mails() if number == sequence and method == "REQUEST"} == both
    assert {row.quarter for row in db.session.scalars(select(BookedQuarter))} == {
        int(NINE.timestamp()) // 900 + n for n in range(3)
    }


def test_the_operator_calls_the_time_off_and_the_review_waits_for_another(app: Flask, sign_in: Any) -> None:
    pair = a_pair()
    book(pair)
    with pytest.raises(NotAllowed, match="Say why"):
        run(scheduling.call_off_own_review, pair.operator.actor, "", pair.review_id, reason="")
    browser = sign_in(pair.operator)
    answer = browser.post(f"/reviews/{pair.review_id}/call-off", data={"reason": "My child is ill."})
    assert answer.status_code == 302
    assert db.session.get_one(CoachingReview, pair.review_id).state == ReviewState.ACCEPTED
    assert ("review_called_off", {"when": "01-Mar-2027 10:00 CET", "why": "My child is ill."}) in told(
        pair.coach.person
    )
    assert mails()[-1][1:] == (1, "CANCEL")
    assert db.session.scalars(select(BookedQuarter)).all() == []
    page = sign_in(pair.coach).get("/reviews/coaching").get_data(as_text=True)
    assert "no time yet" in page
    # the time is free for others at once, and the review gets its next sequence
    other = someone(Role.OPERATOR, a_site())
    second = Pair(pair.coach, other, accepted_review(pair.coach, other))
    book(second)
    again = book(pair, TEN + timedelta(hours=2))
    assert (again.sequence, again.cancelled_at) == (2, None)


def test_the_coach_cancels_with_a_reason_and_the_slot_is_free(app: Flask, sign_in: Any) -> None:
    pair = a_pair()
    book(pair)
    browser = sign_in(pair.coach)
    assert browser.post(f"/reviews/{pair.review_id}/cancel", data={"reason": ""}).status_code == 422
    assert browser.post(f"/reviews/{pair.review_id}/cancel", data={"reason": "Settled already."}).status_code == 302
    assert ("review_cancelled_why", {"why": "Settled already."}) in told(pair.operator.person)
    assert db.session.get_one(CoachingReview, pair.review_id).state == ReviewState.CANCELLED
    assert db.session.scalars(select(BookedQuarter)).all() == []


def test_what_was_held_is_neither_moved_nor_cancelled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = a_held_review()
    for what, values in (
        (scheduling.schedule_review, {"starts_at": TEN, "mode": "video", "place": ""}),
        (scheduling.cancel_review, {"reason": "x"}),
    ):
        with pytest.raises(NotAllowed, match="held"):
            run(what, pair.coach.actor, "", pair.review_id, **values)
    with pytest.raises(NotAllowed, match="held"):
        run(scheduling.call_off_own_review, pair.operator.actor, "", pair.review_id, reason="x")


def test_nobody_but_the_two_moves_or_calls_off(app: Flask, sign_in: Any) -> None:
    pair = a_pair()
    book(pair)
    stranger, coach = someone(Role.OPERATOR, a_site()), someone(Role.COACH, a_site())
    for what, who, values in (
        (scheduling.move_own_review, stranger, {"starts_at": NINE, "why": "x"}),
        (scheduling.call_off_own_review, stranger, {"reason": "x"}),
        (scheduling.cancel_review, coach, {"reason": "x"}),
        (scheduling.schedule_review, coach, {"starts_at": NINE, "mode": "video", "place": "", "why": "x"}),
    ):
        with pytest.raises(NotFound):
            run(what, who.actor, "", pair.review_id, **values)
    for path in ("move", "meeting"):
        assert sign_in(stranger).get(f"/reviews/{pair.review_id}/{path}").status_code == 404
    assert sign_in(coach).get(f"/reviews/{pair.review_id}/schedule").status_code == 404


# -- bad input -----------------------------------------------------------------------------------------------------------


def refused(browser: Any, pair: Pair, **data: str) -> str:
    answer = browser.post(f"/reviews/{pair.review_id}/schedule", data={"mode": "video", **data})
    assert answer.status_code == 422
    return str(answer.get_data(as_text=True))


def test_a_slot_in_the_past_is_refused_with_everything_typed_kept(app: Flask, sign_in: Any) -> None:
    pair = a_pair()
    page = refused(sign_in(pair.coach), pair, starts_at="2027-02-26T09:00:00+00:00", place="Room 7")
    assert "This time is over. Choose one that is still to come." in page
    assert 'value="Room 7"' in page


def test_somebody_takes_the_slot_in_between(app: Flask, sign_in: Any) -> None:
    pair = a_pair()
    browser = sign_in(pair.coach)
    assert TEN.isoformat() in browser.get(f"/reviews/{pair.review_id}/schedule").get_data(as_text=True)
    other = someone(Role.COACH, a_site())
    first = Pair(other, pair.operator, accepted_review(other, pair.operator))
    book(first)
    name = pair.operator.person.name
    page = refused(browser, pair, starts_at=TEN.isoformat())
    assert f"{name} is taken at that time, since you opened this page or all along. Choose another slot." in page
    assert f'value="{TEN.isoformat()}"' not in page


def test_a_holiday_on_the_only_free_day_is_named_and_refused_unless_agreed(app: Flask, sign_in: Any) -> None:
    pair = a_pair()
    wednesday = MONDAY.date() + timedelta(days=2)
    site_id = pair.coach.person.site_id
    run(note_holidays, INSTALLER, "", site_id, holidays={wednesday: "Founders’ day"})
    for first, last in ((0, 1), (3, 90)):
        days = {"first_day": MONDAY.date() + timedelta(days=first), "last_day": MONDAY.date() + timedelta(days=last)}
        run(own_times.note_absence, pair.operator.actor, "", **days)
    browser = sign_in(pair.coach)
    page = browser.get(f"/reviews/{pair.review_id}/schedule").get_data(as_text=True)
    assert "There is no time in the next 60 days at which everybody is free." in page
    assert "Only public holidays keep these days from it:" in page
    assert "03-Mar-2027" in page
    on_it = TEN + timedelta(days=2)
    assert "has a public holiday on that day" in refused(browser, pair, starts_at=on_it.isoformat())
    data = {"mode": "video", "other_time": "2027-03-03T10:00", "agreed_beyond": "Both come in anyway."}
    assert browser.post(f"/reviews/{pair.review_id}/schedule", data=data).status_code == 302
    appointment = db.session.scalars(select(Appointment)).one()
    assert (appointment.starts_at, appointment.agreed_beyond) == (on_it, "Both come in anyway.")


def test_no_agreement_puts_anybody_into_two_places(app: Flask) -> None:
    pair = a_pair()
    run(own_times.note_taken, pair.operator.actor, "", day=MONDAY.date(), spans=[(600, 660)])
    with pytest.raises(NotAllowed, match="is taken at that time"):
        book(pair, agreed_beyond="They said it is fine.")


def test_another_time_needs_the_words_that_both_agreed_on(app: Flask, sign_in: Any) -> None:
    pair = a_pair()
    page = refused(sign_in(pair.coach), pair, other_time="2027-03-01T18:00")
    assert "Say what you both agreed on" in page
    assert 'value="2027-03-01T18:00"' in page


@pytest.mark.parametrize("chosen", ["", "tomorrow", "2027-03-01T10:00:00"])
def test_no_slot_or_nonsense_is_refused(app: Flask, sign_in: Any, chosen: str) -> None:
    pair = a_pair()
    assert "Choose one of the free times." in refused(sign_in(pair.coach), pair, starts_at=chosen)


def test_a_coach_over_the_limit_of_the_day_is_not_booked(app: Flask) -> None:
    coach, site = someone(Role.COACH, a_site()), a_site()
    pairs = [Pair(coach, who := someone(Role.OPERATOR, site), accepted_review(coach, who)) for _ in range(5)]
    for n, pair in enumerate(pairs[:4]):
        book(pair, NINE + timedelta(minutes=90 * n))
    with pytest.raises(NotAllowed, match="4 reviews a day, 20 a week"):
        book(pairs[4], NINE + timedelta(minutes=90 * 4))
    with pytest.raises(NotAllowed, match="Less than 40 minutes"):
        book(pairs[4], NINE + timedelta(minutes=45))
    book(pairs[4], NINE + timedelta(days=1))


# -- what the site permits -----------------------------------------------------------------------------------------------


def test_a_mode_that_the_site_forbids_is_refused_and_not_offered(app: Flask, sign_in: Any) -> None:
    pair = a_pair("Europe/Lisbon")
    qa = someone(Role.QA, a_site("FAR"))
    run(
        meeting_rules.set_meeting_rules,
        qa.actor,
        "",
        a_site("FAR").id,
        version=0,
        permitted=Permitted(video_allowed=False),
        reason="Nothing leaves the building.",
    )
    browser = sign_in(pair.coach)
    page = browser.get(f"/reviews/{pair.review_id}/schedule").get_data(as_text=True)
    assert 'value="video"' not in page
    assert "not allowed at this site: meet on site" in page
    page = refused(browser, pair, starts_at=(TEN + timedelta(hours=1)).isoformat())
    assert "Site FAR does not allow reviews by video." in page
    book(pair, TEN + timedelta(hours=1), mode="onsite")
    beside = sign_in(pair.operator).get(f"/reviews/{pair.review_id}/meeting").get_data(as_text=True)
    assert "not allowed at this site" in beside
    assert f"/reviews/{pair.review_id}/move" in beside


# -- pages ---------------------------------------------------------------------------------------------------------------


def test_the_week_shows_the_readers_clock_and_the_others(app: Flask, sign_in: Any) -> None:
    pair = a_pair("America/New_York")
    page = sign_in(pair.coach).get(f"/reviews/{pair.review_id}/schedule").get_data(as_text=True)
    # 15:00 in Berlin is 09:00 in New York
    slot = page[page.index(f'value="{(MONDAY + timedelta(hours=8)).isoformat()}"') :][:260]
    assert "15:00" in slot
    assert "09:00" in slot
    book(pair, MONDAY + timedelta(hours=8))
    page = sign_in(pair.operator).get(f"/reviews/{pair.review_id}/move").get_data(as_text=True)
    slot = page[page.index(f'value="{(MONDAY + timedelta(hours=8, minutes=15)).isoformat()}"') :][:260]
    assert "09:15" in slot
    assert "15:15" in slot


def test_others_see_that_somebody_is_free_or_not_and_never_why(app: Flask, sign_in: Any) -> None:
    pair = a_pair()
    run(own_times.note_absence, pair.operator.actor, "", first_day=MONDAY.date(), last_day=MONDAY.date())
    kinds = db.session.scalars(select(BusyTime.kind)).all()
    assert kinds == ["leave"]
    page = sign_in(pair.coach).get(f"/reviews/{pair.review_id}/schedule").get_data(as_text=True)
    assert TEN.isoformat() not in page
    assert (TEN + timedelta(days=1)).isoformat() in page
    assert "leave" not in page
    assert "absen" not in page


def test_finding_a_time_asks_the_database_six_times_however_full_the_diaries_are(
    app: Flask, sign_in: Any, queries: Callable[[], Any]
) -> None:
    pair = a_pair()
    counts = []
    for _ in range(2):
        browser = sign_in(pair.coach)
        with queries() as seen:
            assert browser.get(f"/reviews/{pair.review_id}/schedule").status_code == 200
        counts.append(len(seen))
        for n in range(1, 6):
            day = MONDAY.date() + timedelta(days=n)
            run(own_times.note_taken, pair.operator.actor, "", day=day, spans=[(600, 660), (720, 780)])
    assert counts[0] == counts[1] <= 6
