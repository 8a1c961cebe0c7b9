"""A source is mapped once: kept on record, offered for the same headings, named on the command line, within its site."""

from __future__ import annotations

import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from lms import clock
from lms.audit.models import AuditEvent
from lms.audit.verification import verify
from lms.cli import command_line
from lms.deviations.models import Deviation, ImportRun
from lms.extensions import db
from lms.imports import sources
from lms.imports.commands import import_deviations, target_of
from lms.imports.engine import check
from lms.imports.mapping import Mapping, as_plain, from_plain, parse_mapping
from lms.imports.models import ImportSource
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.labels import label
from tests.factories.api import a_token
from tests.factories.deviations import a_moment, a_table
from tests.factories.people import INSTALLER, Someone, a_site, someone

HEADINGS = ("Ref", "Line", "Plant", "When", "Story", "Raised by", "Sev")
LINE = ["77", "1", "AAA", "25/12/2024 14:05", "Bag cold.", "yes", "Grave"]
MAPPING = Mapping(
    columns={
        "site": "Plant",
        "occurred_at": "When",
        "description": "Story",
        "detection_channel": "Raised by",
        "severity": "Sev",
    },
    values={"detection_channel": {"Yes": "performer"}, "severity": {"Grave": "critical"}},
    dates=("%d/%m/%Y %H:%M",),
    ids="TW-{Ref}/{Line}",
    times_in="America/New_York",
)
#: The same choices as the page sends them.
CHOSEN = {
    "column-site": "Plant",
    "column-occurred_at": "When",
    "column-description": "Story",
    "column-detection_channel": "Raised by",
    "column-severity": "Sev",
    "codes": "detection_channel: Yes = performer\nseverity: Grave = critical",
    "dates": "%d/%m/%Y %H:%M",
    "ids": "TW-{Ref}/{Line}",
    "times_in": "America/New_York",
}


@pytest.fixture
def dana(app: Flask, settings: Settings) -> Someone:
    shutil.rmtree(settings.data_dir / "uploads", ignore_errors=True)
    return someone(Role.QA)


def save(qa: Someone, name: str = "TrackWise", mapping: Mapping = MAPPING) -> ImportSource:
    given: dict[str, Any] = {"name": name, "kind": "deviations", "site_id": qa.person.site_id, "mapping": mapping}
    return run(sources.save_source, qa.actor, "test", columns=HEADINGS, **given)


def text_of(*lines: list[str]) -> str:
    return "\n".join(",".join(line) for line in ([*HEADINGS], *lines))


def test_a_mapping_is_kept_whole() -> None:
    assert from_plain(json.loads(json.dumps(as_plain(MAPPING)))) == MAPPING


