"""Ten thousand lines, a hundred ways to be wrong: exactly the wrong ones are refused, each by its line, its column and a remedy."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import defaultdict
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import clock
from lms.audit.models import AuditEvent
from lms.deviations.models import Deviation, ImportRun
from lms.exports.sheets import harmless
from lms.extensions import db
from lms.imports import commands
from lms.imports.commands import target_of
from lms.imports.engine import Checked, Problem, Report, check, refused_rows
from lms.imports.mapping import Mapping, parse_mapping
from lms.imports.reading import Table, read_table
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.deviations import a_batch
from tests.factories.people import Someone, a_site, a_team, someone
from tests.rooms.imports.bad_file import CASES, HEADINGS, MAPPING_TOML, BadFile, bad_csv, cases_of, good_cells

MAPPING = parse_mapping(MAPPING_TOML, "key.toml")


@pytest.fixture
def dana(app: Flask) -> Someone:
    here, there = a_site("AAA"), a_site("BBB")
    a_team(here)
    a_team(there, "Night")
    qa = someone(Role.QA, here)
    a_batch(qa, "B-AAA", here)
    a_batch(someone(Role.QA, there), "B-BBB", there)
    return qa


def checked(qa: Someone, table: Table, mapping: Mapping = MAPPING) -> Checked:
    return check(table, mapping, target_of("deviations"), qa.actor, clock.now())


def take(qa: Someone, table: Table, *, all_or_nothing: bool = False) -> Report:
    return run(commands.import_deviations, qa.actor, "file", table, MAPPING, all_or_nothing=all_or_nothing)


def kept() -> set[str]:
    return set(db.session.scalars(select(Deviation.external_id)))


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def by_line(problems: tuple[Problem, ...] | list[Problem]) -> dict[int, list[Problem]]:
    found: defaultdict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        found[problem.line].append(problem)
    return found


def disagreements(file: BadFile, problems: tuple[Problem, ...]) -> list[tuple[object, ...]]:
    """Return where the report and the key differ."""
    said = by_line(problems)
    wrong: list[tuple[object, ...]] = [
        (line, case, heading, words, said.get(line))
        for line, (case, heading, words) in file.refused.items()
        if not any(problem.column == heading and words in problem.sentence for problem in said.get(line, ()))
    ]
    return wrong + [(line, found) for line, found in said.items() if line not in file.refused]


def test_the_key_holds_more_than_a_hundred_kinds() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 130
    assert sum(case.wrong is not None for case in CASES) >= 95


def test_of_ten_thousand_lines_exactly_the_wrong_ones_are_refused_and_the_rest_goes_in_once(dana: Someone) -> None:
    file = bad_csv(10_000)
    table = read_table(file.data, "log.csv")
    with pytest.raises(NotAllowed, match=f"{len(file.refused)} of {file.read} lines have errors"):
        take(dana, table, all_or_nothing=True)
    assert (count(Deviation), count(ImportRun)) == (0, 0)
    report = take(dana, table)
    assert disagreements(file, report.problems) == []
    assert (report.read, report.new, report.refused) == (file.read, len(file.accepted), len(file.refused))
    assert kept() == set(file.accepted)
    events = count(AuditEvent)
    again = take(dana, table)
    assert (again.new, again.changed, again.unchanged) == (0, 0, len(file.accepted))
    assert count(AuditEvent) == events + 1, "the second run itself is on record, and nothing else"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_order_the_lines_come_in_the_key_is_met(dana: Someone, seed: int) -> None:
    file = bad_csv(400, seed)
    assert disagreements(file, checked(dana, read_table(file.data, "log.csv")).report().problems) == []


def test_each_sentence_names_its_line_and_what_to_do_and_the_file_of_refused_lines_runs_nothing(dana: Someone) -> None:
    file = bad_csv(400)
    found = checked(dana, read_table(file.data, "log.csv"))
    assert all(problem.sentence.endswith((".", "?")) and " " in problem.sentence for problem in found.problems)
    handed_back = list(csv.reader(io.StringIO(refused_rows(found).decode("utf-8-sig"))))
    assert [int(row[0]) for row in handed_back[1:]] == sorted(file.refused)
    assert [cell for row in handed_back for cell in row if harmless(cell) != cell] == []


def test_the_dry_run_asks_for_many_lines_at_once(dana: Someone, queries: Any) -> None:
    few, many = (read_table(bad_csv(size).data, "log.csv") for size in (400, 2_400))
    with queries() as asked_for_few:
        checked(dana, few)
    with queries() as asked_for_many:
        checked(dana, many)
    assert len(asked_for_many) - len(asked_for_few) <= 2_000 / 500 + 1
    assert len(asked_for_many) < 20


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_and_separator_gives_the_same_records(dana: Someone, encoding: str, delimiter: str) -> None:
    chance = random.Random(1)
    lines = [list(good_cells(f"TW-{number:06}", chance).values()) for number in range(1, 5)]
    lines[0][4] = "Größe 5 µl – Œuvre; a, b"
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([HEADINGS, *lines])
    mark = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""
    report = take(dana, read_table(f"{mark}{text.getvalue()}".encode(encoding), "log.csv"))
    assert (report.new, report.problems) == (4, ())
    stories = db.session.scalars(select(Deviation.description).where(Deviation.external_id == "TW-000001"))
    assert stories.one() == "Größe 5 µl – Œuvre; a, b"


# -- workbooks ---------------------------------------------------------------------------------------------------------


def cells_of(ref: str, **cells: Any) -> list[Any]:
    return list({**good_cells(ref, random.Random(2)), **cells}.values())


def a_workbook() -> tuple[bytes, dict[int, tuple[str, str]]]:
    """Return a workbook and the key to its lines."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    notes = book.create_sheet("Notes", 0)
    notes.sheet_state = "hidden"
    notes.append(["not for you"])
    book.active = 1
    key: dict[int, tuple[str, str]] = {}
    page.append(list(HEADINGS))

    def line(cells: list[Any], heading: str | None = None, words: str = "") -> int:
        page.append(cells)
        if heading is not None:
            key[page.max_row] = (heading, words)
        return page.max_row

    line(cells_of("TW-000001"))
    line(cells_of("TW-000002", When=datetime(2025, 3, 1, 14, 5)))  # noqa: DTZ001 - workbooks know no zones
    line(cells_of("TW-000003", Step=" thaw\u00a0", **{"Raised by": True}))
    line(cells_of("TW-000004", When=45800), "When", "a spreadsheet counts days so")
    line(cells_of("TW-000005", Story="=1+1"), "", "is a formula")
    line(cells_of("TW-000006", When="=TODAY()"), "", "is a formula")
    line(cells_of("TW-000007", Sev="#REF!"), "", "shows an error")
    line(cells_of(123), "Ref", "does not have the form")  # type: ignore[arg-type]
    line(cells_of(1.23457e18), "", "more than 15 digits")  # type: ignore[arg-type]
    hidden = line(cells_of("TW-000010"), "", "hidden in the workbook")
    page.row_dimensions[hidden].hidden = True
    first = line(cells_of("TW-000011"), "", "Cells are merged")
    last = line(cells_of("TW-000012"), "", "Cells are merged")
    page.merge_cells(f"B{first}:B{last}")
    line(["external_id", "site", *["text"] * 12], "Plant", "none of your sites")  # a second line of headings
    line([None] * 14)
    line(list(HEADINGS), "", "repeats the headings")
    line(["TW-000013", "AAA"], "When", "Fill the cell")
    line([*cells_of("TW-000014"), "more"], "", "15 cells under 14")
    line(cells_of("TW-000015", When="2025-02-31"), "When", "is not a date")
    line(cells_of("TW-000016", Sev=1), "Sev", "not in the taxonomy")
    line(cells_of("TW-000017"))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), key


