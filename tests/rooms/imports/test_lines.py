"""Each kind of bad line is refused by its number, its column and what to do; the good ones go in, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import clock, signals
from lms.audit.models import AuditEvent
from lms.calendars.commands import note_holidays
from lms.deviations.models import Deviation, ImportRun
from lms.extensions import db
from lms.facts import DeviationRecorded
from lms.imports import commands
from lms.imports.commands import target_of
from lms.imports.engine import Checked, Report, check, refused_rows
from lms.imports.mapping import Mapping, parse_mapping, suggest
from lms.imports.places import Places
from lms.imports.reading import read_table
from lms.permissions import Role
from lms.recurrences.models import Recurrence
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.deviations import a_batch, a_table, stored, triage
from tests.factories.people import Someone, a_site, a_team, someone, today

HEADINGS = (
    "external_id",
    "site",
    "occurred_at",
    "description",
    "kind",
    "detection_channel",
    "process_step",
    "category",
    "root_cause_class",
    "severity",
    "team",
    "batch",
)
GOOD = {
    "external_id": "X-1",
    "site": "AAA",
    "occurred_at": "2026-03-01 10:42",
    "description": "Label loose. Held.",
    "kind": "deviation",
    "detection_channel": "performer",
    "process_step": "labelling",
    "category": "labelling_identity",
    "root_cause_class": "method",
    "severity": "minor",
    "team": "Team 1",
    "batch": "",
}
MAPPING = Mapping(columns={name: name for name in HEADINGS}, dates=("%d.%m.%Y", "%d.%m.%Y %H:%M"))

#: One cell changed -> the kind of refusal, and words of its sentence.
BAD = {
    "no id": ({"external_id": ""}, "missing", "Fill the cell"),
    "id too long": ({"external_id": "X" * 121}, "too long", "shorten it to 120"),
    "no site": ({"site": ""}, "missing", "Fill the cell"),
    "unknown site": ({"site": "AAB"}, "unknown site", "Did you mean AAA"),
    "another's site": ({"site": "BBB"}, "unknown site", "none of your sites"),
    "no date": ({"occurred_at": ""}, "missing", "Fill the cell"),
    "impossible day": ({"occurred_at": "2026-02-30"}, "not a date", "2026-11-22"),
    "wrong order of a date": ({"occurred_at": "03/31/2026"}, "not a date", "name its format"),
    "words for a date": ({"occurred_at": "yesterday"}, "not a date", "name its format"),
    "year of two digits": ({"occurred_at": "01.03.26"}, "not a date", "name its format"),
    "year out of range": ({"occurred_at": "1026-03-01"}, "not a date", "is not a date"),
    "serial number": ({"occurred_at": "46082"}, "not a date", "is a number, not a date"),
    "in the future": ({"occurred_at": "2199-01-01"}, "in the future", "lies in the future"),
    "no story": ({"description": ""}, "missing", "What happened"),
    "story of 10,000 characters": ({"description": "x" * 10_000}, "too long", "10000 characters"),
    "no channel": ({"detection_channel": ""}, "missing", "Fill the cell"),
    "unknown channel": ({"detection_channel": "gossip"}, "unknown code", "Use one of: performer"),
    "unknown step": ({"process_step": "thawing"}, "unknown code", "Did you mean “thaw”"),
    "unknown category": ({"category": "II"}, "unknown code", "not in the taxonomy"),
    "unknown cause": ({"root_cause_class": "fate"}, "unknown code", "not in the taxonomy"),
    "unknown kind": ({"kind": "mishap"}, "unknown code", "not in the taxonomy"),
    "unknown severity": ({"severity": "4"}, "unknown code", "minor, major, critical"),
    "unknown team": ({"team": "Team 9"}, "unknown team", "not known at AAA"),
    "unknown batch": ({"batch": "B-404"}, "unknown batch", "Record it first"),
    "another site's batch": ({"batch": "B-BBB"}, "unknown batch", "not known at AAA"),
    "line break in a code": ({"kind": "devi\nation"}, "line break", "on one line"),
    "control character": ({"description": "a\x07b"}, "line cannot be read", "control character"),
    "NUL": ({"external_id": "X\x00"}, "line cannot be read", "control character"),
}


@pytest.fixture
def dana(app: Flask) -> Someone:
    a_team(a_site("AAA"))
    there = a_site("BBB")
    a_batch(someone(Role.QA, there), "B-BBB", there)
    return someone(Role.QA, a_site("AAA"))


def lines(*changes: dict[str, str]) -> list[list[str]]:
    return [list({**GOOD, **change}.values()) for change in changes]


def checked(qa: Someone, *changes: dict[str, str], mapping: Mapping = MAPPING) -> Checked:
    return check(a_table(HEADINGS, lines(*changes)), mapping, target_of("deviations"), qa.actor, clock.now())


def take(qa: Someone, *changes: dict[str, str], all_or_nothing: bool = False, mapping: Mapping = MAPPING) -> Report:
    table = a_table(HEADINGS, lines(*changes))
    return run(commands.import_deviations, qa.actor, "file", table, mapping, all_or_nothing=all_or_nothing)


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_every_kind_of_bad_line_is_named_and_exactly_the_good_ones_go_in(dana: Someone) -> None:
    bad = [{"external_id": f"BAD-{number}", **change} for number, (change, _, _) in enumerate(BAD.values())]
    good = [{"external_id": f"GOOD-{number}"} for number in range(40)]
    report = take(dana, *good[:20], *bad, *good[20:])
    problems = {problem.line: problem for problem in report.problems}
    line = 22
    for kind, (change, counted, words) in BAD.items():
        problem = problems.pop(line)
        assert (problem.kind, words in problem.sentence) == (counted, True), kind
        assert problem.column == ("" if counted == "line cannot be read" else next(iter(change))), kind
        line += 1 + sum(cell.count("\n") for cell in change.values())  # a line break moves the lines below it down
    assert problems == {}
    assert (report.read, report.new, report.refused) == (40 + len(BAD), 40, len(BAD))
    assert sum(report.refused_by_kind.values()) == len(BAD)
    assert set(db.session.scalars(select(Deviation.external_id))) == {f"GOOD-{number}" for number in range(40)}
    told = db.session.scalars(select(ImportRun)).one()
    assert (told.rows_read, told.rows_accepted, told.rows_refused) == (40 + len(BAD), 40, len(BAD))


def test_one_dry_run_names_everything_there_is_to_mend_on_a_line(dana: Someone) -> None:
    found = checked(dana, {"occurred_at": "yesterday", "category": "docs", "team": "Team 9", "site": "AAA"})
    assert {problem.column for problem in found.problems} == {"occurred_at", "category", "team"}
    assert checked(dana, {"site": "XXX", "severity": "4", "external_id": ""}).report().refused == 1


def test_all_or_nothing_takes_nothing_if_one_line_is_bad(dana: Someone) -> None:
    with pytest.raises(NotAllowed, match="1 of 3 lines"):
        take(dana, {}, {"external_id": "X-2"}, {"external_id": "X-3", "severity": "4"}, all_or_nothing=True)
    assert (count(Deviation), count(ImportRun)) == (0, 0)
    assert take(dana, {}, {"external_id": "X-2"}, all_or_nothing=True).new == 2


def test_the_same_id_twice_in_the_file_is_refused_on_both_lines(dana: Someone) -> None:
    found = checked(dana, {"description": "one"}, {"description": "two"}, {"external_id": "X-2"})
    assert [(p.line, p.kind) for p in found.problems] == [(2, "twice in the file"), (3, "twice in the file")]
    assert "Lines 2, 3" in found.problems[0].sentence
    assert checked(dana, {"external_id": "x-1"}, {"external_id": "X-1"}).report().refused == 2


def test_the_same_file_again_changes_nothing(dana: Someone) -> None:
    wanted = [{"external_id": f"X-{number}", "occurred_at": f"2026-03-{number:02}"} for number in range(1, 15)]
    first = take(dana, *wanted)
    events, versions = count(AuditEvent), set(db.session.execute(select(Deviation.id, Deviation.version)).all())
    assert (first.new, first.counts["recurrences_proposed"]) == (14, 13)
    second = take(dana, *wanted)
    assert (second.new, second.changed, second.unchanged, second.counts["recurrences_proposed"]) == (0, 0, 14, 0)
    assert set(db.session.execute(select(Deviation.id, Deviation.version)).all()) == versions
    assert count(AuditEvent) == events + 1, "the run itself is on record, and nothing else"
    assert count(Recurrence) == 13


def test_a_changed_line_changes_its_record_and_the_old_value_stays_in_the_trail(dana: Someone) -> None:
    take(dana, {}, {"external_id": "X-2"})
    report = take(dana, {"description": "Label loose at the bag. Held."}, {"external_id": "X-2"})
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)
    record = db.session.scalars(select(Deviation).where(Deviation.external_id == "X-1")).one()
    assert (record.description, record.title, record.version) == (
        "Label loose at the bag. Held.",
        "Label loose at the bag",
        2,
    )
    payloads = db.session.scalars(select(AuditEvent.payload).where(AuditEvent.rid == str(record.id))).all()
    assert any('["Label loose. Held.","Label loose at the bag. Held."]' in str(payload) for payload in payloads)


def test_a_file_never_overwrites_what_qa_classified_here(dana: Someone) -> None:
    take(dana, {"severity": "", "category": ""})
    record = db.session.scalars(select(Deviation)).one()
    assert (record.state, record.triage_due_at is not None) == ("reported", True)
    triage(dana, record.id, process_step="labelling", category="documentation", severity="major")
    found = checked(dana, {})
    assert [problem.kind for problem in found.problems] == ["classified here"]
    assert stored(record.id).number in found.problems[0].sentence


def test_the_clock_of_what_waits_leaves_out_the_sites_holidays(dana: Someone) -> None:
    free = {today() + timedelta(days=days): "Works holiday" for days in range(9)}
    run(note_holidays, dana.actor, "x", a_site().id, holidays=free)
    take(dana, {"severity": ""})
    due = db.session.scalars(select(Deviation.triage_due_at)).one()
    assert due is not None
    assert due > clock.now() + timedelta(days=8)


def test_a_classified_line_is_triaged_and_a_half_classified_one_waits_for_qa(dana: Someone) -> None:
    take(dana, {}, {"external_id": "X-2", "root_cause_class": ""})
    states = dict(db.session.execute(select(Deviation.external_id, Deviation.state)).all())
    assert states == {"X-1": "triaged", "X-2": "reported"}
    take(dana, {}, {"external_id": "X-2"})
    assert set(db.session.scalars(select(Deviation.state))) == {"triaged"}


def test_times_without_a_zone_are_the_sites_and_words_stand_for_codes(dana: Someone) -> None:
    take(
        dana,
        {"occurred_at": "01.03.2026 10:42", "process_step": "Label and chain of identity", "severity": "MAJOR"},
        {"external_id": "X-2", "occurred_at": "2026-03-01T10:42:00-05:00"},
    )
    found = {d.external_id: d for d in db.session.scalars(select(Deviation))}
    assert found["X-1"].occurred_at == datetime(2026, 3, 1, 9, 42, tzinfo=UTC)
    assert (found["X-1"].process_step, found["X-1"].severity) == ("labelling", "major")
    assert found["X-2"].occurred_at == datetime(2026, 3, 1, 15, 42, tzinfo=UTC)
    assert found["X-1"].team_id == a_team(a_site("AAA")).id
    assert found["X-1"].late_reason.startswith("Taken in from a file")


def test_other_rooms_hear_of_each_new_line_and_of_no_repeated_one(dana: Someone) -> None:
    heard: list[DeviationRecorded] = []

    def listen(fact: DeviationRecorded, *, work: object) -> None:
        heard.append(fact)

    with signals.deviation_recorded.connected_to(listen):
        take(dana, {}, {"external_id": "X-2"})
        take(dana, {}, {"external_id": "X-2"}, {"external_id": "X-3"})
    assert len(heard) == 3
    assert {fact.people for fact in heard} == {()}


def test_a_batch_of_the_site_is_found(dana: Someone) -> None:
    batch = a_batch(dana, "B-1", a_site("AAA"))
    batch_id = batch.id
    take(dana, {"batch": "B-1"})
    assert db.session.scalars(select(Deviation.batch_id)).one() == batch_id


def test_the_refused_lines_come_back_with_what_to_do_and_can_be_sent_again(dana: Someone) -> None:
    found = checked(dana, {}, {"external_id": "X-2", "severity": "4", "description": "=1+1"})
    table = read_table(refused_rows(found), "refused.csv")
    assert table.columns == ("line", "what to do", *HEADINGS)
    assert len(table.rows) == 1
    assert table.rows[0].cells[0] == "3"
    assert "severity: “4” is not in the taxonomy" in table.rows[0].cells[1]
    mended = [[*GOOD.values()][:0] + ["minor" if cell == "4" else cell for cell in table.rows[0].cells[2:]]]
    report = run(commands.import_deviations, dana.actor, "again", a_table(HEADINGS, mended), MAPPING)
    assert report.new == 1
    assert db.session.scalars(select(Deviation.description)).one() == "=1+1"


def test_confidential_columns_are_neither_quoted_nor_handed_back(dana: Someone) -> None:
    mapping = Mapping(columns=MAPPING.columns, confidential=frozenset({"site", "team"}))
    found = checked(dana, {"site": "Secret Firm Inc.", "team": "Secret team"}, mapping=mapping)
    assert found.problems
    assert "Secret" not in " ".join(problem.sentence for problem in found.problems)
    assert b"Secret" not in refused_rows(found)


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ('[columns]\nexternal_id = "Number"', "no column “Number”"),
        ('[columns]\nexternal_id = "external-id"', "Did you mean “external_id”"),
        ('[columns]\nwhen = "occurred_at"', "no field “when”"),
        ('[columns]\nexternal_id = "external_id"', "No column is named for “Site”"),
        ("[columns]\n[constants]\nsite = 5", "every value in it is a text"),
        ("dates = 'x'\n[columns]", "not written as it should be"),
        ("colums = 1", "“colums” is not known"),
        ("[columns", "not valid TOML"),
        ('[columns]\nsite = "site"\n[constants]\nsite = "AAA"', "both a column and a constant"),
        ('[patterns]\nsite = "("', "no regular expression"),
        ('zone = "Mars/Base"', "not a time zone"),
        ('taxonomy = "faa"\n' + "[columns]\n" + "\n".join(f'{n} = "{n}"' for n in HEADINGS[:6]), "network of its own"),
    ],
)
def test_a_mapping_that_does_not_fit_is_named(dana: Someone, mapping: str, sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        checked(dana, {}, mapping=parse_mapping(mapping, "M.toml"))


def test_headings_suggest_their_fields() -> None:
    columns = ("Employee No", "Given Name", "Family name", "E-Mail", "Site", "From", "Remark")
    assert suggest(target_of("people").fields, columns) == {
        "employee_no": "Employee No",
        "given_name": "Given Name",
        "family_name": "Family name",
        "email": "E-Mail",
        "site": "Site",
        "from": "From",
    }


def test_a_foreign_sites_record_is_neither_shown_nor_changed(dana: Someone) -> None:
    there = a_site("BBB")
    take(someone(Role.QA, there), {"site": "BBB", "team": ""})
    found = checked(dana, {"description": "changed"})
    assert [problem.kind for problem in found.problems] == ["at another site"]
    assert "BBB" not in found.problems[0].sentence


def test_no_site_is_opened_under_a_code_that_cannot_start_a_number() -> None:
    places = Places(Mapping(columns={}, site_prefix="FAA-"), None, opening=True)
    assert places.site("GL08") is not None
    for code in ("l y/o", "G" * 30):
        assert places.site(code) is None
        assert "cannot be a site's code" in places.no_site(code)


def test_a_file_of_people_is_told_what_a_page_is_told(app: Flask) -> None:
    site = a_site("AAA")
    admin, here = someone(Role.ADMINISTRATOR, site), someone(None, site)
    headings = ("employee_no", "given_name", "family_name", "email", "site", "role", "from")
    rows = [
        ["N-1", "Ada", "Byron", "nomail", "AAA", "", "2026-01-05"],
        [here.person.employee_no, *here.person.name.split(), here.person.email, "AAA", "trainer", "2019-12-31"],
    ]
    mapping = Mapping(columns={name: name for name in headings})
    found = check(a_table(headings, rows), mapping, target_of("people"), admin.actor, clock.now())
    assert [(problem.column, problem.kind) for line in found.lines for problem in line.problems] == [
        ("email", "no mail address"),
        ("from", "before the first day"),
    ]
    assert "works here from 01-Jan-2020" in found.lines[1].problems[0].sentence
