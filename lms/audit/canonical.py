"""Canonical bytes and the hashes of the trail: what is hashed, exactly, and with which prefix.

Restricted JSON (no floats), keys sorted, escapes as RFC 8785; leaf and node hashes as RFC 6962 §2.1.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any
from uuid import UUID

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LIMIT = 2**53 - 1
_LEAF, _PAYLOAD, _ROW, _CONTENT = b"\x00", b"\x02", b"\x03", b"\x04"


class NotCanonical(ValueError):
    """The value has no canonical form: a float, an unknown type, a key or a text that is not allowed."""


def canonical(value: object) -> bytes:
    """Return the canonical bytes of an object of allowed values. Raises ``NotCanonical``."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _check(value: object) -> None:
    # nearly all there is, so it does not go the long way
    if type(value) is not str or not value.isascii() or "\x00" in value:
        _look_at(value)


def _look_at(value: object) -> None:
    match value:
        case str():
            if "\x00" in value or (not value.isascii() and _SURROGATE.search(value)):
                raise NotCanonical("a text holds U+0000 or half of a surrogate pair")
        case None | bool():
            return
        case int() if -_LIMIT <= value <= _LIMIT:
            return
        case list() | tuple():
            for part in value:
                _check(part)
        case Mapping():
            for key, part in value.items():
                if not _is_key(key):
                    raise NotCanonical(f"the key {key!r} is not allowed")
                _check(part)
        case _:
            raise NotCanonical(f"{type(value).__name__} has no canonical form")


@lru_cache(4096)
def _is_key(key: object) -> bool:
    return isinstance(key, str) and _KEY.fullmatch(key) is not None


def plain(value: object) -> object:
    """Turn a column's value into an allowed one: moments, days, ids, enums and bytes become text."""
    usual = _USUAL.get(type(value))
    return usual(value) if usual is not None else _plain(value)


def _plain(value: object) -> object:
    match value:
        case Enum():
            return plain(value.value)
        case None | bool() | int():
            return value
        case str():
            return unicodedata.normalize("NFC", value)
        case UUID():
            return str(value)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case list() | tuple():
            return [plain(part) for part in value]
        case Mapping():
            # keys of stored JSON are data, not vocabulary: keep any key by listing pairs
            return [[str(key), plain(part)] for key, part in sorted(value.items(), key=lambda pair: str(pair[0]))]
        case _:
            raise NotCanonical(f"{type(value).__name__} may not stand in an audited column")


def moment(value: datetime) -> str:
    """Return ``YYYY-MM-DDTHH:MM:SS.ffffffZ``."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _normal(value: str) -> str:
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def _as_it_is(value: object) -> object:
    return value


#: The types that nearly all columns have; what is a kind of one of them goes the long way.
_USUAL: Mapping[type, Callable[[Any], object]] = {
    NoneType: _as_it_is,
    bool: _as_it_is,
    int: _as_it_is,
    str: _normal,
    UUID: str,
    datetime: moment,
    date: date.isoformat,
}


def leaf_hash(body: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x00 || body)."""
    return hashlib.sha256(_LEAF + body).digest()


def payload_hash(salt: bytes, payload: bytes) -> str:
    """Hex SHA-256(0x02 || salt || payload), so that old and new values can be erased and the tree still holds."""
    return hashlib.sha256(_PAYLOAD + salt + payload).hexdigest()


def row_hash(columns: Mapping[str, object]) -> str:
    """Hex SHA-256(0x03 || canonical row): what makes an edit behind the application visible.

    A column without a value is left out, so that a column which the table is given later changes no hash of before.
    """
    held = {name: plain(value) for name, value in columns.items() if value is not None}
    return hashlib.sha256(_ROW + canonical(held)).hexdigest()


def content_hash(content: Mapping[str, object]) -> str:
    """Hex SHA-256(0x04 || canonical content): what a signature is bound to (21 CFR 11.70)."""
    return hashlib.sha256(_CONTENT + canonical({name: plain(value) for name, value in content.items()})).hexdigest()
