"""The body of an event: its exact keys, and the test that its bytes are the canonical ones."""

from __future__ import annotations

import json
from typing import Any

from lms.audit.canonical import NotCanonical, canonical

_TEXT, _NUMBER, _TEXT_OR_NONE = (str,), (int,), (str, type(None))
#: Each key with the types it may have.
_FIELDS: dict[str, tuple[type, ...]] = {
    "v": _NUMBER,
    "id": _TEXT,
    "origin": _TEXT,
    "at": _TEXT,
    "actor": _TEXT,
    "role": _TEXT,
    "site": _TEXT_OR_NONE,
    "action": _TEXT,
    "rtype": _TEXT,
    "rid": _TEXT,
    "rver": _NUMBER,
    "reason": _TEXT_OR_NONE,
    "sig": _TEXT_OR_NONE,
    "req": _TEXT,
    "payload": _TEXT,
    "row": _TEXT,
}
_KEYS = _FIELDS.keys()


def read_body(text: str) -> dict[str, Any]:
    """Return the body of an event. Raises ``NotCanonical`` if these are not the canonical bytes of a body."""
    try:
        body = json.loads(text)
    except ValueError:
        raise NotCanonical("the body is not JSON") from None
    if not isinstance(body, dict) or body.keys() != _KEYS:
        raise NotCanonical("the body does not have the keys of an event")
    for key, value in body.items():
        if type(value) not in _FIELDS[key]:
            raise NotCanonical(f"“{key}” has a value of the wrong kind")
    if canonical(body) != text.encode():
        raise NotCanonical("the body is not written canonically")
    return body
