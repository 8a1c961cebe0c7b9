"""Putting an archive back: only over nothing, or on demand; never behind what was seen outside; always verified."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import inspect, select, text, update

from config import Settings
from lms import schema
from lms.audit import keys
from lms.audit.checkpoint import BadNote, Checkpoint, PublicKey, verify_note
from lms.audit.models import AuditEvent, AuditUnsealed
from lms.audit.report import VerifyReport
from lms.audit.verification import verify
from lms.backup import postgresql, sqlite
from lms.backup.archive import BadArchive, Manifest, digest_of, read_archive
from lms.backup.backing_up import ATTACHMENTS, RECORDS, SURVEY
from lms.backup.commands import record_restoration
from lms.extensions import db
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import run, transaction


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and whether it holds."""

    manifest: Manifest
    report: VerifyReport


def restore(archive: Path, *, anchor: Path | None, without_anchor: str = "", replace: bool = False) -> Restored:
    """Put an archive back and verify it. Raises ``NotAllowed``, and then nothing was changed.

    ``anchor`` is the newest checkpoint kept outside; restoring without one needs a reason. ``replace`` allows it over
    an installation that holds records.
    """
    settings = current_app.config["SETTINGS"]
    if anchor is None and not without_anchor.strip():
        raise NotAllowed(
            "Show the newest checkpoint kept outside, or say why there is none: it alone tells what is lost."
        )
    with tempfile.TemporaryDirectory(prefix="candor-restore-") as name:
        folder = Path(name)
        try:
            manifest = read_archive(archive, folder)
        except BadArchive as bad:
            raise NotAllowed(str(bad)) from None
        if manifest.database != db.engine.dialect.name:
            raise NotAllowed(
                f"This archive is of {manifest.database}; this installation uses {db.engine.dialect.name}."
            )
        trusted = keys.public_keys(settings) or [PublicKey.parse(key) for key in manifest.keys]
        seen = None if anchor is None else _seen_outside(anchor, trusted)
        _refuse_if_behind(manifest, seen)
        _refuse_if_not_empty(replace=replace)
        _put_in_place(folder, settings)
        for key in trusted:
            keys.believe(settings, key)
        report = _verified(manifest, anchor)
    reason = without_anchor.strip() or f"restored from the archive of {manifest.at.isoformat()}"
    run(
        record_restoration,
        Actor.system("restore"),
        reason,
        archive=digest_of(archive),
        archive_made_at=manifest.at,
        size=manifest.size,
        anchor_size=seen.size if seen else None,
        agreed=report.ok,
    )
    return Restored(manifest, report)


def _seen_outside(anchor: Path, trusted: list[PublicKey]) -> Checkpoint:
    try:
        return verify_note(anchor.read_text(encoding="utf-8"), trusted)
    except (OSError, UnicodeDecodeError, BadNote) as error:
        raise NotAllowed(f"The checkpoint {anchor} cannot be used: {error}") from None


def _refuse_if_behind(manifest: Manifest, seen: Checkpoint | None) -> None:
    if seen is None or seen.size <= manifest.size:
        return
    lost = seen.size - manifest.size
    which = f"leaf {manifest.size}" if lost == 1 else f"leaves {manifest.size} to {seen.size - 1}"
    raise NotAllowed(
        f"The archive of {manifest.at:%Y-%m-%d %H:%M} UTC ends before what was signed outside: {which} "
        f"({lost} events) would be lost. Restore a newer archive."
    )


def _refuse_if_not_empty(*, replace: bool) -> None:
    db.session.remove()
    with db.engine.connect() as connection:
        exists = inspect(connection).has_table(AuditEvent.__tablename__)
        holds_records = exists and connection.scalar(select(AuditEvent.id).limit(1)) is not None
    if holds_records and not replace:
        raise NotAllowed("This installation holds records. Restore into an empty one, or say --replace to lose them.")


def _put_in_place(folder: Path, settings: Settings) -> None:
    binds = {RECORDS: db.engine, SURVEY: db.engines["survey"]}
    for engine in binds.values():
        engine.dispose()
    if db.engine.dialect.name == "sqlite":
        for engine in binds.values():
            sqlite.refuse_if_in_use(engine.url)
        for name, engine in binds.items():
            sqlite.put_in_place(folder / f"{name}.sqlite", engine.url)
    else:
        with db.engine.connect() as connection:
            postgresql.refuse_if_in_use(connection)
        db.engine.dispose()
        for name, engine in binds.items():
            dump = folder / f"{name}.dump"
            if dump.exists():  # one dump holds both where both live in one database
                postgresql.restore(engine.url, dump)
    if (folder / ATTACHMENTS).is_dir():
        shutil.copytree(folder / ATTACHMENTS, settings.data_dir / ATTACHMENTS, dirs_exist_ok=True)


def _verified(manifest: Manifest, anchor: Path | None) -> VerifyReport:
    if manifest.revision is not None:
        schema.upgrade()
    with transaction() as connection:
        # numbers of transactions of the server that wrote the archive mean nothing to this one
        connection.execute(update(AuditUnsealed).values(xid=0))
        if connection.dialect.name == "postgresql":
            connection.execute(text("analyze"))
    if anchor is None:
        return verify()
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(anchor, Path(name) / anchor.name)
        return verify(anchors=Path(name))
