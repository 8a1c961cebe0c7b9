"""The unit of work: one command, one transaction, one trail."""

from __future__ import annotations

import json
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from lms.audit.models import AuditEvent, AuditUnsealed
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import Person
from lms.permissions import Role
from lms.refusals import NoPermission
from lms.unit_of_work import UnauditedChange, run
from tests.factories.people import INSTALLER, a_site, someone


def test_a_change_is_written_to_the_trail_with_its_true_old_value_and_who_and_why(app: Flask) -> None:
    person = someone().person
    run(
        identity.correct_person,
        INSTALLER,
        "married",
        person.id,
        given_name="Ada",
        family_name="Byron",
        email="ada@example.org",
    )
    event = db.session.scalars(
        select(AuditEvent).where(AuditEvent.rid == str(person.id)).order_by(AuditEvent.id.desc()).limit(1)
    ).one()
    body, payload = json.loads(event.body), json.loads(event.payload or "")
    assert body["action"] == "lms.correct_person"
    assert body["reason"] == "married"
    assert body["actor"] == "system:installer"
    assert body["rver"] == 2
    assert payload["family_name"] == [person.family_name, "Byron"] or payload["family_name"][1] == "Byron"
    assert set(payload) == {"given_name", "family_name", "email"}
    assert db.session.get(AuditUnsealed, event.id) is not None


def test_a_role_that_lacks_the_permission_is_refused_and_nothing_changes(app: Flask) -> None:
    operator = someone(Role.OPERATOR)
    with pytest.raises(NoPermission):
        run(
            identity.register_person,
            operator.actor,
            "test",
            employee_no="X",
            given_name="A",
            family_name="B",
            site_id=a_site().id,
            joined_on=date(2026, 1, 1),
        )
    assert db.session.scalar(select(Person.id).where(Person.employee_no == "X")) is None


def test_a_change_outside_a_unit_of_work_is_refused(app: Flask) -> None:
    person = db.session.get_one(Person, someone().person.id)
    person.email = "quiet@example.org"
    with pytest.raises(UnauditedChange, match="Person"):
        db.session.commit()


def test_a_bulk_update_of_gmp_records_is_refused(app: Flask) -> None:
    someone()
    with pytest.raises(UnauditedChange, match="bulk"):
        db.session.execute(update(Person).values(email=""))


@pytest.mark.parametrize(
    "statement",
    [
        "update person set email = 'x'",
        "delete from role_assignment",
        "delete from audit_event",
        "update audit_event set body = ''",
    ],
)
def test_raw_sql_against_a_record_or_the_trail_is_stopped_by_the_database(app: Flask, statement: str) -> None:
    someone()
    with pytest.raises(DBAPIError):
        db.session.execute(text(statement))


def test_opening_the_home_page_needs_a_session(app: Flask, client, sign_in) -> None:
    assert client.get("/").headers["Location"].startswith("/sign-in")
    page = sign_in(someone()).get("/")
    assert page.status_code == 200
    assert "What needs you" in page.get_data(as_text=True)
