"""The trail as QA and an inspector read it: every change in words, nothing of other sites, nothing confided, no formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lms.audit import discretion, queries, sealer
from lms.audit.queries import TrailFilters, record_history, trail
from lms.extensions import db
from lms.identity import commands as identity
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.people import Someone, a_site, someone
from tests.rooms.audit.signing import sign

SignIn = Callable[[Someone], FlaskClient]


def rename(by: Someone, whom: Someone, family_name: str, reason: str = "married") -> None:
    run(
        identity.correct_person, by.actor, reason, whom.person.id, given_name="Given", family_name=family_name,
        email="given@example.org",
    )  # fmt: skip


def text_of(page: Any) -> str:
    assert page.status_code == 200, page.get_data(as_text=True)
    return " ".join(page.get_data(as_text=True).split())


def test_a_change_is_shown_with_who_what_when_why_and_both_values(app: Flask, sign_in: SignIn) -> None:
    administrator = someone(Role.ADMINISTRATOR, everywhere=True, name="Ada Admin")
    person = someone()
    old = person.person.family_name
    person_id = person.person.id
    rename(administrator, person, "Newname")
    sealer.seal()
    page = text_of(sign_in(administrator).get(f"/trail?record=person&id={person_id}"))
    for shown in ("Ada Admin", "Administrator", "Correct person", "married", f"<del>{old}</del>", "<ins>Newname</ins>"):
        assert shown in page
    assert "version 2" in page
    assert "leaf " in page
    assert "lms.correct_person" not in page.replace('value="lms.correct_person"', "")


def test_the_history_of_a_record_has_all_its_changes_newest_first(app: Flask) -> None:
    administrator, person = someone(Role.ADMINISTRATOR, everywhere=True), someone()
    person_id = person.person.id
    rename(administrator, person, "One", "first")
    rename(administrator, person, "Two", "second")
    sign(person_id)
    rows = record_history(administrator.actor, "person", person_id)
    assert [row.reason for row in rows] == ["second", "first", "test"]
    assert [row.version for row in rows] == [3, 2, 1]
    changed = {change.field: (change.old, change.new) for change in rows[0].changes}
    assert changed == {"family name": ("One", "Two")}
    assert all(row.seq is None for row in rows)


def test_a_reader_of_one_site_sees_that_site_and_nothing_of_the_network(app: Flask, sign_in: SignIn) -> None:
    here, there = a_site("AAA"), a_site("BBB")
    somebody_there, somebody_here = someone(site=there, name="Theo There"), someone(site=here, name="Hanna Here")
    local, everywhere = someone(Role.QA, here), someone(Role.QA, everywhere=True)
    page = text_of(sign_in(local).get("/trail"))
    assert somebody_here.person.employee_no in page
    assert somebody_there.person.employee_no not in page
    assert "Open account" in text_of(sign_in(everywhere).get("/trail?action=lms.open_account"))
    assert "No event fits" in text_of(sign_in(local).get("/trail?action=lms.open_account"))
    assert record_history(local.actor, "person", somebody_there.person.id) == ()


def test_who_lacks_the_permission_is_refused(app: Flask, sign_in: SignIn) -> None:
    browser = sign_in(someone(Role.OPERATOR))
    assert browser.get("/trail").status_code == 403
    assert browser.get("/trail.csv").status_code == 403


def test_filters_by_person_action_and_day(app: Flask, sign_in: SignIn) -> None:
    ada = someone(Role.ADMINISTRATOR, everywhere=True, name="Ada Admin")
    bob = someone(Role.ADMINISTRATOR, everywhere=True, name="Bob Other")
    person = someone()
    rename(ada, person, "ByAda")
    rename(bob, person, "ByBob")
    browser = sign_in(ada)
    page = text_of(browser.get("/trail?who=ada+ad"))
    assert "ByAda" in page
    assert "ByBob</ins>" not in page
    assert "ByBob" in text_of(browser.get("/trail?action=lms.correct_person"))
    assert "ByBob" not in text_of(browser.get("/trail?to=2020-01-01"))
    assert "ByBob" in text_of(browser.get("/trail?from=2020-01-01"))
    assert "No event fits" in text_of(browser.get("/trail?who=nobody"))
    assert browser.get("/trail?from=yesterday").status_code == 422
    assert browser.get("/trail?before=nowhere").status_code == 422


def test_pages_go_on_where_the_last_one_ended(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 4)
    reader = someone(Role.QA, everywhere=True)
    everything = queries.whole_trail(reader.actor, TrailFilters())
    found, before = [], ""
    while True:
        page = trail(reader.actor, TrailFilters(), before)
        found += page.rows
        if page.older is None:
            break
        before = page.older
    assert tuple(found) == everything
    assert len({row.id for row in found}) == len(found) > 4


def test_passwords_are_never_shown_and_confided_values_to_some(app: Flask, sign_in: SignIn) -> None:
    reader = someone(Role.QA, everywhere=True)
    page = text_of(sign_in(reader).get("/trail?record=account"))
    assert "argon2" not in page
    assert "changed, never shown" in page
    discretion.keep_back("team_membership", Permission.REVIEW_COACH)
    try:
        from tests.factories.people import a_team

        someone(team=a_team(a_site(), "Confided"))
        page = text_of(sign_in(reader).get("/trail?record=team_membership"))
        assert "Values are shown to those who work with this record" in page
        assert "Confided" not in page
        assert "values not shown" in sign_in(reader).get("/trail.csv?record=team_membership").get_data(as_text=True)
    finally:
        discretion._kept_back.pop("team_membership")


def test_the_file_holds_what_the_page_holds_and_no_formula(app: Flask, sign_in: SignIn) -> None:
    administrator, person = someone(Role.ADMINISTRATOR, everywhere=True), someone()
    rename(administrator, person, "=cmd|'/c calc'!A1", "+1 reason")
    answer = sign_in(administrator).get("/trail.csv?action=lms.correct_person")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    by_field = {row["Field"]: row for row in rows}
    assert by_field["family name"]["New value"] == "'=cmd|'/c calc'!A1"
    assert {row["Reason"] for row in rows} == {"'+1 reason"}
    assert {row["Action"] for row in rows} == {"Correct person"}
    assert set(by_field) == {"given name", "family name", "email"}


def test_a_file_that_would_be_too_large_is_refused_with_what_to_do(
    app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = someone(Role.QA, everywhere=True)
    monkeypatch.setattr(queries, "EXPORT_LIMIT", 3)
    answer = sign_in(reader).get("/trail.csv")
    assert answer.status_code == 422
    assert "narrow the days" in answer.get_data(as_text=True)
    with pytest.raises(NotAllowed, match="3 events"):
        queries.whole_trail(reader.actor, TrailFilters())


def test_no_page_asks_more_than_six_questions_however_long_the_trail(
    app: Flask, sign_in: SignIn, queries: Callable[[], Any]
) -> None:
    reader = someone(Role.QA, everywhere=True, name="Querida Reader")
    for _ in range(12):
        someone()
    sign(reader.person.id)
    browser = sign_in(reader)
    for address in ("/trail", "/trail?who=Querida", "/trail.csv"):
        db.session.remove()
        with queries() as seen:
            assert browser.get(address).status_code == 200
        assert len(seen) <= 6, seen
