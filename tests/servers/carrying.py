"""Carrying a whole installation from SQLite to PostgreSQL, table by table: a loaded network costs a minute, its copy seconds.

The loader itself is proven on PostgreSQL with a short world (``tests/flows/test_demonstration.py``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, insert, select, text

from config import Settings, read_settings
from lms import schema
from lms.app import create_app
from lms.extensions import Base, SurveyBase, db

_AT_ONCE = 2_000


def carry_installation(folder: Path, settings: Settings) -> None:
    """Copy the installation on SQLite in a folder to the empty PostgreSQL of these settings, its data folder included."""
    data_dir = Path(settings.data_dir)
    shutil.copytree(folder, data_dir, dirs_exist_ok=True)
    own = {"DATABASE_URL": f"sqlite:///{data_dir / 'candor.sqlite'}", "CANDOR_DATA_DIR": str(data_dir)}
    source, target = create_app(read_settings({**own, "CANDOR_SECRET_KEY": settings.secret_key})), create_app(settings)
    with source.app_context():
        old = dict(db.engines)
    with target.app_context():
        schema.upgrade()
        carry_over(old, dict(db.engines))
        for engine in (*old.values(), *db.engines.values()):
            engine.dispose()


def carry_over(source: dict[str | None, Engine], target: dict[str | None, Engine]) -> None:
    """Copy every row of both databases; the target's tables are there and empty. Keys and triggers rest meanwhile."""
    for bind, metadata in ((None, Base.metadata), ("survey", SurveyBase.metadata)):
        with source[bind].connect() as old, target[bind].begin() as new:
            new.execute(text("set local session_replication_role = replica"))
            _copy(metadata, old, new)


def _copy(metadata: MetaData, old: Connection, new: Connection) -> None:
    for table in metadata.sorted_tables:
        for rows in _some(old, select(table)):
            new.execute(insert(table), rows)


def _some(old: Connection, statement: object) -> Iterator[list[dict[str, object]]]:
    result = old.execution_options(yield_per=_AT_ONCE).execute(statement)  # type: ignore[call-overload]
    for rows in result.mappings().partitions():
        yield [dict(row) for row in rows]
