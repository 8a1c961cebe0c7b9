"""Question 7 of QA: make the survey of a 4-person team reveal one person using filters, two waves, exports, logs, DB dump.

A site has a team of four and a team of six. All ten answer in two months; in the small team one person is deeply unhappy, the
other three are content. Whoever reads, in the browser or in the database, sees the six as two figures and of the four that
they wait; and the whole of what they see is the same in the twin of this world in which the unhappy one is content too.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from coaching.surveys import release as releasing
from coaching.surveys import sealed
from coaching.surveys.demonstration import PASSPHRASE
from coaching.surveys.instrument import Answers
from coaching.surveys.models import SurveySealed, SurveyTicket
from coaching.surveys.sealing import BOX_BYTES, open_boxes, seal
from lms import clock
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.permissions import Role
from lms.unit_of_work import transaction
from tests.browser.conftest import answering, fits, opened
from tests.factories.people import PASSWORD, Someone, a_site, someone
from tests.factories.surveys import (
    NOVEMBER,
    OCTOBER,
    Crew,
    a_closed_review,
    a_crew,
    a_registered_key,
    noon,
    release,
    unlocked,
)
from tests.rooms.surveys.traces import candidate_keys, clear_forms, disk, opens, tables

pytestmark = pytest.mark.browser
WAVES = (date(2026, 10, 14), date(2026, 11, 18))
TODAY = noon(date(2026, 12, 10))
#: No other sheet of the tests looks like these.
UNHAPPY: Answers = (1, 7, 1, 2, 7, 6, 1)
CONTENT: Answers = (7, 1, 6, 7, 2, 1, 7)
SIX: Answers = (5, 3, 5, 4, 3, 3, 5)
#: Everything that the climate can be asked for, and what somebody in search of one person would try besides.
FILTERS = (
    "",
    "?team={team}",
    "?team={team}&month=2026-10",
    "?month=2026-11",
    "?from=2026-10-14&to=2026-10-14",
    "?person={person}&k=1",
    "?scope=person&group_by=person",
)
PAGES = ("/survey/climate", "/survey/climate.csv", "/behavior", "/behavior/linkage", "/reviews", "/")


class World:
    """The two teams, their readers, and what each of them sees."""

    def __init__(self, sheets: tuple[Answers, ...]) -> None:
        self.site = a_site()
        self.key = a_registered_key()
        self.four, self.six = a_crew(4, team="Night"), a_crew(6, team="Day")
        self.readers = {
            "quality": someone(Role.QA, self.site),
            "site lead": someone(Role.SITE_LEAD, self.site),
            "coach": self.four.coach,
            "custodian": someone(Role.CUSTODIAN, everywhere=True),
        }
        self.people = [str(operator.person.id) for operator in self.four.operators]
        for number, (day, month) in enumerate(zip(WAVES, (OCTOBER, NOVEMBER), strict=True)):
            self._answer(self.four, day, sheets)
            self._answer(self.six, day, (SIX,) * (6 - number))
            release(month, self.key)

    def _answer(self, crew: Crew, day: date, sheets: tuple[Answers, ...]) -> None:
        for operator, answers in zip(crew.operators, sheets, strict=False):
            review_id = a_closed_review(crew.coach, operator, noon(day))
            sealed.submit(operator.person.id, review_id, answers, at=noon(day))


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def open_as(app: Flask, chromium: Browser) -> Iterator[Callable[[Someone], Page]]:
    with answering(app) as site:
        contexts = []

        def opened(reader: Someone) -> Page:
            db.session.remove()
            context = chromium.new_context(base_url=site.address, reduced_motion="reduce")
            contexts.append(context)
            page = context.new_page()
            page.goto("/sign-in")
            page.get_by_label("User name").fill(reader.login)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            return page

        yield opened
        for context in contexts:
            context.close()


def _seen(page: Page, world: World) -> str:
    """Ask for everything with every filter, and return all that came back as the server sent it."""
    found = []
    opened(page, "/behavior")
    for address in PAGES:
        for question in FILTERS:
            answer = page.request.get(
                address + question.format(team=world.four.team_id, person=world.people[0]), max_redirects=0
            )
            if answer.status == 200:
                found.append(answer.text())
    return "\n".join(found)


@pytest.mark.alone
def test_question_7_a_team_of_four_reveals_nobody(
    app: Flask, open_as: Any, it_is: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        world = World((UNHAPPY, CONTENT, CONTENT, CONTENT))
        deliver_outbox()
        it_is(TODAY)

        # filters and two waves, in the browser
        page = open_as(world.readers["quality"])
        page.goto("/survey/climate")
        page.get_by_role("button", name="Open the figures").click()
        expect(page.get_by_role("heading", name="Too few, waits")).to_be_visible()
        figures = page.locator("table").first.locator("tbody tr")
        assert figures.count() == 2
        assert all("Day" in row for row in figures.all_inner_texts())
        waiting = page.locator("section", has=page.get_by_role("heading", name="Too few, waits"))
        assert "Night" in waiting.inner_text()
        assert not re.search(r"\d", waiting.locator("li", has_text="Night").inner_text().replace("Site AAA", ""))
        assert fits(page)

        # exports, and whatever an address may ask for, by everybody who might want to know
        for name, reader in world.readers.items():
            everything = _seen(open_as(reader), world)
            for line in everything.splitlines():
                if "Night" in line and "voice-climate" in line:
                    pytest.fail(f"{name} sees a figure of the small team: {line}")
            assert not any(form.decode("latin-1") in everything for form in _clear(UNHAPPY)), name
            assert not re.search(r"[1-4] (?:answers|people answered|of 4)", everything), name

    # logs of the application; the address line of the tests' own server holds what was asked above
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "werkzeug")
    db.session.remove()
    assert not [person for person in world.people if person in logged]
    assert not any(form.decode("latin-1") in logged for form in _clear(UNHAPPY))

    # the database, its write-ahead log, the data folder, and every key that lies there
    boxes = list(db.session.scalars(select(SurveySealed.box)))
    assert [len(box) for box in boxes] == [BOX_BYTES] * 8, "the four wait: two waves, sealed"
    keys = candidate_keys()
    assert not any(opens(box, keys, UNHAPPY) for box in boxes)
    assert [(place.name, form) for place, content in disk() for form in _clear(UNHAPPY) if form in content] == []
    survey = tables("survey")
    assert len(survey["survey_release"]) == 2
    assert not any(str(world.four.team_id) in row for row in survey["survey_release"])
    assert all(used for used in db.session.scalars(select(SurveyTicket.used)))


def _clear(sheet: Answers) -> set[bytes]:
    """Return clear forms that are long enough not to stand somewhere by chance."""
    return {form for form in clear_forms(sheet) if len(form) > 7}


def test_question_7_sees_a_release_that_lets_four_through(
    app: Flask, open_as: Any, it_is: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: k = 4. Then the page shows the small team, and the check above would fail."""
    monkeypatch.setattr(releasing, "_is_enough", lambda group, k: len(group.person_means) >= k - 1)
    World((UNHAPPY, CONTENT, CONTENT, CONTENT))
    it_is(TODAY)
    page = open_as(someone(Role.QA, a_site()))
    page.goto("/survey/climate")
    page.get_by_role("button", name="Open the figures").click()
    expect(page.locator("table").first).to_contain_text("Night")
    assert any("Night" in row for row in page.locator("table").first.locator("tbody tr").all_inner_texts())


