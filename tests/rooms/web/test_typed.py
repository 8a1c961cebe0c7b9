"""What nobody can mean, in an address or in a form, is refused or taken out in one place, and never breaks a page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import select

from assessments.items import forms as items
from coaching.barriers import forms as barriers
from coaching.scheduling import forms as scheduling
from lms import clock
from lms.deviations import forms as deviations
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.permissions import Role
from modules.assignments import forms as assignments
from tests.factories.people import Someone, a_site, also, someone

LISTS = (
    "/people", "/capas", "/deviations", "/batches", "/assignments", "/system-actions", "/reviews/overview",
    "/survey/openings", "/sops", "/behavior/records",
)  # fmt: skip
DAYS = ("0001-01-01", "9999-12-31")
ROLES = (Role.ADMINISTRATOR, Role.SITE_LEAD, Role.COACH, Role.TRAINER, Role.ASSESSOR, Role.OPERATOR)


def who_sees_everything() -> Someone:
    """Somebody with every role that goes together, everywhere: what they are refused, no role of theirs would show."""
    found = someone(Role.QA, everywhere=True)
    for role in ROLES:
        found = also(found, role, None)
    return found


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("page", ["99999999999999999999", "-99999999999999999999", "0", "x", "1\0"])
def test_a_page_that_no_list_has_breaks_nothing(app: Flask, sign_in: Any, path: str, page: str) -> None:
    answer = sign_in(who_sees_everything()).get(path, query_string={"page": page})
    assert answer.status_code in {200, 302, 422}
    # a page behind the last one is an empty list, and never a refusal of the reader
    assert path == "/behavior/records" or answer.status_code == 200


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(
    "address", ["/trail?{}", "/trail.csv?{}", "/deviations?{}", "/batches?{}", "/deviations.csv?{}", "/batches.csv?{}"]
)
@pytest.mark.parametrize("name", ["from", "to", "known_on"])
def test_a_day_at_the_calendars_ends_is_refused_or_finds_nothing(
    app: Flask, sign_in: Any, address: str, name: str, day: str
) -> None:
    assert sign_in(who_sees_everything()).get(address.format(f"{name}={day}")).status_code in {200, 422}


@pytest.mark.parametrize("day", DAYS)
def test_a_moment_at_the_calendars_ends_breaks_no_question(app: Flask, sign_in: Any, day: str) -> None:
    browser = sign_in(who_sees_everything())
    for moment in (f"{day}T00:00", f"{day}T23:59+14:00", f"{day}T00:00-14:00"):
        assert browser.get("/matrix", query_string={"at": moment}).status_code in {200, 404, 422}
        before = f"{moment}~0198c0de-0000-7000-8000-000000000001"
        assert browser.get("/trail", query_string={"before": before}).status_code in {200, 422}


def test_the_trail_says_what_is_wrong_with_such_a_day(app: Flask, sign_in: Any) -> None:
    page = sign_in(who_sees_everything()).get("/trail?to=9999-12-31").get_data(as_text=True)
    assert "look at its year" in page


@pytest.mark.parametrize("day", DAYS)
def test_a_good_catch_of_a_year_that_nobody_means_is_asked_about(app: Flask, sign_in: Any, day: str) -> None:
    typed = {"description": "Label loose", "occurred_at": f"{day}T10:00", "late_reason": "no tablet"}
    answer = sign_in(someone(Role.OPERATOR, a_site())).post("/good-catch", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Look at the year" in page
    assert "Label loose" in page
    assert f'value="{day}T10:00"' in page


def test_nul_characters_are_taken_out_of_what_was_typed_and_the_rest_is_kept(app: Flask, sign_in: Any) -> None:
    site = a_site()
    happened = (clock.now() - timedelta(minutes=2)).astimezone(ZoneInfo(site.zone))
    typed = {"description": "Label\0 loose", "occurred_at": happened.strftime("%Y-%m-%dT%H:%M")}
    assert sign_in(someone(Role.OPERATOR, site)).post("/good-catch", data=typed).status_code == 302
    assert db.session.scalars(select(Deviation.description)).all() == ["Label loose"]
    person = {
        "employee_no": "N\0-1", "given_name": "Zo\0ë", "family_name": "Berg", "site": str(site.id),
        "joined_on": "2026-01-01", "email": "zoe@example.org",
    }  # fmt: skip
    browser = sign_in(someone(Role.ADMINISTRATOR, everywhere=True))
    assert browser.post("/people/new", data=person).status_code == 302
    assert db.session.scalars(select(Person.given_name).where(Person.employee_no == "N-1")).all() == ["Zoë"]
    assert browser.get("/people", query_string={"q": "Zo\0ë"}).status_code == 200


def test_blanks_are_no_reason(app: Flask, sign_in: Any) -> None:
    site = a_site()
    newcomer = someone(None, site)
    form = {"role": "trainer", "site": str(site.id), "valid_from": clock.now().date().isoformat(), "reason": "   "}
    browser = sign_in(someone(Role.ADMINISTRATOR, site))
    refused = browser.post(f"/people/{newcomer.person.id}/roles", data=form)
    assert refused.status_code == 422
    assert "Say why: it stands in the trail." in refused.get_data(as_text=True)
    assert not db.session.scalars(select(RoleAssignment).where(RoleAssignment.person_id == newcomer.person.id)).all()
    assert browser.post(f"/people/{newcomer.person.id}/roles", data={**form, "reason": " new "}).status_code == 302


@pytest.mark.parametrize(
    "shape",
    [assignments.AssignForm, deviations.PersonForm, items.QuizForm, scheduling.CancelForm, barriers.DeclineForm],
)
def test_blanks_are_no_reason_in_any_form_that_asks_for_one(app: Flask, shape: type[FlaskForm]) -> None:
    with app.test_request_context("/", method="POST", data={"reason": " \t\r\n "}):
        form = shape()
        for field in form:
            if getattr(field, "choices", ...) is None:
                field.choices = []
        assert not form.validate()
        assert form["reason"].errors
