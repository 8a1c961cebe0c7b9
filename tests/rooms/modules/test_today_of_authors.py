"""An author's Today: what is in draft, in review and approved for a later day, and nothing that holds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Flask

from lms.permissions import Role
from lms.unit_of_work import run
from modules.documents import commands as documents
from modules.documents.models import DocumentVersion
from tests.factories.modules import TEXT, an_sop
from tests.factories.people import Someone, someone, today


def drafted(author: Someone, code: str) -> DocumentVersion:
    given = {"title": f"Title {code}", "source": TEXT, "change_summary": "Says it better."}
    return run(documents.draft_document_version, author.actor, "", code=code, **given)


def test_authors_see_every_version_on_its_way_and_what_to_do_with_it(app: Flask, sign_in: Any) -> None:
    author = someone(Role.TRAINER)
    browser = sign_in(author)
    assert 'hx-get="/today/below"' in browser.get("/").get_data(as_text=True)
    assert "No version is in draft, in review or waiting for its day." in browser.get("/today/below").text
    an_sop("SOP-HOLDS")
    coming = an_sop("SOP-COMES", effective_on=today() + timedelta(days=9))
    draft, review = drafted(author, "SOP-DRAFT"), drafted(author, "SOP-REVIEW")
    run(documents.send_to_review, author.actor, "", review.id)
    page = browser.get("/today/below").text
    rows = dict(re.findall(r"<tr><td[^>]*>(SOP-[A-Z]+) v1</td>(.*?)</tr>", page, re.DOTALL))
    assert set(rows) == {"SOP-COMES", "SOP-DRAFT", "SOP-REVIEW"}
    assert f'href="/sops/versions/{draft.id}/edit"' in rows["SOP-DRAFT"]
    assert f'href="/sops/versions/{review.id}/review"' in rows["SOP-REVIEW"]
    assert f'href="/sops/{coming.document_id}?version=1"' in rows["SOP-COMES"]
    assert f"{today() + timedelta(days=9):%d-%b-%Y}" in rows["SOP-COMES"]
    for row in rows.values():
        for address in re.findall(r'href="([^"]+)"', row):
            assert browser.get(address).status_code == 200, address


def test_readers_of_sops_see_no_drafts_on_today(app: Flask, sign_in: Any) -> None:
    drafted(someone(Role.TRAINER), "SOP-DRAFT")
    browser = sign_in(someone(Role.OPERATOR))
    assert "/today/below" not in browser.get("/").get_data(as_text=True)
    assert "SOP-DRAFT" not in browser.get("/today/below").text
