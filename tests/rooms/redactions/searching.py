"""Where words stand: in every column of every table, and in the bytes of SQLite's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import inspect, text

from lms.extensions import db


def columns_with(words: str) -> list[str]:
    """Return ``table.column`` of each place of both databases in which the words stand, in any case and whatever the type."""
    return sorted(set(_columns_with(words)))


def _columns_with(words: str) -> Iterator[str]:
    for engine in db.engines.values():
        with engine.connect() as connection:
            seen = inspect(connection)
            for table in seen.get_table_names():
                for column in seen.get_columns(table):
                    binary = "BYTEA" in str(column["type"]).upper()
                    as_text = (
                        f"encode(\"{column['name']}\", 'escape')" if binary else f'cast("{column["name"]}" as text)'
                    )
                    statement = text(f'select count(*) from "{table}" where lower({as_text}) like :words')  # noqa: S608 - own names
                    if connection.scalar(statement, {"words": f"%{words.lower()}%"}):
                        yield f"{table}.{column['name']}"


def files_with(words: str) -> list[str]:
    """Return the files beside SQLite's databases, logs included, whose bytes hold the words."""
    folder = Path(str(db.engine.url.database)).parent
    return sorted(path.name for path in folder.iterdir() if path.is_file() and words.encode() in path.read_bytes())
