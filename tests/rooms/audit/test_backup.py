"""A backup made while people work can be put back, verifies, and is refused where it would take back signed history."""

from __future__ import annotations

import json
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select, text

from lms.audit import keys, sealer
from lms.audit.checkpoint import SigningKey, read_note
from lms.audit.models import AuditEvent, AuditUnsealed
from lms.audit.verification import verify
from lms.backup import cli
from lms.backup.archive import BadArchive, read_archive
from lms.backup.backing_up import ATTACHMENTS, back_up
from lms.backup.models import Restoration
from lms.backup.restoring import Restored, restore
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import Person
from lms.refusals import NotAllowed
from lms.unit_of_work import run, transaction
from tests.factories.people import INSTALLER, someone
from tests.rooms.audit.attacker import attacker

pytestmark = pytest.mark.alone  # nobody may be connected while a backup is put back


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def correct(person_id: UUID, family_name: str) -> None:
    run(
        identity.correct_person,
        INSTALLER,
        "test",
        person_id,
        given_name="Given",
        family_name=family_name,
        email=f"{family_name}@example.org",
    )


def a_note(folder: Path, name: str = "newest.note") -> Path:
    path = folder / name
    path.write_text(sealer.sign_checkpoint())
    return path


def put_back(archive: Path, anchor: Path | None, *, replace: bool = True, reason: str = "") -> Restored:
    db.session.remove()
    restored = restore(archive, anchor=anchor, without_anchor=reason, replace=replace)
    db.session.remove()
    return restored


@contextmanager
def writing(app: Flask, person_id: UUID) -> Iterator[None]:
    """Correct a person over and over in another thread."""
    stop = threading.Event()
    started = threading.Event()

    def write() -> None:
        with app.app_context():
            number = 0
            while not stop.is_set():
                correct(person_id, f"Name{number}")
                number += 1
                started.set()
            db.session.remove()

    thread = threading.Thread(target=write)
    thread.start()
    started.wait()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_backup_made_while_people_write_restores_and_verifies(app: Flask, tmp_path: Path) -> None:
    person = someone().person.id
    with writing(app, person):
        note = a_note(tmp_path)
        manifest = back_up(tmp_path / "a.tar")
    correct(person, "AfterTheBackup")
    assert manifest.checkpoint is not None
    assert read_note(manifest.checkpoint).size <= manifest.size
    restored = put_back(tmp_path / "a.tar", note)
    assert restored.report.ok, restored.report.first
    assert restored.report.anchors == 1
    assert restored.report.size >= manifest.size
    assert db.session.scalars(select(Person.family_name).where(Person.id == person)).one() != "AfterTheBackup"
    sealer.seal()
    report = verify()
    assert report.ok, report.first
    assert report.unsealed == 0


def test_the_restoration_itself_stands_in_the_trail(app: Flask, tmp_path: Path) -> None:
    someone()
    back_up(tmp_path / "a.tar")
    put_back(tmp_path / "a.tar", a_note(tmp_path))
    row = db.session.scalars(select(Restoration)).one()
    body = json.loads(db.session.scalars(select(AuditEvent.body).where(AuditEvent.rid == str(row.id))).one())
    assert body["action"] == "lms.record_restoration"
    assert body["actor"] == "system:restore"
    assert "restored from the archive of" in body["reason"]
    assert row.agreed
    assert verify().ok


def test_an_archive_behind_the_outside_checkpoint_is_refused_with_what_would_be_lost(
    app: Flask, tmp_path: Path
) -> None:
    person = someone().person.id
    manifest = back_up(tmp_path / "old.tar")
    for name in ("One", "Two", "Three"):
        correct(person, name)
    note = a_note(tmp_path)
    before = count(AuditEvent)
    lost = rf"leaves {manifest.size} to {manifest.size + 2} \(3 events\) would be lost"
    with pytest.raises(NotAllowed, match=lost):
        put_back(tmp_path / "old.tar", note)
    assert count(AuditEvent) == before
    assert put_back(tmp_path / "old.tar", None, reason="site burnt down").report.ok
    assert count(AuditEvent) == before - 3 + 1
    body = json.loads(db.session.scalars(select(AuditEvent.body).order_by(AuditEvent.id.desc())).first() or "")
    assert body["reason"] == "site burnt down"


def test_an_archive_whose_trail_was_rewritten_is_found_by_the_outside_checkpoint(app: Flask, tmp_path: Path) -> None:
    """Whoever can rewrite the archive can fit its manifest, its tree and its checkpoints, but not the copy outside."""
    someone()
    note = a_note(tmp_path)
    with attacker() as dba:
        dba.events[2].body["reason"] = "forged"
        dba.rebuild()
        dba.drop_checkpoints(above=0)
    back_up(tmp_path / "forged.tar")
    restored = put_back(tmp_path / "forged.tar", note)
    assert not restored.report.ok
    assert restored.report.first is not None
    assert "newest.note" in restored.report.first.sentence
    assert not db.session.scalars(select(Restoration.agreed)).one()


def test_restoring_asks_for_an_anchor_or_a_reason_and_spares_what_is_there(app: Flask, tmp_path: Path) -> None:
    someone()
    back_up(tmp_path / "a.tar")
    note = a_note(tmp_path)
    with pytest.raises(NotAllowed, match="or say why"):
        put_back(tmp_path / "a.tar", None)
    with pytest.raises(NotAllowed, match="holds records"):
        put_back(tmp_path / "a.tar", note, replace=False)
    with pytest.raises(NotAllowed, match="cannot be used"):
        put_back(tmp_path / "a.tar", tmp_path / "nowhere.note")
    stranger = tmp_path / "strange.note"
    stranger.write_text(SigningKey.generate("localhost/audit").sign(read_note(note.read_text())))
    with pytest.raises(NotAllowed, match="not signed by a key"):
        put_back(tmp_path / "a.tar", stranger)


