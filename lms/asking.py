"""Asking the database a question whose statement stands: built once, asked often.

Building a statement of a few joins costs four times what asking it costs, and a session's own way adds as much again. A
page that everybody opens therefore keeps its statements, with ``bindparam`` where the reader differs, in functions marked
``@cache``; their arguments are what changes the shape of the statement, never a value. Rows come back as plain columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    CursorResult,
    Delete,
    Select,
    String,
    Values,
    bindparam,
    cast,
    column,
    false,
    literal,
    literal_column,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from lms.extensions import db
from lms.permissions import Actor, Permission

#: What a statement's shape hangs on, of a reader's sites: the whole network, some sites, or none.
WHOLE, SOME, NONE = "whole", "some", "none"

_PLAIN_WORD = re.compile("[a-z_]+")


def ask(
    statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | Delete, **values: object
) -> CursorResult[*tuple[Any, ...]]:
    """Ask with these values, in the session's transaction; what a command changed so far is seen."""
    return _session().connection().execute(statement, values)


def ask_survey(statement: Select[*tuple[Any, ...]], **values: object) -> CursorResult[*tuple[Any, ...]]:
    """Ask the survey's own database with these values."""
    session = _session()
    # by the session's own choice, so that who only reads opens no transaction there either
    bind = session.get_bind(bind=db.engines["survey"])
    return session.connection(bind_arguments={"bind": bind}).execute(statement, values)


def _session() -> Session:
    session: Session = db.session()
    if session.autoflush and (session.new or session.dirty):
        session.flush()
    return session


def reach(reader: Actor, permission: Permission) -> str:
    """Return how far a reader's permission reaches: ``WHOLE``, ``SOME`` or ``NONE``."""
    sites = reader.sites_for(permission)
    return WHOLE if sites is None else SOME if sites else NONE


def reached(column: InstrumentedAttribute[Any], how_far: str, name: str = "sites") -> ColumnElement[bool]:
    """Return the condition of ``lms.scope.within`` for a standing statement; the sites come as the value ``name``."""
    if how_far == SOME:
        return column.in_(bindparam(name, expanding=True))
    return true() if how_far == WHOLE else false()


def written(word: str) -> ColumnElement[str]:
    """Return a word of the program, such as a state, written into a standing statement.

    A value that is handed over each time that it is asked costs as much as a column of the answer. Raises ``ValueError`` for
    anything but a plain word: what a user typed has no place in the text of a statement.
    """
    if not _PLAIN_WORD.fullmatch(word):
        raise ValueError(f"not a plain word of the program: {word!r}")
    return literal_column(f"'{word}'", String())


def one_of(column: ColumnElement[Any] | InstrumentedAttribute[Any], *words: str) -> ColumnElement[bool]:
    """Return the condition that a column holds one of these words of the program, for a standing statement.

    ``in_`` with plain values writes its part of the statement anew each time that it is asked.
    """
    return column.in_([written(word) for word in words])


class _WrittenRows(Values):
    """Rows in the text of a statement, and in the key under which SQLAlchemy keeps it compiled."""

    inherit_cache = False
    _traverse_internals = [  # noqa: RUF012 - read by SQLAlchemy as declared
        ("_column_args", InternalTraversal.dp_clauseelement_list),
        ("rows", InternalTraversal.dp_plain_obj),
        ("name", InternalTraversal.dp_string),
    ]

    def __init__(self, name: str, columns: Mapping[str, TypeEngine[Any]], rows: tuple[tuple[Any, ...], ...]) -> None:
        super().__init__(*(column(one, kind) for one, kind in columns.items()), name=name, literal_binds=True)
        self.rows = rows
        first, *others = rows
        self._data = ([tuple(map(_of_a_type, first, columns.values())), *others],)


def _of_a_type(value: object, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    # PostgreSQL takes what is written in quotes for text where nothing says otherwise; SQLite has no dates and keeps text
    if isinstance(value, int | str):
        return literal(value, kind)
    return cast(literal(value, kind), String().with_variant(kind, "postgresql"))


def written_rows(name: str, columns: Mapping[str, TypeEngine[Any]], rows: tuple[tuple[Any, ...], ...]) -> CTE:
    """Return rows of the program's own, such as the days of quarters, as a table of that name to join with.

    ``columns`` are name and type of each value of a row; there must be a row. The rows are written into the statement:
    SQLAlchemy compiles a statement with ``values`` anew each time that it is asked, which costs a page more than asking it.
    """
    return _WrittenRows(name, columns, rows).cte(name)


def sites_of(reader: Actor, permission: Permission) -> list[Any]:
    """Return the value for ``reached``."""
    return list(reader.sites_for(permission) or ())
