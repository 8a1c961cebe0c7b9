"""SQLite: a copy while the server runs, and putting a copy in its place while it does not."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL

from lms.refusals import NotAllowed


def file_of(url: URL) -> Path:
    """Return the file of a database."""
    return Path(str(url.database))


def copy_to(url: URL, target: Path) -> None:
    """Copy a database in use: one moment of it, whole, whoever writes meanwhile."""
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as connection:
        connection.execute("pragma busy_timeout = 15000")
        connection.execute("vacuum into ?", (str(target),))


def value(database: Path, statement: str) -> str | None:
    """Return the one value of a statement on a copy as text; None where there is no row or no such table."""
    with closing(sqlite3.connect(database)) as connection:
        try:
            row = connection.execute(statement).fetchone()
        except sqlite3.OperationalError:
            return None
    return str(row[0]) if row else None


def refuse_if_in_use(url: URL) -> None:
    """Raise ``NotAllowed`` while a server, a scheduler or anybody else has the database open."""
    file = file_of(url)
    if not file.exists():
        return
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0.2)) as connection:
        try:
            connection.execute("pragma journal_mode = delete")  # only a database that nobody else has open allows it
        except sqlite3.OperationalError:
            raise NotAllowed(f"{file} is in use: stop the server and the scheduler first, then restore.") from None


def put_in_place(copy: Path, url: URL) -> None:
    """Put a copy where the database was. The database that it replaces is kept beside it as ``….replaced``."""
    file = file_of(url)
    file.parent.mkdir(parents=True, exist_ok=True)
    incoming = file.with_name(f"{file.name}.restoring")
    shutil.copyfile(copy, incoming)
    if file.exists():
        file.replace(file.with_name(f"{file.name}.replaced"))
    for leftover in ("-wal", "-shm"):
        file.with_name(f"{file.name}{leftover}").unlink(missing_ok=True)
    incoming.replace(file)
