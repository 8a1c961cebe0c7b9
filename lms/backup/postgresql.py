"""PostgreSQL: dumps of one moment and their way back, by the server's own programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from sqlalchemy import URL, Connection, text

from lms.refusals import NotAllowed

#: How long a connection that was closed on this side may take to be gone on the server's.
SECONDS_TO_LEAVE = 2.0


def dump(url: URL, target: Path, schemas: list[str], snapshot: str | None) -> None:
    """Dump schemas of a database as they stand in a snapshot (None: now). Raises ``NotAllowed`` with what was said."""
    only = [f"--schema={schema}" for schema in schemas]
    at = [f"--snapshot={snapshot}"] if snapshot else []
    _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", *only, *at, f"--file={target}"])


def restore(url: URL, source: Path) -> None:
    """Replace what the dump holds, in one transaction: all of it or nothing. Raises ``NotAllowed``."""
    options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _run("pg_restore", url, [*options, f"--dbname={url.database}", str(source)])


def refuse_if_in_use(connection: Connection) -> None:
    """Raise ``NotAllowed`` while a server, a scheduler or anybody else is connected.

    Who has just gone may be shown for a moment more, so it is asked again until ``SECONDS_TO_LEAVE`` are over.
    """
    others = text(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
    )
    until = time.monotonic() + SECONDS_TO_LEAVE
    while connection.scalar(others):
        if time.monotonic() > until:
            raise NotAllowed("The database is in use: stop the server and the scheduler first, then restore.")
        time.sleep(0.05)
        connection.execute(text("select pg_stat_clear_snapshot()"))  # else a transaction sees the same again


def program(name: str) -> str:
    """Return the newest of the installed programs of that name. Raises ``NotAllowed`` if there is none."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise NotAllowed(f"{name} is missing: install PostgreSQL's client programs on this machine.")
    return found


def _run(name: str, url: URL, arguments: list[str]) -> None:
    # the environment, not the arguments: a password in the arguments is read by everybody on the machine
    given = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
    }
    environment = {**os.environ, **{key: str(setting) for key, setting in given.items() if setting}}
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, with arguments made here
        [program(name), "--no-password", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NotAllowed(f"{name} failed: {done.stderr.strip() or 'it said nothing'}")
