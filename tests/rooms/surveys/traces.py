"""What an attacker with the server's disk and database can look at, and how they look for an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from coaching.surveys.instrument import Answers, in_force
from lms.extensions import db
from tests.factories.surveys import CANARY, data_dir


def clear_forms(sheet: Answers) -> set[bytes]:
    """Give a sheet in every clear form that somebody might store by mistake."""
    named = {item.key: value for item, value in zip(in_force().items, sheet, strict=True)}
    return {
        bytes(value or 0 for value in sheet),
        json.dumps(sheet).encode(),
        json.dumps(sheet, separators=(",", ":")).encode(),
        repr(sheet).encode(),
        "".join(map(str, sheet)).encode(),
        "&".join(f"{name}={value}" for name, value in named.items()).encode(),
        json.dumps(named).encode(),
    }


def tables(bind: str | None) -> dict[str, list[str]]:
    """Dump every table of a database as text, rows sorted."""
    found = {}
    with db.engines[bind].connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'select * from "{table}"'))  # noqa: S608 - names from the database itself
            found[table] = sorted(repr(tuple(row)) for row in rows)
    return found


def disk() -> Iterator[tuple[Path, bytes]]:
    """Give every file that holds the databases, their write-ahead logs, and everything in the data folder."""
    places = [path for path in data_dir().rglob("*") if path.is_file()]
    for engine in db.engines.values():
        url = make_url(str(engine.url))
        if engine.dialect.name == "sqlite":
            places += Path(str(url.database)).parent.glob(f"{Path(str(url.database)).name}*")
        else:
            with engine.connect() as connection:
                folder = Path(connection.scalar(text("show data_directory")))
                number = connection.scalar(text("select oid from pg_database where datname = current_database()"))
                connection.execute(text("checkpoint"))
            places += [
                *folder.glob("pg_wal/*"),
                *folder.glob(f"base/{number}/*"),
                *folder.glob("log*"),
                *folder.glob("*.log"),
            ]
    for place in sorted(set(places)):
        if place.is_file():
            yield place, place.read_bytes()


def candidate_keys() -> set[bytes]:
    """Give everything on the server that could be a private key: 32 bytes in a row, or 64 hex digits."""
    found = set()
    for place in data_dir().rglob("*"):
        if place.is_file() and place.stat().st_size < 10_000:
            content = place.read_bytes()
            found |= {content[start : start + 32] for start in range(len(content) - 31)}
            found |= {bytes.fromhex(match.decode()) for match in re.findall(rb"[0-9a-f]{64}", content)}
    for bind in db.engines:
        for rows in tables(bind).values():
            for row in rows:
                found |= {bytes.fromhex(match) for match in re.findall(r"[0-9a-f]{64}", row)}
    return found


def opens(box: bytes, keys: set[bytes], sheet: Answers = CANARY) -> bool:
    """Whether a stored answer can be read: because it is clear, or because one of the keys opens it."""
    return any(form in box for form in clear_forms(sheet)) or any(_opened(box, key) for key in keys)


@cache
def _opener(key: bytes) -> SealedBox:
    """Return a candidate as a key: every candidate is tried on every box, and becoming a key takes as long as trying."""
    return SealedBox(PrivateKey(key))


def _opened(box: bytes, key: bytes) -> bool:
    try:
        _opener(key).decrypt(box)
    except CryptoError:
        return False
    return True
