"""Free text of a deviation that looks like a patient is asked about before it is saved, wherever it is typed."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import TextAreaField

from lms import clock
from lms.audit import reasons
from lms.audit.models import AuditEvent
from lms.audit.verification import verify
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.patient_data.forms import NoPatientForm
from lms.permissions import Role
from tests.factories.deviations import CLASSIFIED, a_deviation, stored
from tests.factories.people import someone

WORDS = "John Smith"
STORY = f"The bag of patient {WORDS} was scanned twice."


def a_report(**values: str) -> dict[str, str]:
    happened = (clock.now() - timedelta(minutes=2)).astimezone(ZoneInfo("Europe/Berlin"))
    return {"description": STORY, "occurred_at": f"{happened:%Y-%m-%dT%H:%M}", "immediate_action": "Held", **values}


def digest_in(page: str) -> str:
    return page.split('name="no_patient" value="')[1].split('"', maxsplit=1)[0]


def reasons_of(record: Deviation) -> list[str]:
    bodies = db.session.scalars(select(AuditEvent.body).where(AuditEvent.rid == str(record.id)).order_by(AuditEvent.id))
    return [json.loads(body)["reason"] for body in bodies]


def test_a_name_is_marked_and_nothing_typed_is_lost(app: Flask, sign_in: Any) -> None:
    browser = sign_in(someone())
    answer = browser.post("/good-catch", data=a_report())
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert f"<mark>{WORDS}</mark>" in page
    assert f"{STORY}</textarea>" in page
    assert "Held</textarea>" in page
    assert db.session.scalars(select(Deviation)).all() == []


def test_what_is_said_to_be_no_patient_is_saved_and_the_saying_is_in_the_trail_without_the_words(
    app: Flask, sign_in: Any
) -> None:
    browser = sign_in(someone())
    said = digest_in(browser.post("/good-catch", data=a_report()).get_data(as_text=True))
    assert browser.post("/good-catch", data=a_report(no_patient=said)).status_code == 302
    record = db.session.scalars(select(Deviation)).one()
    assert record.description == STORY
    assert reasons_of(record) == ["reported; no patient, says who wrote it: description (name)"]
    assert verify().ok


def test_the_answer_covers_no_other_words(app: Flask, sign_in: Any) -> None:
    browser = sign_in(someone())
    said = digest_in(browser.post("/good-catch", data=a_report()).get_data(as_text=True))
    more = a_report(no_patient=said, immediate_action="Called Mrs Jones")
    answer = browser.post("/good-catch", data=more)
    assert answer.status_code == 422
    assert "<mark>Jones</mark>" in answer.get_data(as_text=True)
    assert browser.post("/good-catch", data=a_report(no_patient="yes")).status_code == 422


def test_what_holds_no_patient_is_not_asked_about_and_nothing_is_declared(app: Flask, sign_in: Any) -> None:
    browser = sign_in(someone())
    form = a_report(description="Bag LYO-26-0412 was scanned twice at 10:42.", no_patient="anything")
    assert browser.post("/good-catch", data=form).status_code == 302
    assert reasons_of(db.session.scalars(select(Deviation)).one()) == ["reported"]


def test_the_tick_stays_when_something_else_is_refused(app: Flask, sign_in: Any) -> None:
    browser = sign_in(someone())
    said = digest_in(browser.post("/good-catch", data=a_report()).get_data(as_text=True))
    future = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    page = browser.post("/good-catch", data=a_report(no_patient=said, occurred_at=future)).get_data(as_text=True)
    assert f'value="{said}" checked' in page


def test_triage_asks_too_and_its_rationale_is_not_in_the_sealed_part_of_the_trail(app: Flask, sign_in: Any) -> None:
    chidi, dana = someone(), someone(Role.QA)
    deviation_id = a_deviation(chidi)
    form = {name: value for name, value in CLASSIFIED.items() if isinstance(value, str)}
    form |= {
        "version": str(stored(deviation_id).version),
        "answer": f"Thank you. {STORY}",
        "rubric": "direct.by_chance",
    }
    browser = sign_in(dana)
    page = browser.post(f"/deviations/{deviation_id}/triage", data=form)
    assert page.status_code == 422
    assert f"<mark>{WORDS}</mark>" in page.get_data(as_text=True)
    rationale = "Would have halved the dose for Mrs Jones."
    form |= {"answer": "Thank you.", "severity_rationale": rationale}
    form["no_patient"] = digest_in(browser.post(f"/deviations/{deviation_id}/triage", data=form).get_data(as_text=True))
    assert browser.post(f"/deviations/{deviation_id}/triage", data=form).status_code == 302
    bodies = db.session.scalars(select(AuditEvent.body)).all()
    assert not [body for body in bodies if "Jones" in body]
    (_, written) = reasons_of(stored(deviation_id))
    assert written == "as in “severity_rationale”; no patient, says who wrote it: severity_rationale (name)"
    assert rationale in unescape(browser.get(f"/trail?record=deviation&id={deviation_id}").get_data(as_text=True))


#: Where forms about deviations, and what follows from them, are.
FORMS = (
    *("deviations", "capas", "investigations", "reportable", "second_coding", "redactions", "standings", "gates"),
    *("modules.bulletins", "modules.action_training"),
)


def forms_with_free_text() -> list[type[FlaskForm]]:
    found = []
    for folder in FORMS:
        module = import_module(f"{folder if '.' in folder else f'lms.{folder}'}.forms")
        for form in vars(module).values():
            own = isinstance(form, type) and issubclass(form, FlaskForm) and form.__module__ == module.__name__
            if own and any(getattr(field, "field_class", None) is TextAreaField for field in vars(form).values()):
                found.append(form)
    return found


@pytest.mark.parametrize("form", forms_with_free_text(), ids=lambda form: f"{form.__module__}.{form.__name__}")
def test_every_form_with_free_text_of_a_deviation_asks(app: Flask, form: type[FlaskForm]) -> None:
    assert issubclass(form, NoPatientForm)
    with app.test_request_context(method="POST"):
        empty = form(None)
        free = empty._free_texts()
        assert free
        for field in free:
            field.data = STORY
            for choice in empty:
                choice.validate_choice, choice.validators = False, ()
            assert not empty.validate()
            assert field.errors, (form, field.name)
            field.data = ""


def test_the_hint_stands_at_each_free_text(app: Flask, sign_in: Any) -> None:
    page = sign_in(someone()).get("/good-catch").get_data(as_text=True)
    assert page.count("No patient name, number or birth date.") == 2


def test_a_reason_that_is_a_field_is_named_by_it_and_read_from_it() -> None:
    records = [{"title": " Bag loose", "version": 3}]
    assert reasons.reason_of("Bag loose", records, []) == "as in “title”"
    assert reasons.reason_of("agreed", records, ["said"]) == "agreed; said"
    assert reasons.reason_of("", records, []) is None
    assert reasons.reason_shown("as in “title”; said", {"title": [None, "Bag loose"]}) == "Bag loose; said"
    assert reasons.reason_shown("as in “title”", {}) == "as in “title”"
