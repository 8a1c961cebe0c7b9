"""``candor import sop``: real files with the list of what they lose, and small ones without them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed
from modules.documents.cli import import_sop
from modules.documents.models import DocumentImage, DocumentVersion
from modules.documents.sop_file import read_sop
from tests.factories.people import someone

SHARED = Path(os.environ.get("CANDOR_SHARED", "../shared")) / "realdata" / "sops"
REAL = sorted(SHARED.rglob("*.md")) if SHARED.is_dir() else []
#: Lines of what cannot be represented, by file; every real file is accepted. The same table stands in docs/real-input.md.
EXPECTED = {
    "21cfr1270/section-1270.1.md": [],
    "21cfr1270/section-1270.31.md": [],
    "21cfr1270/section-1270.35.md": [],
    "capa/docs_process_workflow.md": [8, 177, 178, 179],
    "capa/examples_service-outage-example_investigation.md": [4, 27, 39, 44, 71, 92, 105, 120, 137, 152, 165, 193, 193],
    "capa/workbooks_initiation_capa-initiation-workbook.md": [10, 20, 55, 63, 76, 87, 100, 115, 123, 141, 146, 146],
    "capa/workbooks_investigation_capa-investigation-workbook.md": [11, 27, 39, 44, 71, 92, 105, 120, 135, 148, 161, 182, 187, 187],
    "cell-culture/sop-tc-001-thawing_adherent_cells.md": [],
    "cell-culture/sop-tc-002-passaging-adherent-cells.md": [],
    "cell-culture/sop-tc-003-cell-cryopreservation-cell-banking.md": [],
    "cell-culture/sop-tc-006-incubator-hood-best-practices.md": [],
    "lab-protocols/SD-dropout-media.md": [3, 4, 5, 6, 22, 37],
    "lab-protocols/joining-lab.md": [3, 4, 5, 18],
    "lab-protocols/yeast-colony-pcr.md": [3, 4, 5, 6],
}  # fmt: skip


def run_import(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(import_sop, arguments, catch_exceptions=False)
    return result.exit_code, result.output


@pytest.mark.skipif(not REAL, reason=f"{len(EXPECTED)} cases of shared input did not run: set CANDOR_SHARED")
def test_every_real_file_is_among_those_whose_losses_are_known() -> None:
    assert {path.relative_to(SHARED).as_posix() for path in REAL} == set(EXPECTED)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_sop_is_taken_in_and_says_what_it_loses_by_its_line(app: Flask, path: Path) -> None:
    status, output = run_import(str(path), "--json")
    assert status == 0
    [report] = json.loads(output)
    assert report["refused"] == ""
    assert [note["line"] for note in report["not_represented"]] == EXPECTED[path.relative_to(SHARED).as_posix()]
    version = db.session.scalars(select(DocumentVersion)).one()
    assert version.title == report["title"]
    assert [note["line"] for note in version.import_notes] == [note["line"] for note in report["not_represented"]]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_every_word_of_a_real_sop_is_on_its_page(path: Path) -> None:
    import html
    import re

    from modules.documents.markdown import render

    sop = read_sop(path.name, path.read_bytes())
    shown = html.unescape(re.sub(r"<[^>]+>", " ", render(sop.source).html)) + sop.title
    links = " ".join(re.findall(r'href="([^"]*)"', render(sop.source).html))
    for word in re.findall(r"[A-Za-zÀ-ÿ]{4,}", re.sub(r"^```\w*", "", sop.source, flags=re.MULTILINE)):
        assert word in shown or word in links, word


def test_a_dry_run_reports_and_keeps_nothing(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "SOP-11.md"
    file.write_text("# A\n\n<b>x</b>\n")
    status, output = run_import(str(file), "--dry-run")
    assert status == 0
    assert "would be taken in as the next version of SOP-11, A." in output
    assert "line 3: HTML (b) is shown as text." in output
    assert db.session.scalars(select(DocumentVersion)).all() == []


def test_pictures_are_read_from_beside_the_file_and_from_nowhere_else(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "sops"
    (folder / "figures").mkdir(parents=True)
    (folder / "figures" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n1")
    (tmp_path / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\n2")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    file = folder / "SOP-12.md"
    file.write_text("# A\n\n![a](figures/a.png)\n\n![b](../secret.png)\n\n![c](link.png)\n\n![d](/etc/passwd)\n")
    status, output = run_import(str(file), "--json")
    assert status == 0
    [report] = json.loads(output)
    assert report["pictures"] == 1
    assert [note["line"] for note in report["not_represented"]] == [5, 7, 9]
    assert db.session.scalars(select(DocumentImage.name)).all() == ["figures-a.png"]


def test_a_refused_file_does_not_stop_the_others_and_ends_with_1(app: Flask, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.md", tmp_path / "SOP-13.md"
    bad.write_bytes(b"\xff\xfe")
    good.write_text("# Good\n")
    status, output = run_import(str(bad), str(good))
    assert status == 1
    assert "bad.md: refused." in output
    assert "SOP-13.md: taken in as version 1 of SOP-13, Good." in output


def test_the_named_author_cannot_approve_what_was_imported(app: Flask, tmp_path: Path) -> None:
    author = someone(Role.QA, everywhere=True)
    employee_no = author.person.employee_no
    file = tmp_path / "SOP-14.md"
    file.write_text("# A\n")
    assert run_import(str(file), "--author", employee_no)[0] == 0
    version = db.session.scalars(select(DocumentVersion)).one()
    assert version.writers == [str(author.person.id)]
    with pytest.raises(NotAllowed, match="no person with the employee number"):
        run_import(str(file), "--author", "nobody")
