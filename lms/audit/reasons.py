"""The reason of an event. What is kept in a field of the record is named by that field, so that it can be erased with it.

The body of an event is hashed into the tree and can never be taken back; old and new values can (``lms.audit.erasing``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import FromClause, String
from sqlalchemy.types import TypeEngine

#: A column with room for this many characters holds sentences, not codes.
SENTENCES = 200
_NAMED = re.compile(r"as in “([a-z_]+)”")


def reason_of(reason: str, records: Iterable[Mapping[str, object]], declared: Sequence[str]) -> str | None:
    """Return the reason as written into the bodies of one command's events, followed by what was declared."""
    text = reason.strip()
    field = next((name for record in records for name, value in record.items() if text and _is(value, text)), None)
    return "; ".join([*([f"as in “{field}”" if field else reason] if reason else []), *declared]) or None


def is_free_text(column_type: TypeEngine[Any]) -> bool:
    """Whether a column holds what people write, not a code, number or name."""
    return isinstance(column_type, String) and (column_type.length or SENTENCES) >= SENTENCES


@cache
def free_texts(table: FromClause) -> tuple[str, ...]:
    """Return the columns of a table that hold free text."""
    return tuple(column.name for column in table.columns if is_free_text(column.type))


def _is(value: object, text: str) -> bool:
    return isinstance(value, str) and value.strip() == text


def reason_shown(reason: str | None, payload: Mapping[str, Any]) -> str:
    """Return a reason as people read it: the words of the field that it names, where this event holds them."""

    def words(match: re.Match[str]) -> str:
        new = payload.get(match[1], (None, None))[1]
        return new if isinstance(new, str) else match[0]

    return _NAMED.sub(words, reason or "", count=1)
