"""One leader however many schedulers are started: an advisory lock on PostgreSQL, a locked file beside SQLite."""

from __future__ import annotations

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

#: Any number that no other program uses on this database.
_LOCK = 0x43414E444F52


class Leadership:
    """The right to run the jobs. Ask ``holds`` before every tick: a broken connection loses it at once."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._path = folder / "scheduler.lock"
        self._connection: Connection | None = None
        self._file: IO[str] | None = None

    def holds(self) -> bool:
        """Take the lead if it is free, keep it if it is ours; False while another scheduler has it."""
        return self._holds_file() if self._engine.dialect.name == "sqlite" else self._holds_advisory_lock()

    def give_up(self) -> None:
        """Let another scheduler lead."""
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # the server may be gone, and the lock with it
                self._connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            self._connection.invalidate()  # back in the pool it could be handed out while a lock is still on it
            self._connection.close()
            self._connection = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _holds_file(self) -> bool:
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def _holds_advisory_lock(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute(text("select 1"))
                return True
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(text("select pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
                self._connection = connection
                return True
            connection.close()
        except SQLAlchemyError:
            self.give_up()
        return False
