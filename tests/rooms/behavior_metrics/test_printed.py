"""What leaves on paper says what the page says: every figure, the sentences, and who signed what when."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.management_review import commands as packs
from behavior_metrics.snapshots.commands import take_snapshot
from lms.extensions import db
from lms.permissions import Actor
from lms.unit_of_work import run
from tests.factories.behavior import (
    history,
    moment,
    opened,
    qa_of_the_network,
    qa_with_an_answer,
    quarter,
    release_climate,
)
from tests.factories.packs import delivered, only_network, signed
from tests.factories.people import Beginning, Someone, a_site, a_team
from tests.pdf_text import pages_of

REMARK = "Fewer come back where people speak up."


@pytest.fixture
def qa(app: Flask) -> Someone:
    return qa_of_the_network(a_site("S00", "Europe/Berlin"))


def plain(markup: str) -> str:
    """Return the words of a piece of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def panel(page: str, heading: str) -> str:
    """Return the section of a page under a heading."""
    return next(part for part in page.split("<section")[1:] if plain(part.partition("</header>")[0]).find(heading) >= 0)


def cells(markup: str) -> list[str]:
    """Return what stands in the cells of its tables, without what is said beside a figure in a smaller type."""
    found = re.findall(r"<t[dh](?: [^>]*)?>(.*?)</t[dh]>", markup, re.DOTALL)
    return [plain(re.sub(r'<span class="sub[^>]*>.*?</span>', " ", cell, flags=re.DOTALL)) for cell in found]


def missing(wanted: list[str], text: str) -> list[str]:
    return [one for one in wanted if one and one not in text]


def test_a_signed_study_on_paper_holds_every_figure_and_sentence_of_its_page(
    beginning: Beginning, sign_in: Any
) -> None:
    qa = beginning(qa_with_an_answer)
    run(make_nightly_analysis, Actor.system("make_nightly_analysis"), "due")
    shown = db.session.scalars(select(AnalysisRun.input_hash)).one()
    snapshot = run(take_snapshot, qa.signing, "read", shown=shown, remark=REMARK)
    browser = opened(sign_in(qa))
    address = f"/behavior/linkage/studies/{snapshot.id}"
    page = browser.get(address).get_data(as_text=True)
    sheets = pages_of(browser.get(f"{address}/report.pdf").data)
    text = " ".join(sheets)

    effect, tests = panel(page, "The result in words"), panel(page, "Every test that was run")
    sentences = [plain(one) for one in re.findall(r"<p>(.*?)</p>", effect.partition("<table")[0], re.DOTALL)]
    assert sentences
    assert missing(sentences, text) == []
    figures = [cell for cell in cells(effect.partition("<tbody>")[2]) if re.search(r"\d", cell)]
    assert len(figures) == 6, "two outcomes, as they are, corrected, and their E-values"
    assert missing([figure.partition(" (limit")[0] for figure in figures], text) == []
    rows = [cells(row) for row in tests.partition("<tbody>")[2].split("<tr")[1:]]
    assert len(rows) == 23
    printed = text.partition("Every test that was run")[2]
    assert missing([" ".join(row[1:]) for row in rows], printed) == []

    assert plain(page.partition('class="answer">')[2].partition("</p>")[0]) in sheets[0]
    block = cells(panel(page, "Signatures").partition("<tbody>")[2])
    assert block[:2] == ["Ana Ferreira", "Reviewed"]
    assert f"{' '.join(block[:3])} {REMARK}" in sheets[0]
    assert shown in sheets[0]
    for number, sheet in enumerate(sheets, 1):
        assert f"input {shown[:12]} {number} / {len(sheets)}" in sheet

    unsigned = " ".join(pages_of(browser.get("/behavior/linkage.pdf").data))
    assert "Not signed: printed from the study as it stands." in unsigned
    assert REMARK not in unsigned


def test_a_signed_pack_on_paper_holds_every_table_and_sentence_of_its_page(qa: Someone, sign_in: Any) -> None:
    site = a_site("S00", "Europe/Berlin")
    team = a_team(site, "Blue")
    with history(qa) as past:
        past.batches(site, team, quarter(1), 6)
        past.deviation(site, team, moment(quarter(2), 80))
        past.recurrence(site, team, moment(quarter(1), 5), channel="performer", hours_late=2)
        past.recurrence(site, team, moment(quarter(1), 9), channel="alarm", severity="major")
        past.deviation(site, team, moment(quarter(1), 12), kind="good_catch", channel="peer", step="thaw")
    release_climate(quarter(1), 5.0, team=team)
    pack = signed(qa, only_network(), "Under control (for now).")
    delivered()
    browser = opened(sign_in(qa))
    address = f"/behavior/management-review/{pack.id}"
    page = browser.get(address).get_data(as_text=True)
    sheets = pages_of(browser.get(f"{address}/signed").data)
    text = " ".join(sheets)

    kept = packs.kept_figures(pack)
    for section in kept.sections:
        on_page = panel(page, section.title)
        of_paper = text.partition(f". {section.title} ")[2]
        assert missing(list(section.said), of_paper) == [], section.title
        for body in re.findall(r"<tbody>(.*?)</tbody>", on_page, re.DOTALL):
            for line in map(cells, body.split("<tr>")[1:]):
                told = line[:-1] if line[-1].startswith("Open the list") else line
                assert " ".join(told) in of_paper, section.title
    block = cells(panel(page, "Document control").partition("<tbody>")[2])
    assert f"{', '.join(block[:3])}: Under control (for now)." in sheets[0]
    assert "released" in text
    assert pack.content_hash in sheets[0]
    for number, sheet in enumerate(sheets, 1):
        assert f"Revision 1 · {pack.content_hash[:12]} {number} / {len(sheets)}" in sheet
