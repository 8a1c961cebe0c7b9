"""The facts of the record database as canonical lines without ids, so that two databases with one history agree to the byte.

Every GMP record is one line; an id is replaced by the hash of the record it names. Left out is what is random by design:
salts, password hashes and signatures' digests, which questions a knowledge check drew and so how many were right, and the
survey, whose released figures hang on a secret key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from lms.audit.canonical import plain
from lms.extensions import Base, db
from lms.schema import audited_tables

#: Tables of chance, and columns of it; ids and versions are no facts.
_LEFT_OUT = {"attempt_item", "survey_key_record", "survey_release_event"}
_COLUMNS_LEFT_OUT = {
    "account": {"password_hash"},
    "signature": {"digest"},
    "attempt": {"answers", "correct", "percent", "credit_percent"},
    "part_progress": {"evidence"},
}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def facts() -> Iterator[str]:
    """Yield the facts as JSON lines, table by table, sorted within each."""
    known: dict[UUID, str] = {}
    names = set(audited_tables()) - _LEFT_OUT
    tables = [table for table in Base.metadata.sorted_tables if table.name in names and table.name != "signature"]
    # a signature names its record by kind and id, so it comes when every record is known
    for table in (*tables, Base.metadata.tables["signature"]):
        yield from sorted(_lines(table, known))


def sha256_of_facts() -> str:
    """Return the SHA-256 of all facts, each line ended by a line feed."""
    digest = hashlib.sha256()
    for line in facts():
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _lines(table: Table, known: dict[UUID, str]) -> list[str]:
    columns = [
        column for column in table.columns if column.name not in {"version", *_COLUMNS_LEFT_OUT.get(table.name, ())}
    ]
    found = []
    # ids rise in the order in which records were made, so a record that names an earlier one comes after it
    for row in db.session.execute(select(*columns).order_by(table.columns["id"])):
        values = {name: _fact(value, known) for name, value in row._mapping.items() if name != "id"}  # noqa: SLF001 - public name
        line = json.dumps({table.name: values}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        known[row.id] = hashlib.sha256(line.encode()).hexdigest()[:24]
        found.append(line)
    return found


def _fact(value: Any, known: dict[UUID, str]) -> Any:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, UUID):
        return known.get(value, "")
    shown = plain(value)
    if isinstance(shown, str):
        return _ID.sub("id", shown)
    return json.loads(_ID.sub("id", json.dumps(shown))) if isinstance(shown, dict | list) else shown
