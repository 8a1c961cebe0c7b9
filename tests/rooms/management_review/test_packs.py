"""Packs: made once by the scheduler step by step, signed by their hashes, found when a file or the records change."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from behavior_metrics.management_review import commands
from behavior_metrics.management_review.figures import Figure, fingerprint
from behavior_metrics.management_review.models import ReviewPack
from behavior_metrics.management_review.queries import packs
from behavior_metrics.management_review.rules import NETWORK
from lms import clock
from lms.attachments.storage import Storage
from lms.cli import command_line
from lms.extensions import db
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run, run_follow_up
from tests.factories.behavior import history, moment, qa_of_the_network, quarter
from tests.factories.packs import MORNING, asked_for, delivered, only_network, pack_of, signed
from tests.factories.people import PASSWORD, Someone, a_site, a_team, someone


@pytest.fixture
def qa(app: Flask) -> Someone:
    return qa_of_the_network(a_site("S00", "Europe/Berlin"))


@pytest.fixture
def recurred(qa: Someone) -> None:
    """Two sites; last quarter six batches at the first, two recurrences, one self-reported, and a good catch."""
    site, other = a_site("S00", "Europe/Berlin"), a_site("S01", "Asia/Tokyo")
    team = a_team(site)
    with history(qa) as past:
        past.batches(site, team, quarter(1), 6)
        past.batches(other, None, quarter(1), 2)
        past.deviation(site, team, moment(quarter(2), 80))
        past.recurrence(site, team, moment(quarter(1), 5), channel="performer", hours_late=2)
        past.recurrence(site, team, moment(quarter(1), 9), channel="alarm", severity="major")
        past.deviation(site, team, moment(quarter(1), 12), kind="good_catch", channel="peer", step="thaw")


def table_of(pack: ReviewPack, section: str, key: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a table by their first cell, each by column."""
    kept = commands.kept_figures(pack)
    found = next(t for s in kept.sections if s.key == section for t in s.tables if t.key == key)
    return {
        str(row[0]): {column.key: cell for column, cell in zip(found.columns, row, strict=True)} for row in found.rows
    }


def test_the_job_makes_one_pack_for_the_network_and_each_site_and_a_second_time_none(qa: Someone) -> None:
    a_site("S01", "Asia/Tokyo")
    assert asked_for() == f"{quarter(1)}: 3 asked for"
    assert asked_for() == f"{quarter(1)}: 0 asked for"
    delivered()
    found = packs(qa.actor)
    assert [(row.site_code, row.pack.state, row.pack.revision) for row in found] == [
        ("", "made", 1),
        ("S00", "made", 1),
        ("S01", "made", 1),
    ]
    assert all(not commands.broken_files(row.pack) for row in found)


@pytest.mark.usefixtures("qa")
def test_killed_between_any_two_steps_it_goes_on_and_nothing_is_made_twice() -> None:
    asked_for()
    states = []
    while True:
        waiting = db.session.scalars(
            select(OutboxMessage.id)
            .where(OutboxMessage.done_at.is_(None), OutboxMessage.kind == "command")
            .order_by(OutboxMessage.id)
        ).all()
        db.session.rollback()  # as a new process finds it
        mine = [
            one for one in waiting if str(pack_of(NETWORK).id) in str(db.session.get_one(OutboxMessage, one).payload)
        ]
        if not mine:
            break
        db.session.rollback()
        run_follow_up(mine[0])
        states.append(pack_of(NETWORK).state)
        run_follow_up(mine[0])
    assert states == ["counted", "printed", "made"]
    before = pack_of(NETWORK)
    digests, version = (before.pdf_sha256, before.xlsx_sha256, before.figures_sha256), before.version
    for step in (commands.count_pack, commands.print_pack, commands.fill_workbook):
        run(step, MORNING, "again", pack_id=str(before.id))
    after = pack_of(NETWORK)
    assert (after.pdf_sha256, after.xlsx_sha256, after.figures_sha256) == digests
    assert after.version == version


