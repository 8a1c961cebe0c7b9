"""A worker's databases and data folder, kept under a name and brought back: empty, or as a long beginning left them."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Engine

EMPTY = "empty"


@contextmanager
def copies_of(url: URL, data: Path, folder: Path) -> Iterator[Copies]:
    """Give the copies of an installation: of its databases by the address of one, of its data folder, in a folder."""
    if url.get_backend_name() == "sqlite":
        yield _CopiesOfFiles(url, data, folder)
        return
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    yield _CopiesOnServer(server, str(url.database), data, folder)
    server.dispose()


class Copies(ABC):
    """Copies of an installation. While one is kept or brought back nobody may be connected."""

    def __init__(self, data: Path, folder: Path) -> None:
        """Take the data folder of the installation and a folder of one's own."""
        self._data, self._folder = data, folder

    def keep(self, name: str) -> None:
        """Keep the databases and the data folder as they are, under a name."""
        shutil.copytree(self._data, self._folder / name / "data")
        self._keep_databases(name)

    def restore(self, name: str = EMPTY) -> None:
        """Bring back what was kept under a name."""
        for left in self._data.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        shutil.copytree(self._folder / name / "data", self._data, dirs_exist_ok=True)
        self._restore_databases(name)

    @abstractmethod
    def _keep_databases(self, name: str) -> None: ...

    @abstractmethod
    def _restore_databases(self, name: str) -> None: ...


class _CopiesOfFiles(Copies):
    """Copies on SQLite: all databases lie in the folder of one of them."""

    def __init__(self, url: URL, data: Path, folder: Path) -> None:
        """Take the address of one of the databases."""
        super().__init__(data, folder)
        self._own = Path(str(url.database)).parent

    def _keep_databases(self, name: str) -> None:
        for file in self._own.glob("*.sqlite"):
            shutil.copy(file, self._folder / name)

    def _restore_databases(self, name: str) -> None:
        for stale in self._own.glob("*.sqlite-*"):
            stale.unlink()
        for file in (self._folder / name).glob("*.sqlite"):
            # a new file under the old name: a connection that a test left open keeps the old one
            shutil.copy(file, self._own / "next")
            (self._own / "next").replace(self._own / file.name)


class _CopiesOnServer(Copies):
    """Copies on PostgreSQL: databases beside the one, which is made anew as a copy of a copy."""

    def __init__(self, server: Engine, database: str, data: Path, folder: Path) -> None:
        """Take the server and the name of the database, which is made."""
        super().__init__(data, folder)
        self._server, self._database = server, database
        self._make(database, None)

    def _keep_databases(self, name: str) -> None:
        self._make(f"{self._database}_{name}", self._database)

    def _restore_databases(self, name: str) -> None:
        self._make(self._database, f"{self._database}_{name}")

    def _make(self, database: str, template: str | None) -> None:
        with self._server.connect() as connection:
            # copying files is twice as quick as writing every page into the log; older servers know nothing else
            copied = " strategy file_copy" if (self._server.dialect.server_version_info or ()) >= (15,) else ""
            connection.execute(text(f'drop database if exists "{database}" with (force)'))
            connection.execute(
                text(f'create database "{database}"' + (f' template "{template}"{copied}' if template else ""))
            )
