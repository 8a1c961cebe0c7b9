"""Taking a file in on the page: file, columns, dry run, confirmation; nothing is written before the last."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from lms.audit.models import AuditEvent
from lms.deviations.models import Deviation, ImportRun
from lms.exposure.models import Batch
from lms.extensions import db
from lms.permissions import Role
from tests.factories.people import Someone, a_site, a_team, someone

FILE = (
    "Ref,Site,Date,Story,Found by,Kind\n"
    "R-1,AAA,01.03.2026,Label loose.,performer,deviation\n"
    "R-2,AAA,02.03.2026,=1+1,alarm,deviation\n"
    "R-3,AAA,yesterday,Bag cold.,peer,deviation\n"
)
COLUMNS = {
    "column-external_id": "Ref",
    "column-site": "Site",
    "column-occurred_at": "Date",
    "column-description": "Story",
    "column-detection_channel": "Found by",
    "column-kind": "Kind",
    "constant-severity": "minor",
    "dates": "%d.%m.%Y",
}


@pytest.fixture
def dana(app: Flask, settings: Settings) -> Someone:
    shutil.rmtree(settings.data_dir / "uploads", ignore_errors=True)
    return someone(Role.QA)


def send(browser: Any, text: str, name: str = "log.csv", kind: str = "deviations") -> Any:
    return browser.post("/imports", data={"kind": kind, "file": (io.BytesIO(text.encode()), name)})


def uploads(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "uploads").rglob("*") if path.is_file()]


def test_a_file_goes_in_step_by_step_and_is_removed_afterwards(dana: Someone, sign_in: Any, settings: Settings) -> None:
    browser = sign_in(dana)
    columns = send(browser, FILE).headers["Location"]
    page = browser.get(columns).get_data(as_text=True)
    assert '<option value="Site" selected>' in page
    assert '<option value="Kind" selected>' in page
    answer = browser.post(columns, data=COLUMNS)
    check = answer.headers["Location"]
    page = browser.get(check).get_data(as_text=True)
    assert "3" in page
    assert "yesterday" in page
    assert "name its format" in page
    assert db.session.scalar(select(func.count()).select_from(Deviation)) == 0
    refused = browser.get(check.replace("check", "refused.csv"))
    assert b"R-3" in refused.data
    assert b"R-1" not in refused.data
    nothing = browser.post(check, data={"lines": "all"})
    assert nothing.status_code == 422
    assert "nothing was taken in" in nothing.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(Deviation)) == 0
    assert uploads(settings)
    assert browser.post(check, data={"lines": "good"}).headers["Location"] == "/deviations"
    assert set(db.session.scalars(select(Deviation.external_id))) == {"R-1", "R-2"}
    assert uploads(settings) == []
    assert browser.get(check).status_code == 404
    again = browser.get("/imports").get_data(as_text=True)
    assert "log.csv" in again
    told = db.session.scalars(select(ImportRun)).one()
    assert (told.by_person_id, told.rows_read, told.rows_refused) == (dana.person.id, 3, 1)


def test_nobody_else_reaches_a_file_between_its_steps(dana: Someone, sign_in: Any) -> None:
    columns = send(sign_in(dana), FILE).headers["Location"]
    other = sign_in(someone(Role.QA))
    for path in (columns, columns.replace("columns", "check"), columns.replace("columns", "refused.csv")):
        assert other.get(path).status_code == 404, path
    assert other.get("/imports/..%2f..%2fdevelopment-secret/columns").status_code == 404


def test_a_file_left_lying_for_a_day_goes_with_the_next_one(dana: Someone, sign_in: Any, settings: Settings) -> None:
    send(sign_in(someone(Role.QA)), FILE)
    left = uploads(settings)
    for folder in {path.parent for path in left}:
        os.utime(folder, (0, 0))
    send(sign_in(dana), FILE)
    assert len(uploads(settings)) == 2
    assert not set(left) & set(uploads(settings))


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [("", "a.csv", "empty"), ("a,b\n1,2\n", "a.xlsx", "no Excel workbook"), ("a,a\n1,2\n", "a.csv", "Two columns")],
)
def test_a_file_that_cannot_be_used_is_refused_at_once(
    dana: Someone, sign_in: Any, settings: Settings, text: str, name: str, sentence: str
) -> None:
    page = send(sign_in(dana), text, name)
    assert page.status_code == 422
    assert sentence in page.get_data(as_text=True)
    assert uploads(settings) == []


def test_columns_that_do_not_fit_are_refused_and_the_choice_is_kept(dana: Someone, sign_in: Any) -> None:
    browser = sign_in(dana)
    columns = send(browser, FILE).headers["Location"]
    page = browser.post(columns, data={**COLUMNS, "column-external_id": ""})
    assert page.status_code == 422
    assert "No column is named for" in page.get_data(as_text=True)
    assert '<option value="Story" selected>' in page.get_data(as_text=True)
    assert 'value="minor"' in page.get_data(as_text=True)


def test_batches_go_in_the_same_way(dana: Someone, sign_in: Any) -> None:
    a_team(a_site())
    text = "Batch number;Site;Product;First day;Team\nB-1;AAA;CAR-T;2026-03-01;team 1\nB-2;ZZZ;CAR-T;2026-03-02;\n"
    browser = sign_in(dana)
    columns = send(browser, text, kind="batches").headers["Location"]
    fields = {"number": "Batch number", "site": "Site", "product": "Product", "started_on": "First day", "team": "Team"}
    check = browser.post(columns, data={f"column-{k}": v for k, v in fields.items()}).headers["Location"]
    assert "is none of your sites" in browser.get(check).get_data(as_text=True)
    assert browser.post(check, data={"lines": "good"}).headers["Location"] == "/batches"
    batch = db.session.scalars(select(Batch)).one()
    assert (batch.number, batch.team_id) == ("B-1", a_team(a_site()).id)
    columns = send(browser, text, kind="batches").headers["Location"]
    check = browser.post(columns, data={f"column-{k}": v for k, v in fields.items()}).headers["Location"]
    browser.post(check, data={"lines": "good"})
    told = db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(1)).one()
    assert (told.rows_accepted, told.rows_unchanged, told.rows_refused) == (0, 1, 1)


NAMED = FILE.replace("Label loose.", "Patient Erika Meyer born 12.03.1961 was cold.").replace("yesterday", "03.03.2026")


def test_a_patient_in_a_file_is_asked_about_before_anything_is_written(dana: Someone, sign_in: Any) -> None:
    browser = sign_in(dana)
    check = browser.post(send(browser, NAMED).headers["Location"], data=COLUMNS).headers["Location"]
    page = browser.get(check).get_data(as_text=True)
    assert "<mark>Erika Meyer</mark>" in page
    answer = re.findall(r'name="no_patient" id="no_patient" value="([0-9a-f]+)"', page)[0]
    for said in ("", "yes", answer[:-1]):
        refused = browser.post(check, data={"lines": "all", "no_patient": said})
        assert refused.status_code == 422
        assert "holds what looks like a patient" in refused.get_data(as_text=True)
    assert db.session.scalars(select(Deviation.id)).all() == []
    assert browser.post(check, data={"lines": "all", "no_patient": answer}).headers["Location"] == "/deviations"
    bodies = db.session.scalars(select(AuditEvent.body).where(AuditEvent.rtype == "deviation")).all()
    assert len(bodies) == 3
    assert {json.loads(body)["reason"] for body in bodies} == {
        "file log.csv; no patient, says who took the file in: 1 x birth date, 1 x name"
    }
    assert not any("Erika" in body for body in bodies), "a body can never be taken back"


def test_the_answer_about_one_file_is_none_about_another(dana: Someone, sign_in: Any) -> None:
    browser = sign_in(dana)
    check = browser.post(send(browser, NAMED).headers["Location"], data=COLUMNS).headers["Location"]
    answer = re.findall(r'id="no_patient" value="([0-9a-f]+)"', browser.get(check).get_data(as_text=True))[0]
    other = NAMED.replace("Erika Meyer", "Grace Hill")
    check = browser.post(send(browser, other).headers["Location"], data=COLUMNS).headers["Location"]
    assert browser.post(check, data={"lines": "all", "no_patient": answer}).status_code == 422
    assert db.session.scalars(select(Deviation.id)).all() == []
