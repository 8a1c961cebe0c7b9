"""Writing the record database's files anew, so that no page, log or row version of before holds what was erased."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from lms.extensions import db
from lms.refusals import NotAllowed


def scrub() -> None:
    """Write the files anew. Raises ``NotAllowed`` while somebody else reads or writes on SQLite.

    PostgreSQL locks each table for a moment; its archived write-ahead log and its backups are beyond the reach of this.
    """
    db.session.remove()
    db.engine.dispose()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("vacuum full")
            connection.exec_driver_sql("checkpoint")
        return
    with closing(sqlite3.connect(Path(str(db.engine.url.database)), isolation_level=None, timeout=5)) as connection:
        try:
            connection.execute("vacuum")
            busy, _pages, _moved = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        except sqlite3.OperationalError:
            busy = True
    if busy:
        raise NotAllowed("The database is in use: stop the server and the scheduler, then scrub again.")
