"""Files of a deviation: who adds and reads them, how they are handed out, that backups hold them, that one can be redacted."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from lms.attachments.commands import attach_file
from lms.attachments.models import Attachment
from lms.attachments.storage import Storage
from lms.audit.verification import verify
from lms.backup.backing_up import ATTACHMENTS, back_up
from lms.extensions import db
from lms.permissions import Role
from lms.redactions.commands import redact_file
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.deviations import a_deviation, close, triage
from tests.factories.people import PASSWORD, Someone, a_site, someone
from tests.rooms.attachments.pictures import OWNER, PLACE, a_jpeg


@pytest.fixture
def chidi(app: Flask) -> Someone:
    return someone()


def attach(by: Someone, deviation_id: UUID, data: bytes | None = None, name: str = "label.jpg") -> Attachment:
    return run(attach_file, by.actor, "attached", deviation_id, name=name, data=data or a_jpeg())


def sent(browser: Any, path: str, data: bytes, name: str) -> Any:
    return browser.post(path, data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def file_in(folder: Path, digest: str) -> Path:
    return folder / ATTACHMENTS / digest[:2] / digest


def test_the_reporter_adds_a_photo_and_qa_saves_it(app: Flask, chidi: Someone, dana: Someone, sign_in: Any) -> None:
    deviation_id = a_deviation(chidi)
    page = f"/good-catch/{deviation_id}/files"
    assert "No patient name, number or birth date in the picture" in sign_in(chidi).get(page).get_data(as_text=True)
    assert sent(sign_in(chidi), page, a_jpeg(), "IMG 42.jpeg").status_code == 302
    added = db.session.scalars(select(Attachment)).one()
    assert (added.name, added.media_type, added.added_by_id) == ("IMG 42.jpg", "image/jpeg", chidi.person.id)
    assert verify().ok
    answer = sign_in(dana).get(f"/deviations/{deviation_id}/files/{added.id}")
    assert hashlib.sha256(answer.data).hexdigest() == added.sha256
    assert len(answer.data) == added.size
    assert PLACE not in answer.data
    assert OWNER not in answer.data
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''IMG%2042.jpg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.mimetype == "image/jpeg"
    assert sign_in(chidi).get(f"/good-catch/{deviation_id}/files/{added.id}").status_code == 200


def test_another_site_and_another_operator_get_nothing(chidi: Someone, dana: Someone, sign_in: Any) -> None:
    deviation_id, other = a_deviation(chidi), a_deviation(chidi)
    file_id = attach(chidi, deviation_id).id
    elsewhere, colleague = sign_in(someone(Role.QA, a_site("BBB"))), sign_in(someone())
    for path in (f"/deviations/{deviation_id}/files", f"/deviations/{deviation_id}/files/{file_id}"):
        assert elsewhere.get(path).status_code == 404
        assert colleague.get(path).status_code == 403
    assert elsewhere.get(f"/deviations/{deviation_id}/files/{file_id}/redact").status_code == 404
    for path in (f"/good-catch/{deviation_id}/files", f"/good-catch/{deviation_id}/files/{file_id}"):
        assert colleague.get(path).status_code == 404
    assert sent(colleague, f"/good-catch/{deviation_id}/files", a_jpeg(), "a.jpg").status_code == 404
    assert sign_in(dana).get(f"/deviations/{other}/files/{file_id}").status_code == 404


def test_what_is_not_taken_is_said_at_the_field(chidi: Someone, sign_in: Any) -> None:
    deviation_id = a_deviation(chidi)
    browser = sign_in(chidi)
    answer = sent(browser, f"/good-catch/{deviation_id}/files", b"<svg onload='go()'/>", "label.png")
    assert answer.status_code == 422
    assert "Attach a photo (JPEG, PNG)" in answer.get_data(as_text=True)
    assert db.session.scalars(select(Attachment)).all() == []
    attach(chidi, deviation_id)
    with pytest.raises(NotAllowed, match="this very file already"):
        attach(chidi, deviation_id)


def test_a_file_larger_than_the_setting_is_refused(
    app: Flask, chidi: Someone, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deviation_id = a_deviation(chidi)
    assert app.config["MAX_CONTENT_LENGTH"] == app.config["SETTINGS"].upload_megabytes * 1024 * 1024
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 2000)
    answer = sent(sign_in(chidi), f"/good-catch/{deviation_id}/files", b"a" * 2001, "a.txt")
    assert answer.status_code == 413


def test_a_closed_deviation_takes_no_more(chidi: Someone, dana: Someone) -> None:
    deviation_id = a_deviation(chidi)
    triage(dana, deviation_id, severity="minor")
    close(dana, deviation_id, reason="no effect")
    with pytest.raises(NotAllowed, match="is closed"):
        attach(dana, deviation_id)


def test_a_content_that_was_changed_behind_the_application_is_not_handed_out(
    app: Flask, chidi: Someone, dana: Someone, sign_in: Any
) -> None:
    deviation_id = a_deviation(chidi)
    added = attach(chidi, deviation_id)
    path, file_id = file_in(app.config["SETTINGS"].data_dir, added.sha256), added.id
    path.write_bytes(path.read_bytes() + b"!")
    answer = sign_in(dana).get(f"/deviations/{deviation_id}/files/{file_id}")
    assert answer.status_code == 404
    assert "was changed" in answer.get_data(as_text=True)
    path.unlink()


def test_a_backup_holds_the_contents(chidi: Someone, tmp_path: Path) -> None:
    digest = attach(chidi, a_deviation(chidi), a_jpeg(seed=b"for the backup")).sha256
    back_up(tmp_path / "a.tar")
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert f"{ATTACHMENTS}/{digest[:2]}/{digest}" in tar.getnames()


def test_qa_redacts_a_content_and_its_row_stays(app: Flask, chidi: Someone, dana: Someone, sign_in: Any) -> None:
    deviation_id = a_deviation(chidi)
    added = attach(chidi, deviation_id, a_jpeg(seed=b"a face"))
    file_id, digest = added.id, added.sha256
    path = file_in(app.config["SETTINGS"].data_dir, digest)
    assert b"a face" in path.read_bytes()
    browser = sign_in(dana)
    address = f"/deviations/{deviation_id}/files/{file_id}/redact"
    assert "Backups made before keep the content" in browser.get(address).get_data(as_text=True)
    form = {"reason": "The label shows a name.", "password": "wrong", "version": "1"}
    assert browser.post(address, data=form).status_code == 422
    assert path.exists()
    assert browser.post(address, data={**form, "password": PASSWORD}).status_code == 302
    assert not path.exists()
    page = browser.get(f"/deviations/{deviation_id}/files").get_data(as_text=True)
    for words in ("label.jpg", "redacted", digest):
        assert words in page
    assert browser.get(f"/deviations/{deviation_id}/files/{file_id}").status_code == 404
    assert "The content of a file." in browser.get(f"/deviations/{deviation_id}/beside").get_data(as_text=True)
    assert browser.post(address, data={**form, "password": PASSWORD}).status_code == 404
    assert verify().ok


def test_a_content_that_another_deviation_holds_too_stays_for_it(
    app: Flask, chidi: Someone, dana: Someone, sign_in: Any
) -> None:
    one, other = a_deviation(chidi), a_deviation(chidi)
    data = a_jpeg(seed=b"twice")
    first, second = attach(chidi, one, data).id, attach(chidi, other, data).id
    browser = sign_in(dana)
    form = {"reason": "The label shows a name.", "password": PASSWORD, "version": "1"}
    assert browser.post(f"/deviations/{one}/files/{first}/redact", data=form).status_code == 302
    assert browser.get(f"/deviations/{other}/files/{second}").status_code == 200


def test_a_redaction_needs_a_signature_and_the_right_site(chidi: Someone, dana: Someone) -> None:
    file_id = attach(chidi, a_deviation(chidi)).id
    with pytest.raises(NotAllowed, match="password"):
        run(redact_file, dana.actor, "x", file_id, version=1, reason="a name")
    with pytest.raises(NotFound):
        run(redact_file, someone(Role.QA, a_site("BBB")).signing, "x", file_id, version=1, reason="a name")
    assert Storage.here().content(db.session.scalars(select(Attachment.sha256)).one())
