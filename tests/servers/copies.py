"""A worker's databases and data folder, kept under a name and brought back: empty, or as a long beginning left them."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import StaticPool

EMPTY = "empty"


@contextmanager
def copies_of(url: URL, data: Path, folder: Path) -> Iterator[Copies]:
    """Give the copies of an installation: of its databases by the address of one, of its data folder, in a folder."""
    if url.get_backend_name() == "sqlite":
        yield _CopiesOfFiles(url, data, folder)
        return
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    copies = _CopiesOnServer(server, url, data, folder)
    try:
        yield copies
    finally:
        copies.close()


class Copies(ABC):
    """Copies of an installation. While one is kept or brought back nobody may be connected."""

    def __init__(self, data: Path, folder: Path) -> None:
        """Take the data folder of the installation and a folder of one's own."""
        self._data, self._folder = data, folder

    def keep(self, name: str) -> None:
        """Keep the databases and the data folder as they are, under a name."""
        shutil.copytree(self._data, self._folder / name / "data")
        self._keep_databases(name)

    def restore(self, name: str = EMPTY, *, alone: bool = False) -> None:
        """Bring back what was kept under a name; ``alone`` so that nothing of before is on the disk and nobody else is connected."""
        for left in self._data.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        shutil.copytree(self._folder / name / "data", self._data, dirs_exist_ok=True)
        self._restore_databases(name, alone=alone)

    @abstractmethod
    def _keep_databases(self, name: str) -> None: ...

    @abstractmethod
    def _restore_databases(self, name: str, *, alone: bool) -> None: ...


class _CopiesOfFiles(Copies):
    """Copies on SQLite: all databases lie in the folder of one of them."""

    def __init__(self, url: URL, data: Path, folder: Path) -> None:
        """Take the address of one of the databases."""
        super().__init__(data, folder)
        self._own = Path(str(url.database)).parent

    def _keep_databases(self, name: str) -> None:
        for file in self._own.glob("*.sqlite"):
            shutil.copy(file, self._folder / name)

    def _restore_databases(self, name: str, *, alone: bool) -> None:  # noqa: ARG002 - files are always new ones
        for stale in self._own.glob("*.sqlite-*"):
            stale.unlink()
        for file in (self._folder / name).glob("*.sqlite"):
            # a new file under the old name: a connection that a test left open keeps the old one
            shutil.copy(file, self._own / "next")
            (self._own / "next").replace(self._own / file.name)


class _CopiesOnServer(Copies):
    """Copies on PostgreSQL: databases beside the one, which is made anew as a copy of a copy.

    An empty one is what most tests want, and making it takes several times as long as taking away what a test wrote.
    """

    def __init__(self, server: Engine, url: URL, data: Path, folder: Path) -> None:
        """Take the server and the address of the database, which is made."""
        super().__init__(data, folder)
        self._server, self._database = server, str(url.database)
        # kept open from test to test: a connection that is new has to read what every table is
        self._own = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=StaticPool)
        self._emptied, self._shape, self._is_written = 0, "", ""
        with server.connect() as connection:  # who is less may not leave triggers and references unasked
            self._may_empty = bool(connection.scalar(text("select usesuper from pg_user where usename = current_user")))
        self._make(self._database, None)

    def close(self) -> None:
        """Let go of the server."""
        self._own.dispose()
        self._server.dispose()

    def _keep_databases(self, name: str) -> None:
        self._make(f"{self._database}_{name}", self._database)

    def _restore_databases(self, name: str, *, alone: bool) -> None:
        can_be_emptied = self._may_empty and name == EMPTY and not alone and self._emptied < _ROOM_FOR
        if can_be_emptied and self._is_emptied():
            self._emptied += 1
            return
        self._make(self._database, f"{self._database}_{name}")
        self._emptied = _ROOM_FOR  # nobody knows what stands in it
        if name == EMPTY and not alone:
            self._emptied = 0
            with self._own.connect() as own:
                self._shape = own.scalar(_SHAPE)
                tables = own.scalars(_TABLES).all()
            self._is_written = " union all ".join(f"select '{t}' where exists (select from {t})" for t in tables)  # noqa: S608

    def _is_emptied(self) -> bool:
        """Take away what was written; no, if the tables are others than those that were kept, or if it was much."""
        with self._own.connect() as own:
            own.execute(_END_OTHERS)
            if own.scalar(_SHAPE) != self._shape:
                return False
            written = own.exec_driver_sql(self._is_written).scalars().all()
            # neither triggers nor references are asked: all that is there goes
            own.exec_driver_sql("set session_replication_role = replica")
            gone = sum(own.exec_driver_sql(f"delete from {table}").rowcount for table in written)  # noqa: S608
            return gone < _MUCH

    def _make(self, database: str, template: str | None) -> None:
        self._own.dispose()  # a database in use is neither copied nor dropped
        with self._server.connect() as connection:
            # copying files is twice as quick as writing every page into the log; older servers know nothing else
            copied = " strategy file_copy" if (self._server.dialect.server_version_info or ()) >= (15,) else ""
            connection.execute(text(f'drop database if exists "{database}" with (force)'))
            connection.execute(
                text(f'create database "{database}"' + (f' template "{template}"{copied}' if template else ""))
            )


#: How often a database is emptied before it is made anew, and after how many rows: those taken away leave room behind.
_ROOM_FOR = 40
_MUCH = 5_000
_TABLES = text(
    "select oid::regclass::text from pg_class where relkind = 'r' and relnamespace not in"
    " (select oid from pg_namespace where nspname like 'pg%' or nspname = 'information_schema') order by 1"
)
#: Which tables, indexes, columns, triggers, functions and schemas there are: another version of any is another shape.
_SHAPE = text(
    """
    with ours as (select oid, xmin from pg_namespace where nspname not like 'pg%' and nspname <> 'information_schema'),
    parts (oid, version) as (
        select oid, xmin from ours
        union all select oid, xmin from pg_class where relnamespace in (select oid from ours)
        union all select oid, xmin from pg_proc where pronamespace in (select oid from ours)
        union all select oid, xmin from pg_trigger
    )
    select count(*) || '.' || sum(hashtextextended(oid || '.' || version, 0)) from parts
    """
)
_END_OTHERS = text(
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
)
