"""What goes wrong at a sheet, each with its sentence: sent twice at once, moved, shrunk, not read, in another language."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from coaching.surveys import commands, queries, sealed
from coaching.surveys.instrument import MOST_ITEMS
from coaching.surveys.models import SurveyNoticeRead, SurveySealed, SurveyTicket
from coaching.surveys.sealing import open_boxes
from lms import clock
from lms.extensions import db
from lms.network import commands as network
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run, transaction
from tests.factories.people import INSTALLER, a_site, a_team, someone
from tests.factories.surveys import (
    CANARY,
    NOVEMBER,
    OCTOBER,
    Crew,
    a_closed_review,
    a_crew,
    a_crew_answers,
    a_registered_key,
    noon,
    release,
    unlocked,
)
from tests.rooms.surveys.traces import tables

DAY = date(2026, 10, 14)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the clock."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_clock(noon(DAY))
    return set_clock


def _boxes() -> dict[bytes, bytes]:
    return {row.id: row.box for row in db.session.execute(select(SurveySealed.id, SurveySealed.box))}


def test_of_eight_sendings_at_once_one_box_is_kept_and_all_hear_the_same(app: Flask) -> None:
    a_registered_key()
    crew = a_crew(1)
    operator = crew.operators[0]
    review_id = a_closed_review(crew.coach, operator, noon(DAY))
    person_id = operator.person.id
    db.session.remove()
    together: threading.Barrier = threading.Barrier(8)
    heard: list[BaseException | None] = []

    def send() -> None:
        with app.app_context():
            together.wait()
            try:
                sealed.submit(person_id, review_id, CANARY, at=noon(DAY))
                heard.append(None)
            except BaseException as fault:  # noqa: BLE001 - a thread's fault is the test's
                heard.append(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [None] * 8
    assert len(_boxes()) == 1


def test_whoever_moves_team_before_answering_counts_with_the_team_of_the_review(app: Flask) -> None:
    key, crew = a_registered_key(), a_crew(5)
    mover = crew.operators[0]
    review_id = a_closed_review(crew.coach, mover, noon(DAY))
    for operator in crew.operators[1:]:
        sealed.submit(operator.person.id, a_closed_review(crew.coach, operator, noon(DAY)), CANARY, at=noon(DAY))
    run(
        network.join_team,
        INSTALLER,
        "moved",
        mover.person.id,
        a_team(a_site(), "Team 2").id,
        on=DAY + timedelta(days=1),
    )
    sealed.submit(mover.person.id, review_id, CANARY, at=noon(DAY + timedelta(days=2)))
    boxes = _boxes()
    assert {answer.team for answer in open_boxes(boxes, unlocked(key)).answers.values()} == {crew.team_id}
    assert [row["team_id"] for row in release(OCTOBER, key).rows] == [str(crew.team_id)]


def test_a_team_that_shrinks_from_five_to_four_is_told_so_and_waits(app: Flask, sign_in, at) -> None:
    key, crew = a_registered_key(), a_crew(5)
    elsewhere = a_team(a_site(), "Team 2")
    run(network.join_team, INSTALLER, "moved", crew.operators[4].person.id, elsewhere.id, on=DAY)
    left = Crew(crew.coach, crew.operators[:4], crew.team_id)
    review_id = a_closed_review(left.coach, left.operators[0], noon(DAY))
    page = sign_in(left.operators[0]).get(f"/survey/{review_id}").text
    assert "Your team has 4 people, so it counts only together with other small teams" in page
    sealed.submit(left.operators[0].person.id, review_id, CANARY, at=noon(DAY))
    a_crew_answers(Crew(left.coach, left.operators[1:], left.team_id), DAY)
    report = release(OCTOBER, key)
    assert report.rows == ()
    assert report.waiting == ("Site AAA, Team 1: Voice climate",)


def test_before_the_notice_was_read_no_sheet_is_shown_and_nothing_is_kept(app: Flask, sign_in, at) -> None:
    a_registered_key()
    crew = a_crew(1)
    operator = crew.operators[0]
    address = f"/survey/{a_closed_review(crew.coach, operator, noon(DAY))}"
    with transaction("survey") as connection:
        connection.execute(SurveyNoticeRead.__table__.delete())
    browser = sign_in(operator)
    page = browser.get(address).text
    assert "I have read this" in page
    assert "If all your colleagues put their own answers together" in page
    assert "radio" not in page
    refused = browser.post(address, data={"odd": "7"})
    assert refused.status_code == 422
    assert "Read first what happens to your answer" in refused.text
    assert _boxes() == {}
    before = tables(None)
    assert browser.post(f"{address}/notice").headers["Location"] == address
    assert tables(None) == before, "that somebody read the notice stands in no record and in no trail"
    assert "radio" in browser.get(address).text


def test_a_new_version_of_the_notice_is_asked_for_again(app: Flask, sign_in, at) -> None:
    a_registered_key()
    crew = a_crew(1)
    address = f"/survey/{a_closed_review(crew.coach, crew.operators[0], noon(DAY))}"
    with transaction("survey") as connection:
        connection.execute(SurveyNoticeRead.__table__.update().values(notice=0))
    assert "I have read this" in sign_in(crew.operators[0]).get(address).text


def test_that_somebody_read_the_notice_is_kept_without_a_day_and_nobody_reads_it_for_another(app: Flask) -> None:
    assert [column.name for column in SurveyNoticeRead.__table__.columns] == ["user_id", "notice"]
    reader, other = someone(Role.OPERATOR), someone(Role.OPERATOR)
    with pytest.raises(NotAllowed, match="for themselves"):
        run(commands.acknowledge_notice, reader.actor, "", other.person.id)


def test_a_ticket_has_no_moment_and_says_nothing_that_the_days_of_the_reviews_do_not(app: Flask) -> None:
    names = [column.name for column in SurveyTicket.__table__.columns]
    assert names == ["review_id", "user_id", "month", "used", "instrument"]
    a_registered_key()
    crew = a_crew(2)
    asked = {}
    for operator, answers in zip(crew.operators, (CANARY, None), strict=True):
        for days in (0, 10, 40):
            review_id = a_closed_review(crew.coach, operator, noon(DAY + timedelta(days=days)))
            if answers is not None:
                sealed.submit(operator.person.id, review_id, answers, at=noon(DAY + timedelta(days=days)))
            ticket = db.session.scalar(select(SurveyTicket.instrument).where(SurveyTicket.review_id == review_id))
            asked.setdefault(answers, []).append(ticket)
    assert asked[CANARY] == asked[None] == [1, 2, 1]


def test_a_pulse_is_sealed_as_a_pulse_and_its_figures_stay_apart(app: Flask) -> None:
    key, crew = a_registered_key(), a_crew(5)
    a_crew_answers(crew, DAY)
    for operator in crew.operators:
        review_id = a_closed_review(crew.coach, operator, noon(DAY + timedelta(days=5)))
        sealed.submit(operator.person.id, review_id, (7, 7, 1), at=noon(DAY + timedelta(days=5)))
    opened = open_boxes(_boxes(), unlocked(key)).answers.values()
    assert sorted(answer.instrument for answer in opened) == [1] * 5 + [2] * 5
    assert all(len(answer.answers) == MOST_ITEMS for answer in opened)
    rows = {row["instrument_version"]: row for row in release(OCTOBER, key).rows}
    assert set(rows) == {"voice-climate 1", "voice-pulse 1"}
    assert rows["voice-pulse 1"]["score"] == "7.0000"
    from coaching import api

    assert {cell.instrument_version for cell in api.released_cells()} == {"voice-climate 1"}


def test_the_share_of_answers_is_that_of_those_asked_with_the_same_questions(app: Flask) -> None:
    """In November ten were asked the full set and all answered; ten more of the team were asked the pulse, and none did."""
    key, team = a_registered_key(), a_crew(20)
    full, pulse = team.operators[:10], team.operators[10:]
    for day, operators in ((date(2026, 10, 28), pulse), (date(2026, 11, 10), pulse)):
        for operator in operators:
            a_closed_review(team.coach, operator, noon(day))
    a_crew_answers(Crew(team.coach, full, team.team_id), date(2026, 11, 10))
    (row,) = release(NOVEMBER, key).rows
    assert (row["first_month"], row["response"]) == ("2026-11", ">=75")
    november = next(roster for roster in queries.rosters(NOVEMBER) if roster.month == NOVEMBER)
    assert [len(november.asked[code]) for code in (1, 2)] == [10, 10]


@pytest.mark.parametrize(
    ("language", "heading", "item", "button"),
    [
        ("de", "Sieben Fragen zu Ihrem Team", "Wenn bei einem Lauf etwas seltsam aussieht", "Fertig"),
        ("fr", "Sept questions sur votre équipe", "Quand quelque chose me paraît étrange", "Terminer"),
        ("xx", "Seven questions about your team", "When something looks odd", "Finish"),
    ],
)
def test_a_sheet_is_read_in_the_readers_language_which_is_kept_nowhere(
    app: Flask, sign_in, at, language: str, heading: str, item: str, button: str
) -> None:
    key = a_registered_key()
    crew = a_crew(1)
    address = f"/survey/{a_closed_review(crew.coach, crew.operators[0], noon(DAY))}"
    browser = sign_in(crew.operators[0])
    page = browser.get(f"{address}?lang={language}").text
    assert heading in page
    assert item in page
    assert f">{button}</button>" in page
    sent = browser.post(f"{address}?lang={language}", data={"odd": "7"})
    assert sent.status_code == 303
    (box,) = open_boxes(_boxes(), unlocked(key)).answers.values()
    assert box.answers == (7, *[None] * 6)
    assert db.session.scalar(select(func.count()).select_from(SurveyTicket)) == 1
    stored = "".join(row for rows in tables("survey").values() for row in rows)
    assert f"'{language}'" not in stored


def test_the_browsers_language_is_taken_where_none_was_chosen(app: Flask, sign_in, at) -> None:
    a_registered_key()
    crew = a_crew(1)
    address = f"/survey/{a_closed_review(crew.coach, crew.operators[0], noon(DAY))}"
    page = sign_in(crew.operators[0]).get(address, headers={"Accept-Language": "fr-CH, de;q=0.5"}).text
    assert "Sept questions" in page


def test_the_custodian_of_today_is_named_before_the_first_question(app: Flask, sign_in, at) -> None:
    a_registered_key()
    crew = a_crew(5)
    address = f"/survey/{a_closed_review(crew.coach, crew.operators[0], noon(DAY))}"
    browser = sign_in(crew.operators[0])
    assert "today the survey custodian" in browser.get(address).text
    someone(Role.CUSTODIAN, everywhere=True, name="Ida Berg")
    page = browser.get(address).text
    assert page.index("today Ida Berg") < page.index("When something looks odd")


def test_a_sheet_weighs_less_than_30_kilobytes(app: Flask, sign_in, at) -> None:
    a_registered_key()
    crew = a_crew(5)
    address = f"/survey/{a_closed_review(crew.coach, crew.operators[0], noon(DAY))}"
    browser = sign_in(crew.operators[0])
    weights = {language: len(browser.get(f"{address}?lang={language}").get_data()) for language in ("en", "de", "fr")}
    print(f"a sheet weighs {weights} bytes")  # noqa: T201
    assert max(weights.values()) < 30_000