def test_codes_zone_and_ids_are_read_by_the_mapping(dana: Someone) -> None:
    report = run(import_deviations, dana.actor, "file", a_table(HEADINGS, [LINE]), MAPPING)
    assert (report.new, report.problems) == (1, ())
    record = db.session.scalars(select(Deviation)).one()
    assert (record.external_id, record.severity, record.detection_channel) == ("TW-77/1", "critical", "performer")
    assert record.occurred_at == a_moment("2024-12-25T14:05:00-05:00")
    half = check(a_table(HEADINGS, [["77", "", *LINE[2:]]]), MAPPING, target_of("deviations"), dana.actor, clock.now())
    assert [problem.kind for problem in half.problems] == ["missing"], "half an id tells no records apart"


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ('[columns]\nsite = ["Plant", "Line"]', "reads “site” out of two columns, “Plant” and “Line”"),
        ('ids = "TW-{Nr}"\n[columns]\nsite = "Plant"', "no column “Nr”"),
        ('ids = "TW"\n[columns]\nsite = "Plant"', "the same on every line"),
        ('ids = "{Ref}"\n[columns]\nexternal_id = "Ref"', "both a column and a pattern"),
        ('ids = "{Ref}"\n[columns]\nsite = "Plant"', "No column is named for “Occurred”"),
        ('times_in = "Mars/Base"\n[columns]', "not a time zone"),
        ('[columns]\n[values]\nseverity = "x"', "not written as it should be"),
        ('[columns]\n[values.colour]\nred = "x"', "no field “colour”"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_one_sentence(dana: Someone, toml: str, sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        check(
            a_table(HEADINGS, [LINE]), parse_mapping(toml, "M.toml"), target_of("deviations"), dana.actor, clock.now()
        )


def test_a_source_is_a_record_whose_changes_stand_in_the_trail(dana: Someone) -> None:
    first = save(dana)
    source_id = first.id
    again = save(dana, " trackwise ", Mapping(columns={"site": "Plant"}, ids="{Ref}"))
    assert (again.id, again.version) == (source_id, 2)
    payloads = db.session.scalars(select(AuditEvent.payload).where(AuditEvent.rid == str(source_id))).all()
    assert any("America/New_York" in str(payload) for payload in payloads)
    assert len(payloads) == 2
    run(sources.retire_source, dana.actor, "test", source_id)
    assert sources.sources(dana.actor) == []
    assert save(dana).id == source_id


def test_a_source_of_another_site_is_neither_seen_nor_changed(dana: Someone) -> None:
    there = someone(Role.QA, a_site("BBB"))
    save(there)
    assert sources.sources(dana.actor) == []
    with pytest.raises(NotAllowed, match="another site or kind"):
        save(dana)
    kept = db.session.scalars(select(ImportSource)).one()
    with pytest.raises(NotFound):
        run(sources.retire_source, dana.actor, "test", kept.id)
    with pytest.raises(NotAllowed, match="Choose your site"):
        run(
            sources.save_source, dana.actor, "x", name="All", kind="deviations", site_id=None, mapping=MAPPING, columns=HEADINGS
        )  # fmt: skip


def test_the_page_keeps_a_mapping_and_offers_it_for_the_next_file_of_the_same_shape(
    dana: Someone, sign_in: Any
) -> None:
    browser = sign_in(dana)

    def send(text: str) -> str:
        sent = browser.post("/imports", data={"kind": "deviations", "file": (io.BytesIO(text.encode()), "log.csv")})
        return str(sent.headers["Location"])

    columns = send(text_of(LINE))
    kept = {**CHOSEN, "source_name": "TrackWise", "site": str(dana.person.site_id)}
    check_page = browser.post(columns, data=kept).headers["Location"]
    assert browser.post(check_page, data={"lines": "all"}).headers["Location"] == "/deviations"
    source = db.session.scalars(select(ImportSource)).one()
    assert from_plain(source.mapping) == MAPPING
    assert db.session.scalars(select(ImportRun.source_id)).one() == source.id
    assert "TrackWise" in browser.get("/imports").get_data(as_text=True)
    page = browser.get(send(text_of(["78", *LINE[1:]]))).get_data(as_text=True)
    assert "fills in the columns below" in page
    assert '<option value="Plant" selected>' in page
    assert "severity: Grave = critical" in page
    other = browser.get(send("Ref,Site\n1,AAA")).get_data(as_text=True)
    assert "fills in the columns below" not in other
    assert f'<option value="{source.id}">TrackWise</option>' in other
    browser.post(f"/imports/sources/{source.id}/retire")
    assert ">TrackWise<" not in browser.get(send(text_of(LINE))).get_data(as_text=True)


def test_what_the_page_does_not_show_goes_on_to_hold(dana: Someone, sign_in: Any) -> None:
    careful = replace(MAPPING, patterns={"severity": "Grave"}, confidential=frozenset({"Sev"}))
    source_id = save(dana, mapping=careful).id
    browser = sign_in(dana)
    file = (io.BytesIO(text_of(LINE, ["78", *LINE[1:-1], "Secret"]).encode()), "log.csv")
    columns = browser.post("/imports", data={"kind": "deviations", "file": file}).headers["Location"]
    check_page = browser.post(columns, data=CHOSEN).headers["Location"]
    shown = browser.get(check_page).get_data(as_text=True)
    assert "does not have the form" in shown
    assert "Secret" not in shown
    assert b"Secret" not in browser.get(check_page.replace("check", "refused.csv")).data
    browser.post(check_page, data={"lines": "good"})
    assert db.session.scalars(select(ImportRun.source_id)).one() == source_id


def test_a_source_and_an_integration_agree_with_the_trail(dana: Someone) -> None:
    save(dana)
    save(dana, mapping=Mapping(columns={"site": "Plant"}, ids="{Ref}", values={"severity": {"ä": "minor"}}))
    a_token()
    assert verify(anchors=None).exit_code == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"column-site": ["Plant", "Line"]}, "out of two columns"),
        ({"ids": ""}, "No column is named for"),
        ({"codes": "Grave = critical"}, "Write a line like"),
        ({"times_in": "Mars/Base"}, "not a time zone"),
        ({"source_name": "x"}, "2 to 80 characters"),
    ],
)
def test_a_wrong_choice_is_refused_and_what_was_typed_stays(
    dana: Someone, sign_in: Any, change: dict[str, Any], sentence: str
) -> None:
    browser = sign_in(dana)
    file = (io.BytesIO(text_of(LINE).encode()), "log.csv")
    columns = browser.post("/imports", data={"kind": "deviations", "file": file}).headers["Location"]
    answer = browser.post(columns, data={**CHOSEN, "site": str(dana.person.site_id), **change})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert sentence in page
    if "codes" not in change:
        assert "severity: Grave = critical" in page
    assert db.session.scalar(select(func.count()).select_from(ImportSource)) == 0


