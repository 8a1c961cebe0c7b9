"""A site asks what it needs beside the network's codes: on the report, at triage, on the record and in the export."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lms import clock
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.site_fields import commands
from lms.site_fields.models import SiteField
from lms.site_fields.rules import MOST_FIELDS
from lms.unit_of_work import run
from tests.factories.deviations import CLASSIFIED, a_deviation, stored, triage
from tests.factories.people import Someone, a_site, someone


def a_field(dana: Someone, label: str = "Isolator", choices: str = "IS-1\nIS-2") -> SiteField:
    kind = "choice" if choices else "text"
    return run(commands.add_site_field, dana.actor, "x", a_site().id, label=label, kind=kind, choices=choices)


def test_a_field_is_asked_on_the_report_kept_shown_and_exported(dana: Someone, sign_in: Any) -> None:
    field, free = a_field(dana), a_field(dana, "Ticket", "")
    chidi = sign_in(someone(Role.OPERATOR))
    page = chidi.get("/good-catch").get_data(as_text=True)
    assert "Isolator" in page
    assert "IS-2" in page
    at = (clock.now() - timedelta(minutes=5)).astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%dT%H:%M")
    form = {"description": "Glove torn.", "occurred_at": at, f"own-{field.id}": "IS-9", f"own-{free.id}": "T-1"}
    wrong = chidi.post("/good-catch", data=form)
    assert wrong.status_code == 422
    assert "Isolator: choose from the list." in wrong.get_data(as_text=True)
    assert 'value="T-1"' in wrong.get_data(as_text=True)
    assert db.session.scalar(select(Deviation.id)) is None
    assert chidi.post("/good-catch", data={**form, f"own-{field.id}": "IS-2"}).status_code == 302
    raised = db.session.scalars(select(Deviation)).one()
    triage(dana, raised.id, severity="minor")
    browser = sign_in(dana)
    page = browser.get(f"/deviations/{raised.id}").get_data(as_text=True)
    assert "<dt>Isolator</dt><dd>IS-2</dd>" in page
    body = browser.get("/deviations.csv").get_data(as_text=True).lstrip("\ufeff")
    row = next(csv.DictReader(io.StringIO(body)))
    assert set(row["site_fields"].split("; ")) == {"Isolator: IS-2", "Ticket: T-1"}


def test_triage_asks_too_and_keeps_what_it_did_not_show(dana: Someone, sign_in: Any) -> None:
    field = a_field(dana)
    deviation_id = a_deviation(someone(Role.OPERATOR))
    browser = sign_in(dana)
    assert f"own-{field.id}" in browser.get(f"/site-fields/of/{deviation_id}").get_data(as_text=True)
    codes = {name: code for name, code in CLASSIFIED.items() if code}
    form = {**codes, "rubric": "direct.by_chance", "version": "1", f"own-{field.id}": "IS-1"}
    assert browser.post(f"/deviations/{deviation_id}/triage", data=form).status_code == 302
    version = str(stored(deviation_id).version)
    again = {**codes, "rubric": "none.before_release", "version": version, "severity": "minor"}
    assert browser.post(f"/deviations/{deviation_id}/triage", data=again).status_code == 302
    assert "<dd>IS-1</dd>" in browser.get(f"/deviations/{deviation_id}").get_data(as_text=True)
    run(commands.retire_site_field, dana.actor, "x", field.id, version=1)
    assert f"own-{field.id}" not in browser.get(f"/site-fields/of/{deviation_id}").get_data(as_text=True)
    assert "<dd>IS-1</dd>" in browser.get(f"/deviations/{deviation_id}").get_data(as_text=True), "said stays said"


def test_a_site_has_a_handful_of_fields_and_each_label_once(dana: Someone) -> None:
    for number in range(MOST_FIELDS):
        a_field(dana, f"Field {number}", "")
    with pytest.raises(NotAllowed, match="at most"):
        a_field(dana, "One more", "")
    run(commands.retire_site_field, dana.actor, "x", db.session.scalars(select(SiteField.id)).first(), version=1)
    with pytest.raises(NotAllowed, match="of this label"):
        a_field(dana, "FIELD 3", "")
    with pytest.raises(NotAllowed, match="two different"):
        a_field(dana, "Room", "A\n a ")
    a_field(dana, "Room", "A\nB")


def test_another_sites_fields_are_out_of_reach(dana: Someone, sign_in: Any) -> None:
    field, other = a_field(dana), a_site("BBB")
    qa = someone(Role.QA, other)
    with pytest.raises(NotFound):
        run(commands.retire_site_field, qa.actor, "x", field.id, version=1)
    with pytest.raises(NotFound):
        run(commands.add_site_field, qa.actor, "x", a_site().id, label="x", kind="text")
    browser = sign_in(qa)
    assert browser.get(f"/site-fields/{a_site().id}").status_code == 404
    assert browser.get(f"/site-fields/of/{a_deviation(someone(Role.OPERATOR))}").status_code == 404
    with pytest.raises(NotAllowed, match="not asked"):
        a_deviation(someone(Role.OPERATOR, other), other, own={field.id: "IS-1"})
