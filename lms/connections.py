"""Connections out of the pool: they keep the plans of standing statements, and are asked after a rest whether they live.

PostgreSQL takes longer to plan a page's statements than to run them, so they are prepared once in each connection. psycopg
forgets what is prepared at each ROLLBACK; therefore what only read is ended by COMMIT (``unit_of_work.end_reading``).

A server that was restarted, or a firewall that closed what was idle, is noticed on the first checkout after it, and the pool
then connects anew. Asking each time, as SQLAlchemy's ``pool_pre_ping`` does, costs every page a round trip.

Who only reads on PostgreSQL opens no transaction: each statement there sees what is committed when it begins, inside a
transaction or not, and BEGIN and COMMIT are two more round trips for each connection of a page. On SQLite a transaction gives a
page one view of everything for nothing, and stays.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from flask import current_app
from flask_sqlalchemy.session import Session
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from lms.writers import is_writing

#: Seconds of rest after which a connection is asked.
RESTED = 10.0
#: Connections that one process keeps at most: more than any worker has threads.
KEPT = 32
#: A statement is prepared in a connection when it is asked so often there; so many stay prepared, the latest used.
PREPARED_AT, MOST_PREPARED = 2, 300
#: Execution options of a statement that PostgreSQL plans each time: where what it is given decides how to go about it, a
#: plan that serves any values takes many times as long.
PLANNED_ANEW = {"planned_anew": True}
#: What PostgreSQL reckons a page out of order costs, against one in order. Its own 4 is for a disk whose head has to move:
#: with it, a reader's few rows of a small table are found by reading all of them.
OUT_OF_ORDER = "-crandom_page_cost=1.1"


def postgresql_options(*options: str) -> dict[str, object]:
    """Return how an engine connects to PostgreSQL.

    A worker opens no more connections than it has threads at work, and keeps those: what is prepared goes with a connection.
    """
    connect = {"options": " ".join((OUT_OF_ORDER, *options))}
    # the one that was given back last is taken first: what it has prepared and looked up is still at hand in the server
    return {"connect_args": connect, "pool_size": KEPT, "max_overflow": 0, "pool_use_lifo": True}


def keep_well(engine: Engine) -> None:
    """Let the engine prepare statements and ask its connections after a rest. SQLite's are files and need neither."""
    if engine.dialect.name == "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own type
        connection.prepare_threshold, connection.prepared_max = PREPARED_AT, MOST_PREPARED

    @event.listens_for(engine, "do_execute")
    def _plan_anew(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:  # noqa: ANN401 - as above
        if not context.execution_options.get("planned_anew"):
            return False
        cursor.execute(statement, parameters, prepare=False)
        return True

    @event.listens_for(engine, "checkin")
    def _rest(_connection: Any, record: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own type
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:  # noqa: ANN401 - as above
        if monotonic() - record.info.get("rests_since", monotonic()) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the connection was closed while it rested") from error


class PageSession(Session):
    """The session of a page or a command: a command's connection has a transaction, a reader's on PostgreSQL has none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on as they come
        super().__init__(*args, **kwargs)
        #: A class stays in its database, so it is looked for once.
        self._homes: dict[object, Engine | Connection] = {}

    def get_bind(
        self,
        mapper: Any = None,  # noqa: ANN401 - handed on as they come
        clause: Any = None,  # noqa: ANN401 - the same
        bind: Engine | Connection | None = None,
        **kwargs: Any,  # noqa: ANN401 - the same
    ) -> Engine | Connection:
        """Return the database of what is asked."""
        if bind is None and mapper is not None:
            if mapper not in self._homes:
                self._homes[mapper] = super().get_bind(mapper, clause, **kwargs)
            bind = self._homes[mapper]
        else:
            bind = super().get_bind(mapper, clause, bind, **kwargs)
        if not isinstance(bind, Engine) or bind.dialect.name == "sqlite" or is_writing():
            return bind
        return _without_transactions(bind)


def _without_transactions(engine: Engine) -> Engine:
    """Return the engine for who only reads: the same one each time, since a session knows its connections by their engines."""
    kept: dict[Engine, Engine] = current_app.extensions.setdefault("candor_reading", {})
    if engine not in kept:  # of two threads that come first at once, both take the same
        kept.setdefault(engine, engine.execution_options(isolation_level="AUTOCOMMIT"))
    return kept[engine]