def test_an_archive_is_whole_and_untouched_or_refused(app: Flask, tmp_path: Path) -> None:
    someone()
    archive = tmp_path / "a.tar"
    back_up(archive)
    with pytest.raises(NotAllowed, match="never overwritten"):
        back_up(archive)
    with pytest.raises(NotAllowed, match="no folder"):
        back_up(tmp_path / "nowhere" / "a.tar")
    whole = archive.read_bytes()
    for damaged, words in (
        (whole[: len(whole) // 2], "cannot be read|not the file that was written|missing"),
        (whole.replace(b"person", b"parson", 1) if b"person" in whole else whole[:-4096], "not the file|missing"),
        (b"milk", "cannot be read|does not begin"),
    ):
        archive.write_bytes(damaged)
        with pytest.raises(NotAllowed, match=words):
            put_back(archive, a_note(tmp_path))
    assert count(Person) == 1


def test_files_that_no_manifest_names_are_never_unpacked(app: Flask, tmp_path: Path) -> None:
    someone()
    archive = tmp_path / "a.tar"
    back_up(archive)
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(archive) as source, tarfile.open(hostile, "w") as target:
        for member in source:
            target.addfile(member, source.extractfile(member))
        link = tarfile.TarInfo("../outside")
        link.type, link.linkname = tarfile.SYMTYPE, "somewhere"
        target.addfile(link)
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(BadArchive, match="which its manifest does not name"):
        read_archive(hostile, into)
    assert not (tmp_path / "outside").is_symlink()


def test_attachments_travel_and_private_keys_do_not(app: Flask, tmp_path: Path) -> None:
    someone()
    data = app.config["SETTINGS"].data_dir
    attachment = data / ATTACHMENTS / "2026" / "a.pdf"
    attachment.parent.mkdir(parents=True)
    attachment.write_bytes(b"%PDF-1.7 attached")
    archive = tmp_path / "a.tar"
    try:
        manifest = back_up(archive)
        attachment.unlink()
        put_back(archive, a_note(tmp_path))
        assert attachment.read_bytes() == b"%PDF-1.7 attached"
    finally:
        attachment.unlink(missing_ok=True)
    private = keys.signing_key(app.config["SETTINGS"]).dump().split("+", 4)[4].strip()
    assert private.encode() not in archive.read_bytes()
    assert not any("key" in name for name in manifest.files)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_events_that_waited_for_the_sealer_are_sealed_after_restoring(app: Flask, tmp_path: Path) -> None:
    """Numbers of PostgreSQL's transactions begin anew on another server: with the old ones nothing would be sealed."""
    someone()
    note = a_note(tmp_path)
    someone()
    with transaction() as connection:
        connection.execute(text("update audit_unsealed set xid = 4000000000000"))
    waiting = count(AuditUnsealed)
    if db.engine.dialect.name == "postgresql":
        assert sealer.seal() == 0
    back_up(tmp_path / "a.tar")
    restored = put_back(tmp_path / "a.tar", note)
    assert restored.report.ok, restored.report.first
    assert waiting > 0
    sealer.seal()
    assert count(AuditUnsealed) == 0
    assert verify().ok


def test_a_database_in_use_is_not_replaced(app: Flask, tmp_path: Path) -> None:
    someone()
    back_up(tmp_path / "a.tar")
    note = a_note(tmp_path)
    db.session.remove()
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(db.engine.url.database))) as other:
            other.execute("select count(*) from person").fetchone()
            with pytest.raises(NotAllowed, match="stop the server"):
                put_back(tmp_path / "a.tar", note)
    else:
        import psycopg

        with (
            psycopg.connect(db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)),
            pytest.raises(NotAllowed, match="stop the server"),
        ):
            put_back(tmp_path / "a.tar", note)
    assert count(Person) == 1


def test_the_commands_print_what_to_keep_and_what_was_found(app: Flask, tmp_path: Path) -> None:
    someone()
    archive, note = tmp_path / "a.tar", tmp_path / "kept.note"
    made = CliRunner().invoke(cli.backup, [str(archive)])
    assert made.exit_code == 0, made.output
    note.write_text(made.output.partition("newest one:\n\n")[2])
    db.session.remove()
    done = CliRunner().invoke(cli.restore, [str(archive), "--anchor", str(note), "--replace"])
    assert done.exit_code == 0, done.output
    assert "Everything agrees." in done.output
    db.session.remove()
    again = CliRunner().invoke(cli.restore, [str(archive), "--anchor", str(note), "--replace", "--json"])
    assert json.loads(again.output)["verified"]["ok"] is True


def test_nobody_may_be_connected_while_a_backup_is_put_back_but_who_is_just_leaving_is_waited_for(
    app: Flask, tmp_path: Path
) -> None:
    someone()
    back_up(tmp_path / "a.tar")
    note = a_note(tmp_path)
    elsewhere = create_engine(db.engine.url, poolclass=NullPool)  # as another server has it open
    with elsewhere.connect() as other:
        other.execute(text("select count(*) from person"))
        with pytest.raises(NotAllowed, match="in use: stop the server and the scheduler first"):
            put_back(tmp_path / "a.tar", note)
        if db.engine.dialect.name == "postgresql":
            threading.Timer(0.5, other.close).start()
        else:  # a file is open or it is not
            other.close()
        assert put_back(tmp_path / "a.tar", note).report.ok
