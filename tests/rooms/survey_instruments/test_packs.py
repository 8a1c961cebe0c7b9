"""Words of others come in by two people with a permission, and only then a pack is asked, as a series of its own."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from coaching.instruments import commands, rules
from coaching.surveys import queries
from coaching.surveys.models import SurveyTicket
from coaching.wordings.queries import pasted_words
from lms import clock
from lms.audit.models import AuditEvent
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.people import a_site, someone
from tests.factories.surveys import OCTOBER, a_closed_review, a_crew, a_crew_answers, a_registered_key, noon, release

PACK = 100
DAY = date(2026, 10, 14)
TEXTS = [f"Invented statement number {number} of this test." for number in range(1, 8)]
ANCHORS = [f"point {number}" for number in range(1, 8)]
FORM = {
    "language": "en",
    "preface": "About your team.",
    "texts": "\n".join(TEXTS),
    "anchors": "\n".join(ANCHORS),
    "permission_ref": "Letter of 3 May 2026, folder 12",
}


def _words() -> dict[str, object]:
    return {
        "language": "en",
        "preface": "About your team.",
        "texts": TEXTS,
        "anchors": ANCHORS,
        "permission_ref": FORM["permission_ref"],
    }


def _in_force(first, second) -> None:
    run(commands.paste_words, first.actor, "test", PACK, **_words())
    run(commands.approve_words, second.actor, "test", PACK, version=pasted_words()[PACK].version)
    run(commands.put_in_force, second.actor, "test", PACK, reason="The network agreed on it.")


def test_a_pack_is_pasted_by_one_approved_by_another_and_then_put_in_force_on_the_pages(app: Flask, sign_in) -> None:
    first, second = (someone(Role.QA, everywhere=True), someone(Role.CUSTODIAN, everywhere=True))
    one, other = sign_in(first), sign_in(second)
    page = one.get("/survey/instruments").text
    assert page.index("Team psychological safety") < page.index("no words yet")
    assert one.post(f"/survey/instruments/{PACK}/in-force", data={"reason": "why not"}).status_code == 422
    assert one.post(f"/survey/instruments/{PACK}/words", data=FORM).status_code == 302
    version = {"version": str(pasted_words()[PACK].version)}
    refused = one.post(f"/survey/instruments/{PACK}/approve", data=version)
    assert refused.status_code == 422
    assert "Ask a second person" in refused.text
    assert one.post(f"/survey/instruments/{PACK}/in-force", data={"reason": "why not"}).status_code == 422
    assert TEXTS[3] in other.get(f"/survey/instruments/{PACK}/words").text
    assert other.post(f"/survey/instruments/{PACK}/approve", data=version).status_code == 302
    assert other.post(f"/survey/instruments/{PACK}/in-force", data={"reason": "agreed"}).status_code == 302
    assert queries.full_set().code == PACK
    assert "approved by" in one.get("/survey/instruments").text
    actions = {event.rtype for event in db.session.scalars(select(AuditEvent))}
    assert {"survey_wording", "survey_in_force"} <= actions
    page = sign_in(second).get("/survey/instruments").text
    assert page.count(">in force<") == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("texts", "\n".join(TEXTS[:6])),
        ("texts", "\n".join([*TEXTS[:6], TEXTS[0]])),
        ("anchors", "\n".join(ANCHORS[:5])),
        ("permission_ref", "yes"),
        ("preface", ""),
    ],
)
def test_too_few_words_or_no_permission_are_refused_and_what_was_typed_stays(
    app: Flask, sign_in, field: str, value: str
) -> None:
    answer = sign_in(someone(Role.QA, everywhere=True)).post(
        f"/survey/instruments/{PACK}/words", data={**FORM, field: value}
    )
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "About your team." in answer.text or field == "preface"
    assert pasted_words() == {}


def test_words_that_changed_since_they_were_compared_are_not_approved(app: Flask, sign_in) -> None:
    first, second = someone(Role.QA, everywhere=True), someone(Role.QA, everywhere=True)
    run(commands.paste_words, first.actor, "test", PACK, **_words())
    read = pasted_words()[PACK].version
    run(commands.paste_words, first.actor, "test", PACK, **{**_words(), "preface": "Other words."})
    answer = sign_in(second).post(f"/survey/instruments/{PACK}/approve", data={"version": str(read)})
    assert "Somebody pasted other words meanwhile" in answer.text
    assert pasted_words()[PACK].approved_by is None


def test_approved_words_are_never_changed(app: Flask) -> None:
    first, second = someone(Role.QA, everywhere=True), someone(Role.QA, everywhere=True)
    _in_force(first, second)
    with pytest.raises(NotAllowed, match="never changed"):
        run(commands.paste_words, first.actor, "test", PACK, **_words())


def test_the_database_itself_refuses_one_person_for_both(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    person = someone(Role.QA, everywhere=True)
    run(commands.paste_words, person.actor, "test", PACK, **_words())
    monkeypatch.setattr(rules, "check_approval", lambda **_: None)
    with pytest.raises(IntegrityError, match="two_people"):
        run(commands.approve_words, person.actor, "test", PACK, version=pasted_words()[PACK].version)


def test_qa_of_one_site_reads_and_does_not_decide_for_the_network(app: Flask, sign_in) -> None:
    browser = sign_in(someone(Role.QA, a_site()))
    assert browser.get("/survey/instruments").status_code == 200
    answer = browser.post(f"/survey/instruments/{PACK}/words", data=FORM)
    assert answer.status_code == 422
    assert "the same in the whole network" in answer.text


def test_another_instrument_is_another_series_and_sheets_that_are_out_stay_as_they_are(
    app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: noon(DAY))
    key = a_registered_key()
    before, after = a_crew(5, team="Before"), a_crew(5, team="After")
    out = a_closed_review(before.coach, before.operators[0], noon(DAY))
    _in_force(someone(Role.QA, everywhere=True), someone(Role.QA, everywhere=True))
    a_crew_answers(after, DAY)
    assert db.session.scalar(select(SurveyTicket.instrument).where(SurveyTicket.review_id == out)) == 1
    assert "When something looks odd" in sign_in(before.operators[0]).get(f"/survey/{out}").text
    sheet = a_closed_review(after.coach, someone(Role.OPERATOR, a_site(), team=_team(after)), noon(DAY))
    asked = db.session.get(SurveyTicket, sheet)
    assert asked is not None
    assert asked.instrument == PACK
    rows = release(OCTOBER, key).rows
    assert [row["instrument_version"] for row in rows] == ["team-psychological-safety 1999"]


def _team(crew):
    from lms.network.models import Team

    return db.session.get(Team, crew.team_id)


def test_the_sheet_of_a_pack_shows_the_pasted_words_within_six_statements(
    app: Flask, sign_in, queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: noon(DAY))
    a_registered_key()
    _in_force(someone(Role.QA, everywhere=True), someone(Role.QA, everywhere=True))
    crew = a_crew(5)
    review_id = a_closed_review(crew.coach, crew.operators[0], noon(DAY))
    browser = sign_in(crew.operators[0])
    with queries() as sent:
        page = browser.get(f"/survey/{review_id}").text
    assert len(sent) <= 6, sent
    assert all(text in page for text in TEXTS)
    assert "7, point 7" in page