def test_a_workbook_is_read_by_the_same_key(dana: Someone) -> None:
    data, key = a_workbook()
    table = read_table(data, "log.xlsx")
    report = take(dana, table)
    said = by_line(report.problems)
    assert set(said) == set(key)
    for line, (heading, words) in key.items():
        assert any(problem.column == heading and words in problem.sentence for problem in said[line]), said[line]
    assert kept() == {"TW-000001", "TW-000002", "TW-000003", "TW-000017"}
    assert take(dana, table).unchanged == 4


# -- JSON --------------------------------------------------------------------------------------------------------------


def objects(count: int) -> tuple[list[dict[str, Any]], dict[int, tuple[str, str, str]], set[str]]:
    """Return the cases that a cell can show, as objects, with their key by place from 1."""
    chance = random.Random(3)
    found: list[dict[str, Any]] = []
    refused: dict[int, tuple[str, str, str]] = {}
    accepted: set[str] = set()
    for ref, case in cases_of(count, chance):
        if case.raw:
            continue
        found.append({**good_cells(ref, chance), **case.cells})
        if case.wrong:
            refused[len(found)] = (case.name, *case.wrong)
        else:
            accepted.add(ref)
    return found, refused, accepted


@pytest.mark.parametrize("form", ["array", "items", "lines"])
def test_json_is_read_by_the_same_key(dana: Someone, form: str) -> None:
    found, refused, accepted = objects(300)
    name = "log.json"
    if form == "lines":
        text, name = "\n".join(json.dumps(one) for one in found), "log.jsonl"
    else:
        text = json.dumps(found if form == "array" else {"items": found, "total": len(found)})
    report = take(dana, read_table(text.encode(), name))
    assert disagreements(BadFile(b"", refused, {}, len(found)), report.problems) == []
    assert kept() == accepted
    assert take(dana, read_table(text.encode(), name)).unchanged == len(accepted)


def test_what_only_json_can_get_wrong_is_named_at_its_line(dana: Someone) -> None:
    good = [json.dumps(dict(zip(HEADINGS, cells_of(f"TW-{n:06}"), strict=True))) for n in range(1, 4)]
    odd = {
        2: ('{"Ref": "TW-000008", "Ref": "TW-000009"}', "“Ref” stands twice"),
        3: ('{"Ref": "TW-000010", "Story": ["a"]}', "holds a list or an object"),
        4: ('{"Ref": NaN}', "NaN is no number"),
        5: ('["TW-000011"]', "no object with names"),
        6: ('{"Ref": "TW-000012"', "is no JSON object"),
        7: ('{"Ref": "\\ud800"}', "another encoding"),
    }
    text = "\n".join([good[0], *(line for line, _ in odd.values()), *good[1:]])
    report = take(dana, read_table(text.encode(), "log.jsonl"))
    said = by_line(report.problems)
    assert set(said) == set(odd)
    assert [line for line, (_, words) in odd.items() if words not in said[line][0].sentence] == []
    assert kept() == {"TW-000001", "TW-000002", "TW-000003"}
