"""The site's holidays: who keeps them, how they are taken in, and what they do to a clock."""

from __future__ import annotations

import html
import io
import re
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.calendars import commands, queries
from lms.calendars.models import SiteHoliday
from lms.deviations import rules
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.deviations import a_deviation, stored
from tests.factories.people import Someone, a_site, someone


def in_days(days: int) -> date:
    return clock.now().astimezone(ZoneInfo("Europe/Berlin")).date() + timedelta(days=days)


def days_of(dana: Someone) -> list[date]:
    return [row.day for row in queries.holidays(dana.actor, a_site().id, in_days(-400))]


def test_a_holiday_moves_the_triage_of_what_is_recorded_afterwards_and_of_nothing_before(dana: Someone) -> None:
    chidi = someone(Role.OPERATOR)
    before = stored(a_deviation(chidi)).triage_due_at
    free = {in_days(days): "Works holiday" for days in range(1, 8)}
    run(commands.note_holidays, dana.actor, "x", a_site().id, holidays=free)
    after = stored(a_deviation(chidi))
    assert before is not None
    assert after.triage_due_at is not None
    assert after.triage_due_at == rules.working_days_later(after.recorded_at, 1, "Europe/Berlin", set(free))
    assert after.triage_due_at.astimezone(ZoneInfo("Europe/Berlin")).date() > in_days(7)
    assert before < after.triage_due_at - timedelta(days=3)


def test_another_sites_holidays_are_no_holidays_here(dana: Someone) -> None:
    other = a_site("BBB")
    qa = someone(Role.QA, other)
    run(commands.note_holidays, qa.actor, "x", other.id, holidays={in_days(n): "x" for n in range(1, 8)})
    due = stored(a_deviation(someone(Role.OPERATOR))).triage_due_at
    assert due is not None
    assert due < clock.now() + timedelta(days=4)
    with pytest.raises(NotFound):
        run(commands.note_holidays, dana.actor, "x", other.id, holidays={in_days(1): "x"})


def test_a_file_is_taken_in_wholly_or_not_at_all_and_twice_is_once(dana: Someone, sign_in: Any) -> None:
    browser, site = sign_in(dana), a_site()
    good = f"day,name\n{in_days(30)},Feast\n{in_days(31)},Second day\n"

    def send(text: str) -> Any:
        return browser.post(f"/calendars/{site.id}/file", data={"file": (io.BytesIO(text.encode()), "holidays.csv")})

    bad = send(good + "tomorrow,Feast\n")
    assert bad.status_code == 422
    assert "Line 4" in bad.get_data(as_text=True)
    assert days_of(dana) == []
    assert send(good).status_code == 302
    assert send(good).status_code == 302
    assert days_of(dana) == [in_days(30), in_days(31)]
    assert set(db.session.scalars(select(SiteHoliday.version))) == {1}
    out = browser.get(f"/calendars/{site.id}.csv").get_data(as_text=True)
    assert f'"{in_days(30)}","Feast"' in out
    assert send(out.lstrip("\ufeff")).status_code == 302


def test_a_struck_out_day_is_worked_on_and_stays_on_record(dana: Someone, sign_in: Any) -> None:
    browser, site = sign_in(dana), a_site()
    day = in_days(30)
    assert browser.post(f"/calendars/{site.id}", data={"day": day.isoformat(), "name": "Feast"}).status_code == 302
    assert queries.free_days(site.id, in_days(0)) == {day}
    row = queries.holidays(dana.actor, site.id, in_days(0))[0]
    gone = browser.post(f"/calendars/{site.id}/{row.id}/strike-out", data={"version": row.version})
    assert gone.status_code == 302
    assert queries.free_days(site.id, in_days(0)) == frozenset()
    assert db.session.scalar(select(func.count()).select_from(SiteHoliday)) == 1
    with pytest.raises(NotAllowed, match="already"):
        run(commands.strike_out_holiday, dana.actor, "x", row.id, version=2)
    run(commands.note_holidays, dana.actor, "x", site.id, holidays={day: "Feast"})
    assert queries.free_days(site.id, in_days(0)) == {day}


def test_a_calendar_is_kept_by_qa_and_administrators_and_seen_within_reach(dana: Someone, sign_in: Any) -> None:
    site, other = a_site(), a_site("BBB")
    form = {"day": in_days(30).isoformat(), "name": "Feast"}
    assert sign_in(dana).get(f"/calendars/{other.id}").status_code == 404
    assert sign_in(dana).post(f"/calendars/{other.id}", data=form).status_code == 404
    assert sign_in(someone(Role.SITE_LEAD)).post(f"/calendars/{site.id}", data=form).status_code == 403
    assert sign_in(someone(Role.OPERATOR)).get(f"/calendars/{site.id}").status_code == 403
    assert sign_in(someone(Role.ADMINISTRATOR)).post(f"/calendars/{site.id}", data=form).status_code == 302
    assert "Feast" in sign_in(someone(Role.SITE_LEAD)).get(f"/calendars/{site.id}").get_data(as_text=True)


def test_a_calendar_file_of_holidays_is_shown_first_and_noted_when_confirmed(dana: Someone, sign_in: Any) -> None:
    browser, site = sign_in(dana), a_site()
    day = in_days(30)
    if day.year != in_days(0).year:
        day = in_days(1)
    events = (
        f"UID:1\nSUMMARY:Feast & more\nDTSTART;VALUE=DATE:{day:%Y%m%d}\nRRULE:FREQ=YEARLY\nTRANSP:TRANSPARENT",
        f"UID:2\nSUMMARY:Meeting\nDTSTART:{day:%Y%m%d}T100000Z\nDURATION:PT1H",
        f"UID:3\nDTSTART;VALUE=DATE:{day:%Y%m%d}",
    )
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    data = f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".encode()
    shown = browser.post(f"/calendars/{site.id}/file", data={"file": (io.BytesIO(data), "holidays.ics")})
    page = shown.get_data(as_text=True)
    assert shown.status_code == 200
    assert "Entry 2: It is given in hours, so it is no holiday." in page
    assert "Entry 3: It has no title." in page
    assert days_of(dana) == []
    days = html.unescape(re.search(r'name="days"[^>]*value="([^"]*)"', page)[1])
    assert browser.post(f"/calendars/{site.id}/found", data={"days": days}).status_code == 302
    years = [day.replace(year=day.year + n) for n in range(3)]
    assert days_of(dana) == years
    assert {row.name for row in queries.holidays(dana.actor, site.id, in_days(-400))} == {"Feast & more"}
    for wrong in ("", "[1]", '[["2026-13-01", "x"]]', '[["1999-01-01", "x"]]'):
        assert browser.post(f"/calendars/{site.id}/found", data={"days": wrong}).status_code == 422
    broken = browser.post(f"/calendars/{site.id}/file", data={"file": (io.BytesIO(b"BEGIN:VCARD\n"), "x.ics")})
    assert broken.status_code == 422
    assert "no calendar file" in broken.get_data(as_text=True)
