"""A signed study: found altered if it was edited, made anew by the method that made it, and of its own sites alone."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update

from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.snapshots import commands
from behavior_metrics.snapshots.cli import study_snapshot
from behavior_metrics.snapshots.models import SnapshotCheck, StudySnapshot
from behavior_metrics.snapshots.rules import hash_of
from lms.extensions import db
from lms.permissions import Actor, Role
from lms.refusals import NotAllowed, StaleForm
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run, transaction
from tests.factories.behavior import (
    history,
    moment,
    opened,
    qa_of_the_network,
    qa_with_an_answer,
    quarter,
    release_climate,
)
from tests.factories.people import PASSWORD, Beginning, Someone, a_site, a_team, someone

NIGHT = Actor.system("make_nightly_analysis")


@pytest.fixture
def qa(app: Flask) -> Someone:
    return qa_of_the_network(a_site("S00", "Europe/Berlin"))


def a_small_study(qa: Someone) -> str:
    """Write one team's quarter and its night, far below the gate; return the hash that the page would show."""
    site = a_site("S00", "Europe/Berlin")
    team = a_team(site)
    with history(qa) as past:
        past.batches(site, team, quarter(1), 2)
        past.deviation(site, team, moment(quarter(1), 1))
        past.recurrence(site, team, moment(quarter(1), 2))
    release_climate(quarter(2), 5.0, team=team)
    run(make_nightly_analysis, NIGHT, "due")
    return db.session.scalars(select(AnalysisRun.input_hash)).one()


def signed_by(qa: Someone, shown: str) -> StudySnapshot:
    return run(commands.take_snapshot, qa.signing, "read", shown=shown, remark="Too early to say.")


def edited(run_id: Any, **values: str) -> None:
    """Change a kept run as nobody may: past the application."""
    with transaction() as connection:
        connection.execute(update(AnalysisRun).where(AnalysisRun.id == run_id).values(**values))
    db.session.expire_all()


def verified(snapshot: StudySnapshot) -> tuple[int, dict[str, Any]]:
    answer = CliRunner().invoke(study_snapshot, [str(snapshot.id), "--verify", "--json"])
    return answer.exit_code, json.loads(answer.output)


def test_a_study_that_was_signed_comes_out_the_same_and_its_signature_holds(beginning: Beginning) -> None:
    qa = beginning(qa_with_an_answer)
    run(make_nightly_analysis, NIGHT, "due")
    kept = db.session.scalars(select(AnalysisRun)).one()
    snapshot = signed_by(qa, kept.input_hash)
    assert (snapshot.input_hash, snapshot.output_hash) == (hash_of(kept.input), hash_of(kept.output))
    assert [one.holds for one in signatures_on(snapshot)] == [True]
    code, report = verified(snapshot)
    assert (code, report["verdict"], report["differences"]) == (0, "same", [])
    assert report["signatures"][0]["holds"] is True
    assert "climate" not in json.dumps(report), "a program that acts for no reader prints no figure of the survey"


@pytest.mark.parametrize("which", ["input", "output"])
def test_an_edit_of_what_was_kept_is_found_and_said(qa: Someone, which: str) -> None:
    snapshot = signed_by(qa, a_small_study(qa))
    kept = db.session.get_one(AnalysisRun, snapshot.run_id)
    text = getattr(kept, which)
    other = (
        text.replace(f"{quarter(1).index}, 2,", f"{quarter(1).index}, 3,", 1)
        if which == "input"
        else text.replace('"sites": 1', '"sites": 9', 1)
    )
    assert other != text
    edited(snapshot.run_id, **{which: other})
    code, report = verified(snapshot)
    assert (code, report["verdict"]) == (1, "altered")
    assert report["differences"][0]["place"] == which
    assert len(report["differences"]) > 1, "and which figures no longer come out"
    check = run(commands.check_snapshot, qa.actor, "again", snapshot.id)
    assert check.verdict == "altered"


def test_what_has_changed_since_is_said_and_the_study_still_comes_out_the_same(qa: Someone, sign_in: Any) -> None:
    snapshot = signed_by(qa, a_small_study(qa))
    site = a_site("S00", "Europe/Berlin")
    with history(qa) as past:
        past.batches(site, a_team(site), quarter(1), 1)
        past.recurrence(site, a_team(site), moment(quarter(1), 80), channel="performer")
    browser = opened(sign_in(qa))
    answer = browser.post(f"/behavior/linkage/studies/{snapshot.id}/regenerate")
    assert answer.status_code == 302
    check = db.session.scalars(select(SnapshotCheck)).one()
    found = {(line["kind"], line["before"], line["after"]) for line in json.loads(check.changes)}
    assert check.verdict == "same"
    assert {("batches", "2", "3"), ("self_reported", "0", "1"), ("recurrences", "1", "2")} <= found
    recurred = [line for line in json.loads(check.changes) if line["kind"] == "recurrence"]
    assert [line["before"] for line in recurred] == ["–"]
    assert "self_reported" in recurred[0]["after"]
    page = browser.get(f"/behavior/linkage/studies/{snapshot.id}").get_data(as_text=True)
    assert "Every figure came out the same, to 1e-9" in page
    assert "S00: Team" in page or "S00: " in page


