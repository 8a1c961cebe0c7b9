"""Names for ids, so that a trail is read by people. Each room says how its records are called."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from lms.extensions import db

#: A text made of columns, such as given and family name.
Words = ColumnElement[Any] | InstrumentedAttribute[str]
_FEW = 1_000
_named: dict[str, tuple[InstrumentedAttribute[UUID], Words, FromClause]] = {}


def register(record_id: InstrumentedAttribute[UUID], words: Words, source: FromClause | None = None) -> None:
    """Say how records are called: the column of their id, and a text made of columns of ``source`` (or their table)."""
    table = record_id.class_.__table__
    _named[table.name] = (record_id, words, table if source is None else source)


def names_of(ids: set[UUID]) -> dict[UUID, str]:
    """Return the names of those ids that a room has names for, in one query."""
    if not ids or not _named:
        return {}
    parts = [select(column, words).select_from(source) for column, words, source in _named.values()]
    if len(ids) <= _FEW:  # more would be more parameters than a statement may have; then all names are read
        columns = [column for column, _words, _source in _named.values()]
        parts = [part.where(column.in_(ids)) for part, column in zip(parts, columns, strict=True)]
    return {row[0]: str(row[1]) for row in db.session.execute(union_all(*parts)) if row[0] in ids}