def test_question_7_the_whole_of_what_is_published_is_the_same_in_the_twin_world(app: Flask) -> None:
    """Not one published letter depends on what one of the four answered."""
    world = World((UNHAPPY, CONTENT, CONTENT, CONTENT))
    first = tables("survey")["survey_release"]
    assert len(first) == 2
    planned = [
        sealed.look_with_file(month, world.key.file, PASSPHRASE, on=month.releasable_from, record=lambda _: None)
        for month in (OCTOBER, NOVEMBER)
    ]
    assert [look.figures for look in planned] == [0, 0]
    _answered_otherwise(world)
    again = [
        sealed.look_with_file(month, world.key.file, PASSPHRASE, on=month.releasable_from, record=lambda _: None)
        for month in (OCTOBER, NOVEMBER)
    ]
    assert again == planned
    assert tables("survey")["survey_release"] == first


def _answered_otherwise(world: World) -> None:
    """Replace every waiting answer by a content one, as if the unhappy person had given it."""
    key = unlocked(world.key)
    boxes = {row.id: row.box for row in db.session.execute(select(SurveySealed.id, SurveySealed.box))}
    opened = open_boxes(boxes, key).answers
    assert {answer.answers for answer in opened.values()} == {UNHAPPY, CONTENT}
    with transaction("survey") as connection:
        for box_id, answer in opened.items():
            new = seal(replace(answer, answers=CONTENT), world.key.public_key)
            connection.execute(update(SurveySealed).where(SurveySealed.id == box_id).values(box=new))
