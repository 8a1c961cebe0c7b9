"""One's own times: entered, taken back, brought back, and shown to nobody else."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.availability import commands, queries
from coaching.availability.rules import line_of, spans_of
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import WorkingHours
from coaching.scheduling.queries import diaries
from coaching.scheduling.rules import USUAL_HOURS, Horizon, Limits, free_time
from lms import clock
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.people import Someone, a_site, someone
from tests.factories.scheduling import MONDAY, accepted_review

DAY = MONDAY.date()
WEEK = {"day_0": "08:00-12:00, 13:00-16:30", "day_2": "22:00-24:00"}


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count()
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(seconds=next(seconds)))


def free_quarters(who: Someone, days: int = 1) -> int:
    """Count the quarters of an hour in which somebody can be met from Monday 07:00 in Berlin on."""
    end = MONDAY + timedelta(days=days)
    return free_time(diaries([who.person.id], MONDAY, end)[who.person.id], Horizon.between(MONDAY, end)).bit_count()


def hours_of(who: Someone) -> Any:
    return diaries([who.person.id], MONDAY, MONDAY)[who.person.id].hours


def test_a_week_of_several_spans_a_day_is_kept_and_undone(app: Flask, sign_in: Any) -> None:
    who = someone(Role.OPERATOR)
    browser = sign_in(who)
    assert "usual hours: you entered none" in browser.get("/my-times").get_data(as_text=True)
    assert browser.post("/my-times/week", data=WEEK).status_code == 302
    entered = {0: [(480, 720), (780, 990)], 2: [(1320, 1440)]}
    assert hours_of(who) == entered
    assert free_quarters(who) == 16 + 14
    browser.post("/my-times/week", data={"day_0": "09:00-10:00"})
    assert hours_of(who) == {0: [(540, 600)]}
    browser.post("/my-times/week/undo")
    assert hours_of(who) == entered
    browser.post("/my-times/week/undo")
    assert hours_of(who) == {0: [(540, 600)]}
    # nothing of a GMP record goes: all weeks that ever held are still there
    assert len(db.session.scalars(select(WorkingHours)).all()) == 3 + 1 + 3 + 1


def test_the_first_week_is_undone_to_the_usual_one_and_back(app: Flask) -> None:
    who = someone(Role.COACH)
    with pytest.raises(NotAllowed, match="not changed your week"):
        run(commands.undo_week, who.actor, "")
    run(commands.set_week, who.actor, "", week={0: [(480, 540)]})
    run(commands.undo_week, who.actor, "")
    assert hours_of(who) == USUAL_HOURS
    run(commands.undo_week, who.actor, "")
    assert hours_of(who) == {0: [(480, 540)]}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("8-12", "is not understood"),
        ("12:00-08:00", "ends before it begins"),
        ("08:00-24:15", "ends before it begins, or after midnight"),
        ("08:10-12:00", "on a quarter"),
        ("08:00-12:00, 11:00-13:00", "overlap"),
        ("00:00-01:00,02:00-03:00,04:00-05:00,06:00-07:00,08:00-09:00", "at most 4 spans"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_at_its_day_and_kept(
    app: Flask, sign_in: Any, line: str, sentence: str
) -> None:
    answer = sign_in(someone(Role.OPERATOR)).post("/my-times/week", data={"day_0": "08:00-09:00", "day_3": line})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert 'id="day_3-error"' in page
    assert f'value="{line}"' in page
    assert db.session.scalars(select(WorkingHours)).all() == []


def test_a_line_is_read_as_it_is_written() -> None:
    assert line_of(spans_of("13:00 to 16:30;08:00–12:00", field="x")) == "08:00-12:00, 13:00-16:30"


def test_an_empty_week_is_an_absence(app: Flask, sign_in: Any) -> None:
    page = sign_in(someone(Role.OPERATOR)).post("/my-times/week", data={}).get_data(as_text=True)
    assert "note an absence instead" in page


def test_absences_and_exceptions_are_taken_back_and_brought_back(app: Flask, sign_in: Any) -> None:
    who = someone(Role.OPERATOR)
    browser = sign_in(who)
    usual = free_quarters(who, days=7)
    browser.post(
        "/my-times/absences", data={"first_day": DAY.isoformat(), "last_day": (DAY + timedelta(1)).isoformat()}
    )
    assert free_quarters(who, days=7) == usual - 2 * 34
    saturday = DAY + timedelta(days=5)
    extra = {"kind": "extra", "day": saturday.isoformat(), "hours": "09:00-11:00"}
    browser.post("/my-times/times", data=extra)
    assert free_quarters(who, days=7) == usual - 2 * 34 + 8
    wednesday = DAY + timedelta(days=2)
    browser.post("/my-times/times", data={"kind": "other", "day": wednesday.isoformat(), "hours": "08:00-09:10"})
    page = browser.get("/my-times").get_data(as_text=True)
    assert "01-Mar-2027 – 02-Mar-2027" in page
    assert "06-Mar-2027 09:00–11:00" in page
    assert "quarter, such as 08:15" not in page
    entries = {entry.kind: entry for entry in queries.entries(who.actor, MONDAY)}
    assert set(entries) == {"leave", "extra"}  # 08:00-09:10 was refused
    browser.post(f"/my-times/entries/{entries['leave'].id}/strike-out")
    assert free_quarters(who, days=7) == usual + 8
    with pytest.raises(NotAllowed, match="taken back already"):
        run(commands.strike_out, who.actor, "", entries["leave"].id)
    browser.post(f"/my-times/entries/{entries['leave'].id}/bring-back")
    assert free_quarters(who, days=7) == usual - 2 * 34 + 8


def test_an_absence_over_a_planned_review_says_so_and_leaves_it(app: Flask, sign_in: Any) -> None:
    coach, operator = someone(Role.COACH), someone(Role.OPERATOR)
    review_id = accepted_review(coach, operator)
    at = MONDAY + timedelta(hours=3)
    run(scheduling.schedule_review, coach.actor, "", review_id, starts_at=at, mode="video", place="")
    days = {"first_day": DAY.isoformat(), "last_day": DAY.isoformat()}
    browser = sign_in(operator)
    browser.post("/my-times/absences", data=days)
    page = browser.get("/my-times").get_data(as_text=True)
    assert "1 planned review lies in it: move it on its page, the other side is told." in page


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [(0, -1, "ends before it begins"), (-9, -2, "is over"), (0, 500, "more than a year")],
)
def test_an_absence_that_cannot_be_is_refused(app: Flask, first: int, last: int, sentence: str) -> None:
    days = {"first_day": DAY + timedelta(days=first), "last_day": DAY + timedelta(days=last)}
    with pytest.raises(NotAllowed, match=sentence):
        run(commands.note_absence, someone(Role.OPERATOR).actor, "", **days)


def test_an_hour_that_a_night_in_spring_leaves_out_cannot_be_taken(app: Flask) -> None:
    who = someone(Role.OPERATOR)
    night = date(2027, 3, 28)
    with pytest.raises(NotAllowed, match="this time does not exist"):
        run(commands.note_taken, who.actor, "", day=night, spans=[(180, 210), (150, 180)])


def test_nobody_reads_or_changes_anothers_entries(app: Flask, sign_in: Any) -> None:
    who, other = someone(Role.OPERATOR), someone(Role.COACH)
    run(commands.note_absence, who.actor, "", first_day=DAY, last_day=DAY)
    entry_id: UUID = queries.entries(who.actor, MONDAY)[0].id
    assert queries.entries(other.actor, MONDAY) == []
    for what in (commands.strike_out, commands.bring_back):
        with pytest.raises(NotFound):
            run(what, other.actor, "", entry_id)
    assert sign_in(other).post(f"/my-times/entries/{entry_id}/strike-out").status_code == 404
    qa = someone(Role.QA, a_site(), everywhere=True)
    trail = sign_in(qa).get(f"/trail/busy_time/{entry_id}")
    assert "leave" not in trail.get_data(as_text=True)


def test_limits_of_a_coach_are_their_own_and_within_reason(app: Flask, sign_in: Any) -> None:
    coach = someone(Role.COACH)
    browser = sign_in(coach)
    wrong = browser.post("/my-times/limits", data={"buffer_minutes": "5", "a_day": "4", "a_week": "6"})
    assert wrong.status_code == 422
    assert "between 15 and 180 minutes" in wrong.get_data(as_text=True)
    assert (
        browser.post("/my-times/limits", data={"buffer_minutes": "60", "a_day": "2", "a_week": "9"}).status_code == 302
    )
    assert diaries([coach.person.id], MONDAY, MONDAY)[coach.person.id].limits == Limits(60, 2, 9)
    assert sign_in(someone(Role.OPERATOR)).post("/my-times/limits", data={}).status_code == 403


def test_the_page_and_its_file_agree_and_ask_little(app: Flask, sign_in: Any, queries: Any) -> None:
    who = someone(Role.COACH)
    run(commands.note_absence, who.actor, "", first_day=DAY, last_day=DAY)
    browser = sign_in(who)
    with queries() as seen:
        assert browser.get("/my-times").status_code == 200
    assert len(seen) <= 6
    lines = browser.get("/my-times/entries.csv").get_data(as_text=True).splitlines()
    assert len(lines) == 2
    assert browser.get("/my-times/entries.xlsx").status_code == 200