def test_the_command_line_reads_by_a_saved_mapping(dana: Someone, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(text_of(LINE))
    whole = {"name": "TrackWise", "kind": "deviations", "site_id": None, "mapping": MAPPING, "columns": HEADINGS}
    source_id = run(sources.save_source, INSTALLER, "test", **whole).id

    def candor(*arguments: str) -> Any:
        return CliRunner().invoke(
            command_line(), ["import", "deviations", str(file), *arguments], catch_exceptions=False
        )

    with pytest.raises(NotAllowed, match="Saved are: TrackWise"):
        candor("--source", "Track")
    with pytest.raises(NotAllowed, match="not both"):
        candor("--source", "TrackWise", "--mapping", "faa-aid")
    assert json.loads(candor("--source", "trackwise", "--json").stdout)["new"] == 1
    assert db.session.scalars(select(ImportRun.source_id)).one() == source_id
    toml = tmp_path / "m.toml"
    toml.write_text('ids = "{Ref}"\ndates = ["%d/%m/%Y %H:%M"]\n[columns]\nsite = "Plant"\noccurred_at = "When"\n'
                    'description = "Story"\n[constants]\ndetection_channel = "alarm"\n')  # fmt: skip
    candor("--mapping", str(toml), "--save-as", "Second", "--dry-run")
    assert {row.name for row in sources.sources(INSTALLER)} == {"TrackWise"}, "a dry run writes nothing"
    candor("--mapping", str(toml), "--save-as", "Second")
    assert {row.name for row in sources.sources(INSTALLER)} == {"TrackWise", "Second"}


def test_what_a_file_changes_is_shown_in_the_words_of_its_readers(dana: Someone, sign_in: Any) -> None:
    browser = sign_in(dana)

    def check_page(*line: str) -> str:
        file = (io.BytesIO(text_of([*line]).encode()), "log.csv")
        columns = browser.post("/imports", data={"kind": "deviations", "file": file}).headers["Location"]
        codes = CHOSEN["codes"] + "\ndetection_channel: No = peer\nseverity: Slight = minor"
        return str(browser.post(columns, data={**CHOSEN, "codes": codes}).headers["Location"])

    browser.post(check_page(*LINE), data={"lines": "all"})
    page = browser.get(check_page(*LINE[:3], "26/12/2024 14:05", "Bag warm.", "no", "Slight")).get_data(as_text=True)
    cells = re.findall(r"<td>([^<]*)</td><td>([^<]*)</td></tr>", page)
    assert ("Critical", "Minor") in cells
    assert ("Bag cold.", "Bag warm.") in cells
    assert ("25-Dec-2024 20:05 CET", "26-Dec-2024 20:05 CET") in cells
    assert label("performer", "detection_channel") != "performer"
    assert (label("performer", "detection_channel"), label("peer", "detection_channel")) in cells