@pytest.mark.usefixtures("qa")
def test_a_step_that_breaks_leaves_nothing_behind_and_is_made_later(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for()
    pack = pack_of(NETWORK)
    run(commands.count_pack, MORNING, "step", pack_id=str(pack.id))

    def killed(*_: object, **__: object) -> bytes:
        raise OSError("the typesetter was killed")

    with monkeypatch.context() as patch:
        patch.setattr(commands, "as_pdf", killed)
        with pytest.raises(OSError, match="killed"):
            run(commands.print_pack, MORNING, "step", pack_id=str(pack.id))
    assert (pack_of(NETWORK).state, pack_of(NETWORK).pdf_sha256) == ("counted", "")
    delivered()
    assert pack_of(NETWORK).state == "made"


@pytest.mark.usefixtures("recurred")
def test_the_figures_are_those_of_the_pages(qa: Someone, sign_in: Any) -> None:
    pack = only_network()
    browser = sign_in(qa)
    rates = table_of(pack, "recurrence", "quarter_rates")["All together"]
    page = browser.get("/behavior/sites.csv").data.decode("utf-8-sig")
    assert rates["batches"] == 8
    assert rates["recurrences"] == 2
    for figure, expected in (("recurrences", 2), ("self_reported", 1), ("independent", 1)):
        listed = browser.get(f"/behavior/records?figure={figure}&quarter={quarter(1)}").text
        assert f"{expected} record" in listed, figure
    assert str(table_of(pack, "recurrence", "quarter_rates")["Site S00"]["rate"].value) in page
    raised = table_of(pack, "raised", "raised")["Site S00"]
    first, last = quarter(1).first_day, quarter(1).last_day
    for query, number in (("", 3), ("&self_reported=1", 2), ("&kind=good_catch", 1)):
        listed = browser.get(f"/deviations.csv?from={first}&to={last}{query}").data.decode("utf-8-sig")
        assert listed.count("\r\n") == number + 1, query
    assert (raised["raised"], raised["self"], raised["independent"], raised["good_catches"]) == (3, 2, 1, 1)
    waiting = {row["where"]: row["number"] for row in table_of(pack, "decisions", "decisions").values()}
    for address in ("/deviations?overdue=1", "/deviations?recurrence=proposed"):
        listed = browser.get(address.replace("/deviations", "/deviations.csv")).data.decode("utf-8-sig")
        assert listed.count("\r\n") == waiting[address] + 1, address


@pytest.mark.usefixtures("recurred")
def test_small_numbers_are_never_a_bare_percentage(qa: Someone) -> None:
    pack = only_network()
    ratio = table_of(pack, "raised", "raised")["Site S00"]["catch_share"]
    assert ratio == Figure(None, None, None, "cannot tell yet")
    assert table_of(pack, "raised", "raised")["Site S00"]["delay"] == "cannot tell yet"
    operators = table_of(pack, "training", "currency")
    assert {row["share"].untold for row in operators.values()} == {"fewer than 5 people"}
    assert {row["number"] for row in operators.values()} == {None}
    said = {section.key: section.said for section in commands.kept_figures(pack).sections}
    assert any("cannot tell yet" in line.lower() for line in (*said["linkage"], *said["recurrence"]))
    assert qa.person.family_name not in commands.kept_figures(pack).as_text()


@pytest.mark.usefixtures("recurred")
def test_the_workbook_holds_the_same_values_as_the_pages_of_the_pdf(qa: Someone, sign_in: Any) -> None:
    pack = only_network()
    browser = sign_in(qa)
    body = browser.get(f"/behavior/management-review/{pack.id}/xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(body))
    figures = commands.kept_figures(pack)
    assert len(book.sheetnames) == len(figures.sections) + 1
    readme = [str(row[0].value) for row in book["README"].iter_rows()]
    assert {term for term, _said in figures.definitions} <= set(readme)
    compared = 0
    for sheet, section in zip(book.worksheets[1:], figures.sections, strict=True):
        lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
        for table in section.tables:
            at = next(n for n, line in enumerate(lines) if line[0] == table.title)
            for number, row in enumerate(table.rows, at + 2):
                shown = lines[number]
                column = 0
                for cell, kind in zip(row, (one.kind for one in table.columns), strict=True):
                    if kind in {"rate", "share", "ratio"}:
                        assert isinstance(cell, Figure)
                        numbers = [cell.value, cell.low, cell.high]
                        # a workbook keeps sixteen digits, and no infinity
                        wanted = [
                            "∞" if one == float("inf") else one and pytest.approx(one, rel=1e-12) for one in numbers
                        ]
                        assert shown[column : column + 3] == wanted
                        assert (shown[column + 3] or "") == cell.untold
                        column += 4
                    else:
                        assert shown[column] == cell
                        column += 1
                    compared += 1
    assert compared > 100
    assert browser.get(f"/behavior/management-review/{pack.id}/pdf").data.startswith(b"%PDF")


@pytest.mark.usefixtures("recurred")
def test_an_edited_file_is_found_not_handed_out_and_not_signed(qa: Someone, sign_in: Any) -> None:
    pack = only_network()
    browser = sign_in(qa)
    for attribute, file, name in (("pdf_sha256", "pdf", "PDF"), ("xlsx_sha256", "xlsx", "workbook")):
        digest = getattr(pack, attribute)
        path = Storage.here().folder / digest[:2] / digest
        whole = path.read_bytes()
        path.write_bytes(whole[:-30] + b"0" + whole[-29:])
        assert commands.broken_files(pack_of(NETWORK)) == [name]
        assert browser.get(f"/behavior/management-review/{pack.id}/{file}").status_code == 404
        assert f"A file is not what was made: {name}" in " ".join(
            browser.get(f"/behavior/management-review/{pack.id}").text.replace("<b>", "").split()
        )
        with pytest.raises(NotAllowed, match=f"The {name} of this pack is missing or was changed"):
            signed(qa, pack_of(NETWORK))
        path.write_bytes(whole)
    assert commands.broken_files(pack_of(NETWORK)) == []


@pytest.mark.usefixtures("recurred")
def test_a_signature_holds_for_the_pack_and_a_later_record_is_shown_beside_it(qa: Someone, sign_in: Any) -> None:
    pack = only_network()
    browser = sign_in(qa)
    address = f"/behavior/management-review/{pack.id}"
    sent = {"reason": "Under control; coaching goes on.", "password": PASSWORD, "version": pack.version}
    assert browser.post(f"{address}/sign", data={**sent, "password": "wrong"}).status_code == 422
    assert browser.post(f"{address}/sign", data=sent).status_code == 302
    delivered()
    pack = pack_of(NETWORK)
    assert packs(qa.actor)[0].signed
    copy = browser.get(f"{address}/signed").data
    assert copy.startswith(b"%PDF")
    assert copy != browser.get(f"{address}/pdf").data
    before = (pack.content_hash, pack.pdf_sha256, pack.xlsx_sha256)
    run(commands.compare_pack, MORNING, "night", pack_id=str(pack.id))
    assert pack_of(NETWORK).changed == ""
    with history(qa) as past:
        past.deviation(a_site("S00"), None, moment(quarter(1), 50), channel="peer", step="sampling", hours_late=200)
    run(commands.compare_pack, MORNING, "night", pack_id=str(pack.id))
    pack = pack_of(NETWORK)
    assert pack.changed.split() == ["changes", "raised"]
    assert (pack.content_hash, pack.pdf_sha256, pack.xlsx_sha256) == before
    assert packs(qa.actor)[0].signed
    page = browser.get(address).text
    assert "Records changed since." in page
    assert "Deviations and good catches raised" in page
    with pytest.raises(NotAllowed, match="signed already"):
        signed(qa, pack)


@pytest.mark.usefixtures("recurred")
def test_made_anew_from_the_same_records_it_has_the_same_content_hash(qa: Someone, sign_in: Any) -> None:
    first = only_network()
    signed(qa, first)
    browser = sign_in(qa)
    assert browser.post(f"/behavior/management-review/{first.id}/anew").status_code == 302
    assert (
        "This pack is being made"
        in browser.post(f"/behavior/management-review/{first.id}/anew", follow_redirects=True).text
    )
    delivered()
    second = pack_of(NETWORK)
    assert second.revision == 2
    assert second.content_hash == first.content_hash
    assert [row.signed for row in packs(qa.actor) if row.pack.scope == NETWORK] == [False, True]
    with history(qa) as past:
        past.batches(a_site("S00"), None, quarter(1), 1)
    third = commands.figures_of(NETWORK, quarter(1), clock.now())
    assert fingerprint(third) != second.content_hash


@pytest.mark.usefixtures("recurred")
def test_a_person_of_another_site_sees_neither_the_network_nor_that_site(qa: Someone, sign_in: Any) -> None:
    asked_for()
    delivered()
    own = pack_of(str(a_site("S01").id))
    elsewhere = sign_in(someone(Role.QA, a_site("S01")))
    assert elsewhere.get(f"/behavior/management-review/{own.id}").status_code == 200
    listed = elsewhere.get("/behavior/management-review").text
    assert "Site S01" in listed
    assert "Site S00" not in listed
    for scope in (NETWORK, str(a_site("S00").id)):
        address = f"/behavior/management-review/{pack_of(scope).id}"
        for path in ("", "/pdf", "/xlsx", "/progress/made"):
            assert elsewhere.get(address + path).status_code == 404, path
        for path in ("/sign", "/anew"):
            sent = {"reason": "x", "password": PASSWORD, "version": 1}
            assert elsewhere.post(address + path, data=sent).status_code == 404, path
    operator = sign_in(someone(Role.OPERATOR, a_site("S01")))
    assert operator.get("/behavior/management-review").status_code == 403
    assert "Site S00" not in commands.kept_figures(own).as_text()
    with pytest.raises(NotFound):
        signed(someone(Role.QA, a_site("S01")), pack_of(NETWORK))
    del qa


@pytest.mark.usefixtures("recurred")
def test_the_pages_take_six_statements_and_a_pack_some_dozens(qa: Someone, sign_in: Any, queries: Any) -> None:
    with queries() as seen:
        commands.figures_of(NETWORK, quarter(1), clock.now())
    few = len(seen)
    assert few <= 40
    for number in range(2, 6):
        a_site(f"S{number:02d}")
    with queries() as seen:
        commands.figures_of(NETWORK, quarter(1), clock.now())
    assert len(seen) <= few
    pack = only_network()
    browser = sign_in(qa)
    for address in ("/behavior/management-review", f"/behavior/management-review/{pack.id}"):
        browser.get(address)
        with queries() as seen:
            assert browser.get(address).status_code == 200
        assert len(seen) <= 6, address


def test_a_quarter_that_is_not_over_is_refused(qa: Someone) -> None:
    del qa
    for wanted in (quarter(0), quarter(-1), quarter(40)):
        with pytest.raises(NotAllowed, match="not among the closed quarters"):
            commands.figures_of(NETWORK, wanted, clock.now())
    assert commands.figures_of(NETWORK, quarter(1), clock.now() + timedelta(hours=1)).quarter == str(quarter(1))


@pytest.mark.usefixtures("qa")
def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "none" / "pack.pdf"
    asked = ["management-review", "--quarter", str(quarter(1)), "--pdf", str(place)]
    with pytest.raises(NotAllowed, match=r"pack\.pdf cannot be written: No such file or directory\. Name a file"):
        command_line().main(asked, prog_name="candor", standalone_mode=False)
