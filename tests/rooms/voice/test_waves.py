"""You said, we did: a published wave is answered before the next one opens, and nobody is left wondering why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from coaching.surveys.models import SurveyTicket
from coaching.surveys.periods import Month
from coaching.voice import commands
from coaching.voice.models import VoiceWave
from lms import clock
from lms.audit.models import AuditEvent
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.people import Someone, a_site, also, someone
from tests.factories.surveys import (
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    QUARTER,
    Crew,
    a_closed_review,
    a_crew,
    a_crew_answers,
    a_registered_key,
    noon,
    release,
)

IN_Q4, IN_Q1, IN_Q2 = date(2026, 11, 18), date(2027, 2, 10), date(2027, 4, 20)
NOTE = {"said": "Questions are not always welcome here.", "did": "Ten minutes of hand-over are for questions."}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], datetime]:
    """Return a function that sets the day, and the moment of its noon."""

    def set_day(day: date) -> datetime:
        monkeypatch.setattr(clock, "now", lambda: noon(day))
        return noon(day)

    set_day(IN_Q4)
    return set_day


def a_published_quarter(crew: Crew) -> None:
    """Let a crew answer in the last quarter of 2026, and release all of it on 9 January 2027."""
    key = a_registered_key()
    a_crew_answers(crew, IN_Q4)
    for month in (OCTOBER, NOVEMBER, DECEMBER):
        release(month, key)


def _tickets() -> int:
    return db.session.scalar(select(func.count(SurveyTicket.review_id))) or 0


def _wave() -> VoiceWave:
    return db.session.scalars(select(VoiceWave)).one()


def _note(lead: Someone, **changed: object) -> None:
    wave = _wave()
    values = {**NOTE, "owner_id": lead.person.id, "due_on": date(2027, 5, 1), "version": wave.version, **changed}
    run(commands.answer_wave, lead.actor, "test", wave.id, **values)  # type: ignore[arg-type]


def test_the_last_release_of_a_quarter_owes_a_note_where_a_figure_was_published_and_tells_who_can_write_it(
    app: Flask, at
) -> None:
    lead, elsewhere = someone(Role.SITE_LEAD, a_site()), someone(Role.SITE_LEAD, a_site("BBB"))
    a_crew(5, site="BBB", team="Asked nothing")
    a_published_quarter(a_crew(5))
    wave = _wave()
    assert (wave.site_id, wave.quarter, wave.released_on) == (a_site().id, "2026-Q4", date(2027, 1, 9))
    told = select(Notification.person_id).where(Notification.sentence == "voice_owed")
    assert set(db.session.scalars(told)) == {lead.person.id}
    assert elsewhere.person.id != lead.person.id


def test_the_running_wave_goes_on_and_the_next_one_stays_shut_until_the_note_is_there(app: Flask, at, sign_in) -> None:
    crew, lead = a_crew(5), someone(Role.SITE_LEAD, a_site())
    a_published_quarter(crew)
    before = _tickets()
    a_closed_review(crew.coach, crew.operators[0], at(IN_Q1))
    assert _tickets() == before + 1, "the wave that ran when the last one was released is not interrupted"
    shut = a_closed_review(crew.coach, crew.operators[1], at(IN_Q2))
    assert _tickets() == before + 1
    at(IN_Q2)
    _note(lead)
    a_closed_review(crew.coach, crew.operators[2], at(IN_Q2))
    assert _tickets() == before + 2
    page = sign_in(crew.operators[1]).get(f"/survey/{shut}").text
    assert "There is nothing to answer after this review" in page


def test_a_wave_that_stays_shut_says_why_to_the_coach_once_and_to_whoever_would_have_been_asked(
    app: Flask, at, sign_in
) -> None:
    crew = a_crew(5)
    a_published_quarter(crew)
    reviews = [a_closed_review(crew.coach, operator, at(IN_Q2)) for operator in crew.operators[:2]]
    told = select(Notification.person_id).where(Notification.sentence == "voice_waits")
    assert db.session.scalars(told).all() == [crew.coach.person.id]
    coach = sign_in(crew.coach)
    assert "has not said yet what it did about 2026-Q4" in coach.get("/notifications").text
    assert "No survey followed a review" in coach.get("/survey/waves?owed=2026-Q4").text
    sheet = sign_in(crew.operators[0]).get(f"/survey/{reviews[0]}").text
    assert "the site has not said yet what it did about the answers of 2026-Q4" in sheet
    assert "radio" not in sheet


def test_the_note_is_written_on_the_page_stands_on_the_sheets_and_in_the_files(app: Flask, at, sign_in) -> None:
    crew, lead = a_crew(5), someone(Role.SITE_LEAD, a_site(), name="Lena Ruiz")
    a_published_quarter(crew)
    a_registered_key(Month.of(IN_Q2).quarter)
    at(IN_Q2)
    browser = sign_in(lead)
    wave = _wave()
    assert "Say what Site AAA did about 2026-Q4" in browser.get("/today/below").text
    data = {**NOTE, "owner": str(lead.person.id), "due_on": "2027-05-01", "version": str(wave.version)}
    refused = browser.post(f"/survey/waves/{wave.id}", data={**data, "did": "we"})
    assert refused.status_code == 422
    assert NOTE["said"] in refused.text
    assert browser.post(f"/survey/waves/{wave.id}", data=data).status_code == 302
    sheet = f"/survey/{a_closed_review(crew.coach, crew.operators[0], at(IN_Q2))}"
    page = sign_in(crew.operators[0]).get(sheet).text
    note = page.index(NOTE["did"])
    assert page.index("What happens to your answer") < note < page.index("When something looks odd")
    assert "Lena Ruiz" in page
    for reader in (lead, crew.coach, crew.operators[0], someone(Role.CUSTODIAN, everywhere=True)):
        browser = sign_in(reader)
        assert NOTE["did"] in browser.get("/survey/waves").text
        assert NOTE["did"] in browser.get("/survey/waves.csv").get_data().decode("utf-8-sig")
        assert browser.get("/survey/waves.xlsx").status_code == 200
    assert "voice_wave" in {event.rtype for event in db.session.scalars(select(AuditEvent))}


def test_a_note_is_its_own_sites_only_and_a_stale_one_is_refused(app: Flask, at, sign_in) -> None:
    a_published_quarter(a_crew(5))
    at(IN_Q2)
    wave = _wave()
    other = sign_in(someone(Role.SITE_LEAD, a_site("BBB")))
    data = {**NOTE, "owner": "", "due_on": "2027-05-01", "version": str(wave.version)}
    assert other.get(f"/survey/waves/{wave.id}").status_code == 404
    assert other.post(f"/survey/waves/{wave.id}", data=data).status_code == 404
    assert "Site AAA" not in other.get("/survey/waves").text
    lead = someone(Role.SITE_LEAD, a_site())
    _note(lead)
    stale = sign_in(lead).post(f"/survey/waves/{wave.id}", data={**data, "owner": str(lead.person.id), "version": "1"})
    assert stale.status_code == 409
    with pytest.raises(NotAllowed, match="Choose an owner"):
        _note(lead, owner_id=someone(Role.OPERATOR, a_site("BBB")).person.id)


def test_a_quarter_without_a_figure_of_the_site_owes_nothing(app: Flask, at) -> None:
    a_published_quarter(a_crew(4))
    assert db.session.scalars(select(VoiceWave)).all() == []


def test_a_site_switched_off_asks_nobody_says_why_and_sheets_that_are_out_stay_open(app: Flask, at, sign_in) -> None:
    a_registered_key()
    crew, qa = a_crew(2), someone(Role.QA, a_site())
    out = a_closed_review(crew.coach, crew.operators[0], at(IN_Q4))
    browser = sign_in(qa)
    reason = "The works council has not agreed yet."
    assert browser.post(f"/survey/sites/{a_site().id}/off", data={"reason": "no"}).status_code == 422
    assert browser.post(f"/survey/sites/{a_site().id}/off", data={"reason": reason}).status_code == 302
    page = browser.get("/survey/sites").text
    assert reason in page
    assert ">off<" in page
    silent = a_closed_review(crew.coach, crew.operators[1], at(IN_Q4))
    assert _tickets() == 1
    assert reason in sign_in(crew.operators[1]).get(f"/survey/{silent}").text
    assert "When something looks odd" in sign_in(crew.operators[0]).get(f"/survey/{out}").text
    assert (
        browser.post(f"/survey/sites/{a_site().id}/on", data={"reason": "The works council has agreed."}).status_code
        == 302
    )
    a_closed_review(crew.coach, crew.operators[1], at(IN_Q4 + timedelta(days=1)))
    assert _tickets() == 2
    assert len(db.session.scalars(select(AuditEvent).where(AuditEvent.rtype == "survey_site")).all()) == 2


def test_nobody_switches_another_sites_survey(app: Flask, at, sign_in) -> None:
    qa = also(someone(Role.QA, a_site("BBB")), Role.SITE_LEAD, a_site("BBB"))
    target = a_site("AAA").id
    answer = sign_in(qa).post(f"/survey/sites/{target}/off", data={"reason": "It is not even my own site."})
    assert answer.status_code == 404
    lead = sign_in(someone(Role.SITE_LEAD, a_site("AAA")))
    assert (
        lead.post(f"/survey/sites/{target}/off", data={"reason": "The figures are not to my taste."}).status_code == 403
    )


def test_a_wave_is_noted_once_however_often_its_last_month_is_released(app: Flask, at) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), IN_Q4)
    release(DECEMBER, key)
    release(DECEMBER, key)
    assert _wave().quarter == str(QUARTER)