def test_a_site_whose_survey_is_switched_off_since_is_said(qa: Someone) -> None:
    from coaching.voice.commands import switch_survey

    snapshot = signed_by(qa, a_small_study(qa))
    custodian = someone(Role.CUSTODIAN, everywhere=True)
    run(switch_survey, custodian.actor, "", a_site("S00").id, on=False, reason="The works council asked for a pause.")
    check = run(commands.check_snapshot, qa.actor, "again", snapshot.id)
    found = {(line["kind"], line["what"], line["after"]) for line in json.loads(check.changes)}
    assert ("switched_off", "S00", "off") in found
    assert any(kind == "climate" and after == "–" for kind, _what, after in found)


def test_what_is_not_shown_any_more_cannot_be_signed(qa: Someone) -> None:
    shown = a_small_study(qa)
    with pytest.raises(StaleForm, match="changed while you read"):
        signed_by(qa, "0" * 64)
    with pytest.raises(NotAllowed, match="Say how you read"):
        run(commands.take_snapshot, qa.signing, "read", shown=shown, remark="  ")
    with pytest.raises(NotAllowed, match="password"):
        run(commands.take_snapshot, qa.actor, "read", shown=shown, remark="as shown")
    assert db.session.scalars(select(StudySnapshot)).all() == []


def test_a_run_of_the_first_method_is_made_anew_but_not_signed(qa: Someone) -> None:
    from behavior_metrics.linkage.estimates import METHODS
    from behavior_metrics.linkage.kept import Input
    from behavior_metrics.linkage.rows import fingerprint

    a_small_study(qa)
    kept = db.session.scalars(select(AnalysisRun)).one()
    given = Input.from_text(kept.input)
    old = Input(given.rows, given.within_team_variance)
    results = json.loads(METHODS[1](old).as_text())["results"]
    edited(
        kept.id,
        input=old.as_text(),
        output=json.dumps(results),
        input_hash=fingerprint(old.rows, 1),
        method_version=1,
    )
    with pytest.raises(NotAllowed, match="earlier method"):
        signed_by(qa, fingerprint(old.rows, 1))


def test_a_study_of_other_sites_is_not_found(qa: Someone, sign_in: Any) -> None:
    snapshot = signed_by(qa, a_small_study(qa))
    browser = opened(sign_in(someone(Role.QA, a_site("S00"))))
    for name in ("", "/rows.csv", "/report.pdf", "/method.txt"):
        assert browser.get(f"/behavior/linkage/studies/{snapshot.id}{name}").status_code == 404
    assert browser.post(f"/behavior/linkage/studies/{snapshot.id}/regenerate").status_code == 404
    assert "No study is signed yet" in browser.get("/behavior/linkage/studies").get_data(as_text=True)


def test_signing_on_the_page_keeps_what_was_typed_when_the_password_is_wrong(qa: Someone, sign_in: Any) -> None:
    shown = a_small_study(qa)
    browser = opened(sign_in(qa))
    page = browser.get("/behavior/linkage").get_data(as_text=True)
    assert f'name="shown" value="{shown}"' in page
    typed = {"shown": shown, "remark": "Too early; look again in spring.", "password": "wrong"}
    refused = browser.post("/behavior/linkage/studies", data=typed)
    assert refused.status_code == 422
    assert "Too early; look again in spring." in refused.get_data(as_text=True)
    done = browser.post("/behavior/linkage/studies", data=typed | {"password": PASSWORD})
    assert done.status_code == 302
    listed = browser.get("/behavior/linkage/studies.csv").get_data(as_text=True)
    assert "Too early; look again in spring." in listed
    assert "Ana Ferreira" in listed


def test_files_of_a_signed_study_are_those_of_then(qa: Someone, sign_in: Any, queries: Any) -> None:
    snapshot = signed_by(qa, a_small_study(qa))
    browser = opened(sign_in(qa))
    address = f"/behavior/linkage/studies/{snapshot.id}"
    before = browser.get(f"{address}/rows.csv").data
    with history(qa) as past:
        past.batches(a_site("S00"), a_team(a_site("S00")), quarter(1), 1)
    assert browser.get(f"{address}/rows.csv").data == before
    workbook = zipfile.ZipFile(io.BytesIO(browser.get(f"{address}/rows.xlsx").data))
    assert len([name for name in workbook.namelist() if re.match(r"xl/worksheets/sheet\d", name)]) == 2
    with queries() as seen:
        assert browser.get(address).status_code == 200
    assert len(seen) <= 6
    for _ in range(3):
        run(commands.check_snapshot, qa.actor, "again", snapshot.id)
        signed_by(qa, snapshot.rows_hash)
    for page in (address, "/behavior/linkage/studies"):
        with queries() as many:
            assert browser.get(page).status_code == 200
        assert len(many) <= 6, page


def test_the_report_is_a_tagged_pdf_and_the_same_study_gives_the_same_bytes(qa: Someone, sign_in: Any) -> None:
    snapshot = signed_by(qa, a_small_study(qa))
    browser = opened(sign_in(qa))
    address = f"/behavior/linkage/studies/{snapshot.id}/report.pdf"
    answer = browser.get(address)
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-1.7")
    assert b"StructTreeRoot" in answer.data
    assert answer.data == browser.get(address).data
