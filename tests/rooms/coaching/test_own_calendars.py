"""Files of one's own calendar: looked at first, taken in once, forgotten wholly; and no review is planned at their times."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.calendar_exchange import commands
from coaching.calendar_exchange.busy import busy_times
from coaching.calendar_exchange.models import OwnBusyTime, OwnCalendar
from coaching.calendar_exchange.queries import taken_by_own_calendars
from coaching.scheduling import commands as scheduling
from lms import clock
from lms.audit.models import AuditEvent
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.coaching import an_accepted_review, next_free_slot
from tests.factories.people import Someone, a_site, someone

SHARED = Path(os.environ.get("CANDOR_SHARED", Path(__file__).parents[4] / "shared")) / "realdata" / "calendars"
#: What became of the real files; the same figures stand in docs/real-input.md.
REAL = {"files": 150, "refused files": 6, "entries": 167, "used": 3, "spans": 399, "refused entries": 70}


def a_file(*times: tuple[datetime, datetime], title: str = "Doctor") -> bytes:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:{title}\r\n"
        f"DTSTART:{begin:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\nEND:VEVENT\r\n"
        for n, (begin, end) in enumerate(times)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n".encode()


def in_days(days: int, hour: int = 9) -> datetime:
    return (clock.now() + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def times_of(person: Someone) -> list[tuple[datetime, datetime]]:
    rows = db.session.execute(
        taken_by_own_calendars([person.person.id], clock.now(), clock.now() + timedelta(days=500))
    ).all()
    return sorted((row[1], row[2]) for row in rows)


def take_in(person: Someone, data: bytes, name: str = "Outlook") -> OwnCalendar:
    seen = run(commands.look_at_own_calendar, person.actor, "", name=name, data=data)
    return run(commands.take_in_own_calendar, person.actor, "", seen.id)


def test_no_review_is_planned_at_a_time_of_the_operators_own_calendar(app: Flask, sign_in: Any) -> None:
    pair = an_accepted_review()
    begin = next_free_slot(pair)
    take_in(pair.operator, a_file((begin, begin + timedelta(minutes=30))))
    assert next_free_slot(pair) >= begin + timedelta(minutes=30)
    with pytest.raises(NotAllowed, match="is taken at that time"):
        run(scheduling.schedule_review, pair.coach.actor, "", pair.review_id, starts_at=begin, mode="video", place="")
    page = sign_in(pair.coach).get(f"/reviews/{pair.review_id}/schedule").get_data(as_text=True)
    assert begin.isoformat() not in page
    assert "Doctor" not in page


def test_a_file_that_was_only_looked_at_counts_for_nothing(app: Flask) -> None:
    pair = an_accepted_review()
    begin = next_free_slot(pair)
    data = a_file((begin, begin + timedelta(hours=1)))
    run(commands.look_at_own_calendar, pair.operator.actor, "", name="Outlook", data=data)
    assert next_free_slot(pair) == begin
    assert times_of(pair.operator) == []


def test_the_same_file_twice_is_the_same_and_a_newer_one_takes_its_place(app: Flask) -> None:
    person = someone(Role.OPERATOR)
    first, second = (in_days(3), in_days(3, 10)), (in_days(4), in_days(4, 10))
    take_in(person, a_file(first))
    take_in(person, a_file(first))
    assert times_of(person) == [first]
    take_in(person, a_file(second))
    assert times_of(person) == [second]
    take_in(person, a_file(first), name="Private")
    assert times_of(person) == [first, second]
    assert len(db.session.scalars(select(OwnCalendar)).all()) == 2


def test_no_title_is_kept_anywhere_and_forgetting_leaves_nothing(app: Flask, sign_in: Any) -> None:
    person = someone(Role.OPERATOR)
    before = len(db.session.scalars(select(AuditEvent)).all())
    calendar = take_in(person, a_file((in_days(3), in_days(3, 10)), title="Chemotherapy"))
    for table in db.metadata.sorted_tables:
        assert "Chemotherapy" not in repr(db.session.execute(select(table)).all()), table.name
    run(commands.forget_own_calendar, person.actor, "", calendar.id)
    assert db.session.scalars(select(OwnCalendar)).all() == []
    assert db.session.scalars(select(OwnBusyTime)).all() == []
    assert len(db.session.scalars(select(AuditEvent)).all()) == before


def test_the_page_shows_what_is_taken_and_refused_before_it_counts(app: Flask, sign_in: Any) -> None:
    person = someone(Role.OPERATOR)
    browser = sign_in(person)
    good = a_file((in_days(3), in_days(3, 10)))
    data = good.replace(b"END:VCALENDAR", b"BEGIN:VEVENT\r\nUID:9\r\nDTSTART:tomorrow\r\nEND:VEVENT\r\nEND:VCALENDAR")

    def send(content: bytes, name: str = "Outlook") -> Any:
        return browser.post("/my/calendar/files", data={"name": name, "file": (io.BytesIO(content), "x.ics")})

    answer = send(data)
    assert answer.status_code == 302
    page = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Its DTSTART cannot be read." in page
    assert "1 time in the next 400 days" in page
    assert "Doctor" not in page
    assert browser.post(answer.headers["Location"] + "/take-in").status_code == 302
    assert times_of(person) == [(in_days(3), in_days(3, 10))]
    assert "Outlook" in browser.get("/my/calendar").get_data(as_text=True)
    refused = send(b"PK a spreadsheet", name="Zürich")
    assert refused.status_code == 422
    assert "no calendar file" in refused.get_data(as_text=True)
    assert "Zürich" in refused.get_data(as_text=True)
    nameless = send(good, name=" ")
    assert nameless.status_code == 422
    assert browser.post(answer.headers["Location"] + "/forget").status_code == 302
    assert times_of(person) == []


def test_nobody_elses_calendar_can_be_seen_taken_in_or_forgotten(app: Flask, sign_in: Any) -> None:
    person = someone(Role.OPERATOR)
    calendar = take_in(person, a_file((in_days(3), in_days(3, 10))))
    for role in Role:
        browser = sign_in(someone(role, a_site("BBB") if role is Role.COACH else None, everywhere=role is Role.QA))
        for method, path in (("GET", ""), ("POST", "/take-in"), ("POST", "/forget")):
            status = browser.open(f"/my/calendar/files/{calendar.id}{path}", method=method).status_code
            assert status in {403, 404}, (role, path)
    stranger = someone(Role.OPERATOR)
    for command in (commands.take_in_own_calendar, commands.forget_own_calendar):
        with pytest.raises(NotFound):
            run(command, stranger.actor, "", calendar.id)
    assert len(times_of(person)) == 1


def test_more_than_five_calendars_are_refused(app: Flask) -> None:
    person = someone(Role.OPERATOR)
    for number in range(5):
        take_in(person, a_file((in_days(3), in_days(3, 10))), name=f"C{number}")
    take_in(person, a_file((in_days(4), in_days(4, 10))), name="C4")
    with pytest.raises(NotAllowed, match="Forget one first"):
        take_in(person, a_file((in_days(3), in_days(3, 10))), name="C5")


def test_a_floating_time_is_meant_at_the_site_of_its_owner(app: Flask) -> None:
    person = someone(Role.OPERATOR, a_site("NYC", "America/New_York"))
    data = a_file((in_days(3), in_days(3, 10))).replace(b"0000Z", b"0000")
    take_in(person, data)
    [(begin, _)] = times_of(person)
    assert begin.astimezone(UTC).hour in {13, 14}


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{REAL['files']} cases of shared input did not run: set CANDOR_SHARED")
def test_every_real_file_goes_through_and_is_accounted_for() -> None:
    now = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    found = dict.fromkeys(REAL, 0)
    for path in sorted(SHARED.rglob("*.ics")):
        found["files"] += 1
        try:
            taken = busy_times(path.read_bytes(), zone="Europe/Berlin", now=now)
        except NotAllowed:
            found["refused files"] += 1
            continue
        assert taken.used + sum(taken.left_out.values()) + len(taken.refused) == taken.entries, path.name
        found["entries"] += taken.entries
        found["used"] += taken.used
        found["spans"] += len(taken.spans)
        found["refused entries"] += len(taken.refused)
    assert found == REAL
