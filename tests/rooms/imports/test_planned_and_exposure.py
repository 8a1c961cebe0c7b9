"""Planned batches and work by month come by file: each bad line is named, nothing is half written, the second time nothing changes."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from lms import clock
from lms.audit.models import AuditEvent
from lms.cli import command_line
from lms.extensions import db
from lms.imports.commands import import_exposure, import_planned_batches, target_of
from lms.imports.engine import Checked, Fate, check, refused_rows
from lms.imports.mapping import Mapping
from lms.permissions import Role
from lms.planning.commands import cancel_planned_batch
from lms.planning.models import ExposurePeriod, PlannedBatch
from lms.refusals import NoPermission, NotAllowed
from lms.unit_of_work import run
from tests.factories.deviations import a_batch, a_table
from tests.factories.people import Someone, a_site, a_team, someone
from tests.factories.standings import a_planned_batch, an_onboarding_site

PLANNED = ("number", "site", "product", "process", "starts_at", "ends_at", "process_version", "team")
EXPOSURE = ("site", "month", "unit", "count", "team")
DAY = (clock.now() + timedelta(days=10)).date().isoformat()
GOOD_PLAN = dict(
    zip(PLANNED, ("P-1", "AAA", "CAR-T A", "CAR-T", f"{DAY} 08:00", f"{DAY} 16:00", "3", "team 1"), strict=True)
)
GOOD_COUNT = dict(zip(EXPOSURE, ("AAA", "2026-01", "critical_steps", "1250", "Team 1"), strict=True))


@pytest.fixture
def dana(app: Flask, settings: Settings) -> Someone:
    shutil.rmtree(settings.data_dir / "uploads", ignore_errors=True)
    a_team(a_site())
    return someone(Role.QA)


def mapping_of(headings: tuple[str, ...], **further: Any) -> Mapping:
    return Mapping(columns={name: name for name in headings}, **further)


def file_of(headings: tuple[str, ...], good: dict[str, str], *changes: dict[str, str]) -> Any:
    return a_table(headings, [[{**good, **change}[name] for name in headings] for change in changes])


def judged(by: Someone, kind: str, *changes: dict[str, str], **further: Any) -> Checked:
    headings, good = (PLANNED, GOOD_PLAN) if kind == "planned-batches" else (EXPOSURE, GOOD_COUNT)
    table = file_of(headings, good, *changes)
    return check(table, mapping_of(headings, **further), target_of(kind), by.actor, clock.now())


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


PLAN_FAULTS = {
    "no number": ({"number": ""}, "number", "Fill the cell"),
    "a number that is a formula": ({"number": "=P-1"}, "number", "as a formula does"),
    "a number of a batch": ({"number": "B-1"}, "number", "has started"),
    "another site's number": ({"number": "P-B"}, "number", "taken at another site"),
    "no site": ({"site": ""}, "site", "Fill the cell"),
    "another's site": ({"site": "BBB"}, "site", "none of your sites"),
    "a site that does not work": ({"site": "CCC", "team": ""}, "site", "is onboarding"),
    "no product": ({"product": ""}, "product", "Fill the cell"),
    "no process": ({"process": ""}, "process", "Fill the cell"),
    "no start": ({"starts_at": ""}, "starts_at", "Fill the cell"),
    "an impossible day": ({"starts_at": "2026-02-30"}, "starts_at", "is not a date"),
    "a start that is over": ({"starts_at": "2026-01-05 08:00"}, "starts_at", "is over"),
    "a time that was skipped": ({"starts_at": "2028-03-26 02:30"}, "starts_at", "clocks were put forward"),
    "an end before the start": ({"ends_at": f"{DAY} 07:00"}, "ends_at", "ends before it begins"),
    "a run of months": ({"ends_at": "2199-01-01"}, "ends_at", "at most 60 days"),
    "unknown team": ({"team": "Night"}, "team", "no team of AAA"),
}
COUNT_FAULTS = {
    "no site": ({"site": ""}, "site", "Fill the cell"),
    "another's site": ({"site": "BBB"}, "site", "none of your sites"),
    "no month": ({"month": ""}, "month", "Fill the cell"),
    "month 13": ({"month": "2026-13"}, "month", "is not a date"),
    "a month to come": ({"month": "2199-01"}, "month", "has not begun"),
    "unknown unit": ({"unit": "litres"}, "unit", "Use one of: critical_steps, hours"),
    "no unit": ({"unit": ""}, "unit", "Fill the cell"),
    "no count": ({"count": ""}, "count", "Fill the cell"),
    "a negative count": ({"count": "-3"}, "count", "no whole number"),
    "half a step": ({"count": "1.5"}, "count", "no whole number"),
    "digits of another script": ({"count": "\u0661\u0662"}, "count", "no whole number"),
    "a count that is a formula": ({"count": "=1+1"}, "count", "no whole number"),
    "more than anybody does": ({"count": "10000001"}, "count", "0 or more"),
    "unknown team": ({"team": "Night"}, "team", "no team of AAA"),
}


@pytest.mark.parametrize("name", PLAN_FAULTS)
def test_a_bad_line_of_plans_is_named_by_line_column_and_what_to_do(dana: Someone, name: str) -> None:
    there = a_site("BBB")
    qa_there = someone(Role.QA, there)
    network_qa = someone(Role.QA, everywhere=True)
    an_onboarding_site("CCC")
    a_batch(dana, "B-1")
    a_planned_batch(qa_there, there, "P-B")
    change, column, words = PLAN_FAULTS[name]
    by = network_qa if name == "a site that does not work" else dana
    checked = judged(by, "planned-batches", {"number": "P-0"}, change)
    assert [line.fate for line in checked.lines] == [Fate.NEW, Fate.REFUSED]
    assert [(problem.line, problem.column) for problem in checked.problems] == [(3, column)]
    assert words in checked.problems[0].sentence


@pytest.mark.parametrize("name", COUNT_FAULTS)
def test_a_bad_line_of_work_is_named_by_line_column_and_what_to_do(dana: Someone, name: str) -> None:
    a_site("BBB")
    change, column, words = COUNT_FAULTS[name]
    checked = judged(dana, "exposure", {"month": "2025-12"}, change)
    assert [line.fate for line in checked.lines] == [Fate.NEW, Fate.REFUSED]
    assert [(problem.line, problem.column) for problem in checked.problems] == [(3, column)]
    assert words in checked.problems[0].sentence


def test_a_plan_is_as_from_the_page_in_the_sites_zone_and_comes_once(dana: Someone) -> None:
    table, mapping = file_of(PLANNED, GOOD_PLAN, {}, {"number": "P-2", "team": ""}), mapping_of(PLANNED)
    report = run(import_planned_batches, dana.actor, "file", table, mapping)
    assert (report.new, report.refused) == (2, 0)
    planned = db.session.scalars(select(PlannedBatch).order_by(PlannedBatch.number)).all()
    assert [(p.state, p.process, p.process_version) for p in planned] == [("planned", "CAR-T", "3")] * 2
    assert [p.team_id for p in planned] == [a_team(a_site()).id, None]
    assert planned[0].starts_at == datetime.fromisoformat(GOOD_PLAN["starts_at"]).replace(
        tzinfo=ZoneInfo("Europe/Berlin")
    )
    body = json.loads(db.session.scalars(select(AuditEvent.body).where(AuditEvent.rid == str(planned[0].id))).one())
    assert body["action"] == "lms.import_planned_batches"
    again = run(import_planned_batches, dana.actor, "file", table, mapping)
    assert (again.new, again.changed, again.unchanged, count(PlannedBatch)) == (0, 0, 2, 2)
    assert {p.version for p in planned} == {1}
    run(cancel_planned_batch, dana.actor, "no cells", planned[1].id, version=1)
    once_more = run(import_planned_batches, dana.actor, "file", table, mapping)
    assert (once_more.unchanged, planned[1].state) == (2, "cancelled")


def test_a_file_changes_no_plan_whose_roster_was_judged(dana: Someone) -> None:
    run(import_planned_batches, dana.actor, "file", file_of(PLANNED, GOOD_PLAN, {}), mapping_of(PLANNED))
    for change in ({"starts_at": f"{DAY} 09:00"}, {"product": "CAR-T B"}, {"process_version": "4"}):
        checked = judged(dana, "planned-batches", change)
        assert [line.fate for line in checked.lines] == [Fate.REFUSED]
        assert "planned otherwise" in checked.problems[0].sentence
    assert [line.fate for line in judged(dana, "planned-batches", {"process_version": ""}).lines] == [Fate.UNCHANGED]


def test_a_count_comes_once_and_another_one_corrects_it(dana: Someone) -> None:
    lines = ({}, {"team": ""}, {"unit": "Hours", "count": "0"}, {"month": "2026-02-01"})
    table, mapping = file_of(EXPOSURE, GOOD_COUNT, *lines), mapping_of(EXPOSURE)
    report = run(import_exposure, dana.actor, "file", table, mapping, all_or_nothing=True)
    assert (report.new, report.refused) == (4, 0)
    found = select(ExposurePeriod.team_id, ExposurePeriod.month, ExposurePeriod.unit, ExposurePeriod.count)
    team_id = a_team(a_site()).id
    assert set(db.session.execute(found).all()) == {
        (team_id, date(2026, 1, 1), "critical_steps", 1250),
        (None, date(2026, 1, 1), "critical_steps", 1250),
        (team_id, date(2026, 1, 1), "hours", 0),
        (team_id, date(2026, 2, 1), "critical_steps", 1250),
    }
    again = run(import_exposure, dana.actor, "file", table, mapping)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 4)
    corrected = run(import_exposure, dana.actor, "file", file_of(EXPOSURE, GOOD_COUNT, {"count": "1300"}), mapping)
    assert (corrected.changed, count(ExposurePeriod)) == (1, 4)
    assert db.session.scalars(select(ExposurePeriod.count).where(ExposurePeriod.version == 2)).all() == [1300]


def test_two_lines_for_the_same_month_are_both_refused_however_they_are_written(dana: Someone) -> None:
    checked = judged(
        dana, "exposure", {}, {"month": "2026-01-15", "team": "TEAM 1", "unit": "Critical steps"}, {"team": ""}
    )
    assert [line.fate for line in checked.lines] == [Fate.REFUSED, Fate.REFUSED, Fate.NEW]
    assert {problem.sentence for problem in checked.problems} == {
        "Lines 2, 3 count the same month, team and unit. Keep one."
    }
    with pytest.raises(NotAllowed, match="no id of their own"):
        judged(dana, "exposure", {}, ids="{site}/{month}")


@pytest.mark.parametrize("kind", ["planned-batches", "exposure"])
def test_with_one_bad_line_nothing_is_written_unless_the_good_ones_are_wanted(dana: Someone, kind: str) -> None:
    plans = kind == "planned-batches"
    headings, good = (PLANNED, GOOD_PLAN) if plans else (EXPOSURE, GOOD_COUNT)
    command, model = (import_planned_batches, PlannedBatch) if plans else (import_exposure, ExposurePeriod)
    table = file_of(headings, good, {}, {"site": "ZZZ", headings[0]: "P-9" if plans else "ZZZ"})
    before = count(AuditEvent)
    with pytest.raises(NotAllowed, match="1 of 2 lines have errors"):
        run(command, dana.actor, "file", table, mapping_of(headings), all_or_nothing=True)
    assert (count(model), count(AuditEvent)) == (0, before)
    report = run(command, dana.actor, "file", table, mapping_of(headings))
    assert (report.new, report.refused, count(model)) == (1, 1, 1)


@pytest.mark.parametrize("command", [import_planned_batches, import_exposure])
def test_whoever_may_not_record_exposure_takes_nothing_in(app: Flask, command: Any) -> None:
    a_team(a_site())
    is_plan = command is import_planned_batches
    table = file_of(PLANNED, GOOD_PLAN, {}) if is_plan else file_of(EXPOSURE, GOOD_COUNT, {})
    with pytest.raises(NoPermission):
        run(command, someone(Role.OPERATOR).actor, "file", table, mapping_of(PLANNED if is_plan else EXPOSURE))
    assert (count(PlannedBatch), count(ExposurePeriod)) == (0, 0)


def test_the_file_of_refused_lines_starts_no_formula(dana: Someone) -> None:
    plans = judged(dana, "planned-batches", {"site": "ZZZ", "product": '=HYPERLINK("x")', "process": "@SUM(1)"})
    work = judged(dana, "exposure", {"count": "=1+1", "unit": "+hours"})
    for checked in (plans, work):
        lines = list(csv.reader(io.StringIO(refused_rows(checked).decode("utf-8-sig"))))
        assert lines[1][0] == "2"
        cells = [
            cell for cell in lines[1] if "HYPERLINK" in cell or "SUM(" in cell or "1+1" in cell or "+hours" in cell
        ]
        assert len(cells) >= 2
        assert not any(cell.startswith(("=", "+", "@", "-")) for cell in cells)


def test_the_checks_cost_the_same_for_many_lines(dana: Someone, queries: Any) -> None:
    for kind, one in (("planned-batches", "number"), ("exposure", "month")):
        few = [{one: f"P-{n}" if one == "number" else f"2025-{n + 1:02}"} for n in range(2)]
        many = [{one: f"P-{n}" if one == "number" else f"2025-{n + 1:02}"} for n in range(12)]
        with queries() as short:
            judged(dana, kind, *few)
        with queries() as long:
            judged(dana, kind, *many)
        assert len(short) == len(long) <= 6


@pytest.mark.parametrize(
    ("kind", "headings", "good", "listed"),
    [("planned-batches", PLANNED, GOOD_PLAN, "/planned"), ("exposure", EXPOSURE, GOOD_COUNT, "/exposure")],
)
def test_it_goes_in_on_the_page(
    dana: Someone, sign_in: Any, kind: str, headings: tuple[str, ...], good: dict[str, str], listed: str
) -> None:
    browser = sign_in(dana)
    assert 'href="/imports"' in browser.get(listed).get_data(as_text=True)
    text = ",".join(headings) + "\n" + ",".join(good.values()) + "\n" + ",".join({**good, "site": "ZZZ"}.values())
    text = text.replace("P-1,ZZZ", "P-2,ZZZ")
    sent = browser.post("/imports", data={"kind": kind, "file": (io.BytesIO(text.encode()), "plan.csv")})
    columns = sent.headers["Location"]
    assert '<option value="site" selected>' in browser.get(columns).get_data(as_text=True)
    check_page = browser.post(columns, data={f"column-{name}": name for name in headings}).headers["Location"]
    page = browser.get(check_page).get_data(as_text=True)
    assert "is none of your sites" in page
    assert (count(PlannedBatch), count(ExposurePeriod)) == (0, 0)
    assert browser.post(check_page, data={"lines": "all"}).status_code == 422
    assert (count(PlannedBatch), count(ExposurePeriod)) == (0, 0)
    assert browser.post(check_page, data={"lines": "good"}).headers["Location"] == listed
    assert count(PlannedBatch) + count(ExposurePeriod) == 1
    assert "Team 1" in browser.get(listed).get_data(as_text=True)


def test_what_the_pages_hand_out_can_be_taken_in_again(dana: Someone, sign_in: Any, tmp_path: Path) -> None:
    a_planned_batch(dana, a_site(), team=a_team(a_site()))
    run(import_exposure, dana.actor, "file", file_of(EXPOSURE, GOOD_COUNT, {}), mapping_of(EXPOSURE))
    browser = sign_in(dana)
    for kind, address in (("planned-batches", "planned"), ("exposure", "exposure")):
        for file_type in ("csv", "xlsx"):
            file = tmp_path / f"{kind}.{file_type}"
            file.write_bytes(browser.get(f"/{address}.{file_type}").data)
            told = CliRunner().invoke(command_line(), ["import", kind, str(file), "--json"], catch_exceptions=False)
            report = json.loads(told.stdout)
            assert (report["unchanged"], report["read"]) == (1, 1), (kind, file_type, report["problems"])


def test_on_the_command_line_a_dry_run_writes_nothing(dana: Someone, tmp_path: Path) -> None:
    file, refused = tmp_path / "plan.csv", tmp_path / "refused.csv"
    file.write_text("\n".join(",".join(line) for line in (PLANNED, GOOD_PLAN.values())) + "\nP-2,ZZZ,A,B,x,y,,\n")
    arguments = ["import", "planned-batches", str(file), "--refused", str(refused)]
    dry = CliRunner().invoke(command_line(), [*arguments, "--dry-run"], catch_exceptions=False)
    assert (dry.exit_code, count(PlannedBatch)) == (1, 0)
    assert "line 3, site: “ZZZ” is none of your sites" in dry.output
    assert "P-2" in refused.read_text(encoding="utf-8-sig")
    assert CliRunner().invoke(command_line(), [*arguments, "--all-or-nothing"]).exit_code == 1
    assert count(PlannedBatch) == 0
    CliRunner().invoke(command_line(), arguments, catch_exceptions=False)
    assert db.session.scalars(select(PlannedBatch.number)).all() == ["P-1"]
