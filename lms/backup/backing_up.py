"""Backing up a running installation: both databases, the attachments, and a manifest. Private keys stay out."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import Engine, inspect, select, text

from lms import clock
from lms.audit import sealer
from lms.audit.keys import public_keys
from lms.audit.models import AuditCheckpoint, AuditHead
from lms.backup import postgresql, sqlite
from lms.backup.archive import Content, Manifest, content_of, write_archive
from lms.extensions import db
from lms.refusals import NotAllowed

#: Folder below the data folder, and its name in the archive.
ATTACHMENTS = "attachments"
RECORDS, SURVEY = "records", "survey"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the copy of the record database says about itself."""

    size: int
    checkpoint: str | None
    revision: str | None


def back_up(target: Path) -> Manifest:
    """Write an archive of this installation, which may go on working meanwhile. Raises ``NotAllowed``.

    Everything committed is sealed and signed before, so that the archive ends with a checkpoint over it.
    """
    if target.exists():
        raise NotAllowed(f"{target} exists already: name a new file, an archive is never overwritten.")
    if not target.parent.is_dir():
        raise NotAllowed(f"{target.parent} is no folder: make it first, or name another.")
    settings = current_app.config["SETTINGS"]
    sealer.sign_checkpoint()
    db.session.rollback()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".candor-backup-") as name:
        folder = Path(name)
        is_sqlite = db.engine.dialect.name == "sqlite"
        facts = _copy_sqlite(folder) if is_sqlite else _dump_postgresql(folder)
        if (
            settings.data_dir / ATTACHMENTS
        ).is_dir():  # after the databases: a record never names a file that is missing
            shutil.copytree(settings.data_dir / ATTACHMENTS, folder / ATTACHMENTS)
        manifest = Manifest(
            origin=settings.audit_origin,
            at=clock.now(),
            database=db.engine.dialect.name,
            revision=facts.revision,
            size=facts.size,
            checkpoint=facts.checkpoint,
            keys=tuple(str(key) for key in public_keys(settings)),
            files=_contents(folder),
        )
        write_archive(target, manifest, folder)
    return manifest


def _contents(folder: Path) -> dict[str, Content]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): content_of(path) for path in files}


def _copy_sqlite(folder: Path) -> _Facts:
    records = folder / f"{RECORDS}.sqlite"
    sqlite.copy_to(db.engine.url, records)
    sqlite.copy_to(db.engines["survey"].url, folder / f"{SURVEY}.sqlite")
    size = sqlite.value(records, "select size from audit_head")
    checkpoint = sqlite.value(records, "select note from audit_checkpoint order by size desc limit 1")
    revision = sqlite.value(records, "select version_num from alembic_version")
    return _Facts(int(size or 0), checkpoint, revision)


def _dump_postgresql(folder: Path) -> _Facts:
    records, survey = db.engine, db.engines["survey"]
    together = _place(records) == _place(survey)
    with records.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(text("select pg_export_snapshot()"))
        newest = select(AuditCheckpoint.note).order_by(AuditCheckpoint.size.desc()).limit(1)
        size, checkpoint = connection.scalar(select(AuditHead.size)), connection.scalar(newest)
        versioned = inspect(connection).has_table("alembic_version")
        revision = connection.scalar(text("select version_num from alembic_version")) if versioned else None
        schemas = ["public", "survey"] if together else ["public"]
        postgresql.dump(records.url, folder / f"{RECORDS}.dump", schemas, snapshot)
    if not together:
        postgresql.dump(survey.url, folder / f"{SURVEY}.dump", ["survey"], None)
    return _Facts(size or 0, checkpoint, revision)


def _place(engine: Engine) -> tuple[object, ...]:
    url = engine.url
    return url.host, url.port, url.database, url.query.get("host")
