"""Two public files of real events go in whole, twice, and the rule finds in them what looking at every pair finds."""

from __future__ import annotations

import csv
import os
import re
import sys
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, text

from lms.extensions import db
from lms.imports.commands import import_deviations
from lms.imports.engine import Report
from lms.imports.mapping import read_mapping
from lms.imports.reading import read_table
from lms.recurrences.models import Recurrence
from lms.unit_of_work import run
from tests.factories.people import INSTALLER

SHARED = Path(os.environ.get("CANDOR_SHARED", Path(__file__).parents[4] / "shared")) / "realdata" / "deviations"
FAA, FDA = "faa_aid_maintenance_extract.csv", "fda_483_index.csv"


@pytest.fixture
def shared(capsys: pytest.CaptureFixture[str]) -> Path | None:
    """Return the folder of shared input; None, said aloud, where there is none."""
    if (SHARED / FAA).is_file():
        return SHARED
    with capsys.disabled():
        sys.stdout.write("\n!! 1 cases of shared input did not run\n")
    return None


def take_in(path: Path, mapping: str) -> Report:
    table = read_table(path.read_bytes(), path.name)
    return run(import_deviations, INSTALLER, path.name, table, read_mapping(mapping), network=mapping, create=True)


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def repeated(events: list[tuple[tuple[str, ...], date]]) -> tuple[int, int]:
    """Return how many events have an equal one at most 365 days before, and the sum of the shortest gaps."""
    gaps = [
        min(found)
        for key, day in events
        if (found := [(day - other).days for same, other in events if same == key and 0 < (day - other).days <= 365])
    ]
    return len(gaps), sum(gaps)


def found_by_the_rule() -> tuple[int, int]:
    count, days = db.session.execute(select(func.count(), func.sum(Recurrence.days_between))).one()
    return count, days


def test_the_faa_incidents(app: Flask, shared: Path | None) -> None:
    if shared is None:
        return
    report = take_in(shared / FAA, "faa-aid")
    assert (report.read, report.new, report.refused) == (2748, 2743, 5)
    assert report.refused_by_kind == {"missing": 5}
    assert report.counts["sites_opened"] == 181
    events = [
        ((line["district_office"], line["primary_cause_code"]), date.fromisoformat(line["event_date"]))
        for line in lines_of(shared / FAA)
        if line["district_office"]
    ]
    assert found_by_the_rule() == repeated(events)
    again = take_in(shared / FAA, "faa-aid")
    assert (again.new, again.changed, again.unchanged, again.counts["recurrences_proposed"]) == (0, 0, 2743, 0)


def test_the_fda_records_without_a_single_name(app: Flask, shared: Path | None) -> None:
    if shared is None:
        return
    report = take_in(shared / FDA, "fda-483")
    assert (report.read, report.new, report.refused) == (1723, 1698, 25)
    assert report.refused_by_kind == {"missing": 24, "not in the source's form": 1}
    lines = lines_of(shared / FDA)
    events = [
        ((line["FEI Number"],), date.fromisoformat(line["Record Date"]))
        for line in lines
        if re.fullmatch("[0-9]{6,11}", line["FEI Number"])
    ]
    assert found_by_the_rule() == repeated(events)
    names = {line["Legal Name"] for line in lines} | {
        line["FEI Number"] for line in lines if re.search("[A-Za-z]", line["FEI Number"])
    }
    kept = _everything_stored()
    said = " ".join(problem.sentence for problem in report.problems)
    assert [name for name in names if name in kept or name in said] == []
    assert take_in(shared / FDA, "fda-483").unchanged == 1698


def _everything_stored() -> str:
    """Return all texts of the database, the trail's included."""
    found: list[str] = []
    for table in inspect(db.engine).get_table_names():
        for row in db.session.execute(text(f'select * from "{table}"')):  # noqa: S608 - the name is the database's own
            found.extend(value for value in row if isinstance(value, str))
    return "\n".join(found)
