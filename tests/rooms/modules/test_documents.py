"""SOPs as controlled documents: four eyes, a signature, pictures, and drafts that stay with their authors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NoPermission, NotAllowed, StaleForm
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run, transaction
from modules.documents import commands
from modules.documents.models import Document, DocumentImage, DocumentVersion
from modules.documents.sop_file import read_sop
from tests.factories import modules as made
from tests.factories.people import Someone, a_site, also, someone

SignIn = Callable[[Someone], FlaskClient]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def a_draft(author: Someone, code: str = "SOP-1", source: str = made.TEXT) -> DocumentVersion:
    return run(commands.draft_document_version, author.actor, "", code=code, title="A procedure", source=source)


def in_review(author: Someone, code: str = "SOP-1") -> DocumentVersion:
    draft = a_draft(author, code)
    return run(commands.send_to_review, author.actor, "", draft.id)


def approve_as(approver: Someone, shown: DocumentVersion, **changed: object) -> DocumentVersion:
    arguments = {"version": shown.version, "sha256": shown.sha256, "effective_on": made.today(), **changed}
    return run(commands.approve_document_version, approver.signing, "", shown.id, **arguments)


def test_a_version_is_approved_with_a_signature_over_its_text(app: Flask) -> None:
    version = approve_as(made.an_approver(), in_review(someone(Role.TRAINER)))
    version_id = version.id
    assert version.state == "approved"
    [signature] = signatures_on(version)
    assert (signature.meaning, signature.holds) == ("approved", True)
    with transaction() as connection:  # a database administrator who knows of the row's version
        connection.execute(text("update document_version set sha256 = 'x', version = version + 1"))
    db.session.expire_all()
    assert [row.holds for row in signatures_on(db.session.get_one(DocumentVersion, version_id))] == [False]


def test_neither_the_author_nor_an_editor_approves_whatever_their_roles(app: Flask) -> None:
    author = also(someone(Role.TRAINER, everywhere=True), Role.QA, None)
    editor = also(someone(Role.TRAINER, everywhere=True), Role.QA, None)
    draft = a_draft(author)
    words = {"title": "A procedure", "change_summary": "", "change_reason": "", "affected": "", "risk_class": "quiz"}
    run(commands.edit_document_version, editor.actor, "", draft.id, version=draft.version, source=made.CHANGED, **words)
    version = run(commands.send_to_review, author.actor, "", draft.id)
    for person in (author, editor):
        with pytest.raises(NotAllowed, match="Nobody approves a version they wrote"):
            approve_as(person, version)
    assert db.session.get_one(DocumentVersion, version.id).state == "in_review"
    assert approve_as(made.an_approver(), version).state == "approved"


def test_the_database_itself_refuses_an_author_as_approver(app: Flask) -> None:
    author = someone(Role.TRAINER)
    a_draft(author)
    insert = (
        "insert into document_version (id, version, document_id, number, title, state, source, html, sha256, change_summary,"
        " change_reason, affected, risk_class, author_id, approved_by_id, writers, import_notes)"
        " select '{id}', 1, document_id, 9, title, 'approved', source, html, sha256, '', '', '', 'quiz', author_id, author_id,"
        " writers, import_notes from document_version"
    )
    with pytest.raises(DBAPIError, match="author_does_not_approve"), transaction() as connection:
        connection.execute(text(insert.format(id="0" * 32)))


def test_qa_of_one_site_does_not_approve_for_the_whole_network(app: Flask) -> None:
    version = in_review(someone(Role.TRAINER))
    with pytest.raises(NoPermission, match="whole network"):
        approve_as(someone(Role.QA, a_site()), version)


def test_an_approval_needs_fresh_proof_of_identity(app: Flask) -> None:
    version, approver = in_review(someone(Role.TRAINER)), made.an_approver()
    shown = {"version": version.version, "sha256": version.sha256, "effective_on": made.today()}
    with pytest.raises(NotAllowed, match="password"):
        run(commands.approve_document_version, approver.actor, "", version.id, **shown)
    assert db.session.get_one(DocumentVersion, version.id).state == "in_review"


@pytest.mark.parametrize("changed", [{"version": 99}, {"sha256": "0" * 64}])
def test_what_is_approved_is_what_was_shown(app: Flask, changed: dict[str, object]) -> None:
    with pytest.raises(StaleForm):
        approve_as(made.an_approver(), in_review(someone(Role.TRAINER)), **changed)


def test_an_approved_text_never_changes_and_is_followed_by_a_higher_number(app: Flask) -> None:
    author = someone(Role.TRAINER)
    version = approve_as(made.an_approver(), in_review(author))
    words = {"title": "X", "change_summary": "", "change_reason": "", "affected": "", "risk_class": "quiz"}
    with pytest.raises(NotAllowed, match="not a draft any more"):
        run(commands.edit_document_version, author.actor, "", version.id, version=version.version, source="x", **words)
    with pytest.raises(NotAllowed, match="superseded by the next one"):
        run(commands.withdraw_document_version, author.actor, "", version.id)
    document_id = db.session.get_one(DocumentVersion, version.id).document_id
    following = run(commands.draft_next_version, author.actor, "", document_id)
    assert (following.number, following.source) == (2, made.TEXT)
    with pytest.raises(NotAllowed, match="Version 2 is still being written"):
        run(commands.draft_next_version, author.actor, "", document_id)


def test_a_version_given_back_is_a_draft_again_and_says_why(app: Flask) -> None:
    version, qa = in_review(someone(Role.TRAINER)), made.an_approver()
    with pytest.raises(NotAllowed, match="what the author should change"):
        run(commands.return_to_author, qa.actor, " ", version.id)
    assert run(commands.return_to_author, qa.actor, "step 3 is unclear", version.id).state == "draft"


def test_somebody_elses_save_is_not_overwritten(app: Flask) -> None:
    author = someone(Role.TRAINER)
    draft = a_draft(author)
    words = {"title": "X", "change_summary": "", "change_reason": "", "affected": "", "risk_class": "quiz"}
    seen = draft.version
    run(commands.edit_document_version, author.actor, "", draft.id, version=seen, source="# One\n", **words)
    with pytest.raises(StaleForm):
        run(commands.edit_document_version, author.actor, "", draft.id, version=seen, source="# Two\n", **words)


def test_a_file_of_a_known_number_updates_its_open_draft_and_becomes_the_next_version_after_that(app: Flask) -> None:
    author = someone(Role.TRAINER)
    first = run(commands.import_document_version, author.actor, "", read_sop("SOP-7.md", b"# A\n\none\n"))
    again = run(commands.import_document_version, author.actor, "", read_sop("SOP-7.md", b"# A\n\ntwo <u>x</u>\n"))
    assert (again.id, again.number, again.import_notes) == (
        first.id,
        1,
        [{"line": 3, "what": "HTML (u) is shown as text."}],
    )
    run(commands.send_to_review, author.actor, "", again.id)
    made.approve(again.id, made.today())
    following = run(commands.import_document_version, author.actor, "", read_sop("SOP-7.md", b"# A\n\nthree\n"))
    assert following.number == 2
    run(commands.withdraw_document_version, author.actor, "", following.id)
    with pytest.raises(NotAllowed, match="higher number"):
        run(commands.import_document_version, author.actor, "", read_sop("SOP-7.md", b"+++\nversion = 1\n+++\n# A\n"))


def test_a_picture_is_kept_with_its_version_bound_by_its_digest_and_served_harmlessly(
    app: Flask, sign_in: SignIn
) -> None:
    author = someone(Role.TRAINER)
    sop = read_sop("SOP-8.md", b"# A\n\n![The pump](pump.png)\n", {"pump.png": PNG}.get)
    version = run(commands.import_document_version, author.actor, "", sop)
    version_id, digest = version.id, version.sha256
    path = f"/sops/versions/{version_id}/pictures/pump.png"
    assert f'src="{path}"' in version.html
    answer = sign_in(author).get(path)
    assert answer.data == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert sign_in(someone(Role.OPERATOR)).get(path).status_code == 404  # a draft's picture is a draft
    assert sign_in(author).get(path.replace("pump", "other")).status_code == 404
    other = read_sop("SOP-8.md", b"# A\n\n![The pump](pump.png)\n", {"pump.png": PNG + b"1"}.get)
    changed = run(commands.import_document_version, author.actor, "", other)
    assert changed.sha256 != digest
    assert db.session.scalars(select(DocumentImage)).one().content == PNG + b"1"


def test_drafts_are_for_authors_and_qa_only(app: Flask, sign_in: SignIn) -> None:
    draft = a_draft(someone(Role.TRAINER), "SOP-DRAFT")
    document_id, draft_id = draft.document_id, draft.id
    approved = made.an_sop("SOP-OPEN")
    operator = sign_in(someone(Role.OPERATOR))
    page = operator.get("/sops").get_data(as_text=True)
    assert "SOP-OPEN" in page
    assert "SOP-DRAFT" not in page
    assert operator.get(f"/sops/{document_id}").status_code == 404
    assert operator.get(f"/sops/versions/{draft_id}/review").status_code == 404
    assert operator.get("/search?q=SOP-DRAFT").get_data(as_text=True).count("SOP-DRAFT") == 1  # what was typed
    assert operator.get(f"/sops/{approved.document_id}").status_code == 200
    assert "SOP-DRAFT" in sign_in(someone(Role.QA)).get("/sops").get_data(as_text=True)


def test_the_title_of_an_sop_follows_its_newest_approved_version(app: Flask) -> None:
    made.an_sop("SOP-9", title="Old title")
    made.an_sop("SOP-9", title="New title", text=made.CHANGED, effective_on=made.today() + timedelta(days=1))
    assert db.session.scalars(select(Document.title)).one() == "New title"
