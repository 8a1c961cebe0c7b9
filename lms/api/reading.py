"""What a program sent: a body of strict JSON with the fields of one table, and each value of the kind it should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lms.refusals import NotAllowed
from lms.strict_json import StrictJsonError, load_object

#: Bytes of a body; the longest story has 8,000 characters.
LARGEST = 64 * 1024
#: Kinds of fields that hold a whole number.
WHOLE = frozenset({"count", "version"})


class NotUnderstood(NotAllowed):
    """The body is no JSON object. Answered with 400."""


class UnknownField(NotAllowed):
    """A name that the route does not take."""


@dataclass(frozen=True, slots=True)
class ApiField:
    """A field of a request, as it is read and as OpenAPI describes it."""

    name: str
    about: str
    required: bool = False
    #: ``text``, ``moment``, ``day``, ``month``, ``count`` or ``version``.
    kind: str = "text"
    longest: int = 8000
    codes: tuple[str, ...] = ()
    #: Whether null, which empties it, may be sent.
    nullable: bool = False


def read_body(data: bytes, fields: tuple[ApiField, ...]) -> dict[str, Any]:
    """Return the values that were sent. Raises ``NotUnderstood`` for what is no object, ``NotAllowed`` naming a field."""
    try:
        sent = load_object(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise NotUnderstood("The body is not in UTF-8.") from None
    except StrictJsonError as error:
        message = f"The body is no JSON that can be read: {error}"
        raise NotUnderstood(message) from None
    known = {field.name: field for field in fields}
    for name in sent:
        if name not in known:
            message = f"There is no field “{name[:40]}” here. The fields are {', '.join(known)}."
            raise UnknownField(message, field=name[:40])
    missing = next((field for field in fields if field.required and field.name not in sent), None)
    if missing is not None:
        message = f"“{missing.name}” is missing: {missing.about}"
        raise NotAllowed(message, field=missing.name)
    return {name: _value(known[name], value) for name, value in sent.items()}


def _value(field: ApiField, value: object) -> object:
    if value is None and field.nullable:
        return None
    if field.kind in WHOLE:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong(field, "a whole number")
        return value
    if not isinstance(value, str):
        raise _wrong(field, "a text")
    text = value.strip()
    if any((ord(c) < 32 and c not in "\n\r\t") or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in text):
        raise _wrong(field, "a text without control characters")
    if len(text) > field.longest:
        raise _wrong(field, f"a text of at most {field.longest} characters")
    if field.required and not text:
        raise _wrong(field, "not empty")
    if field.codes and text not in field.codes:
        raise _wrong(field, f"one of: {', '.join(field.codes)}")
    return _TIMES[field.kind](field, text) if field.kind in _TIMES else text


def _moment(field: ApiField, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(field, "a moment such as 2026-11-22T14:05:00+01:00") from None
    if moment.tzinfo is None or not 1900 <= moment.year <= 2199:
        raise _wrong(field, "a moment with its offset, such as 2026-11-22T14:05:00+01:00")
    return moment


def _day(field: ApiField, text: str) -> date:
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else date.min
    except ValueError:
        found = date.min
    if not 1900 <= found.year <= 2199:
        raise _wrong(field, "a day such as 2026-11-22")
    return found


def _month(field: ApiField, text: str) -> date:
    try:
        return _day(field, f"{text}-01")
    except NotAllowed:
        raise _wrong(field, "a month such as 2026-11") from None


#: How a text becomes a time, by the kind of the field.
_TIMES: Mapping[str, Callable[[ApiField, str], date]] = {"moment": _moment, "day": _day, "month": _month}


def _wrong(field: ApiField, what: str) -> NotAllowed:
    return NotAllowed(f"“{field.name}” has to be {what}.", field=field.name)


def text_of(values: Mapping[str, Any], name: str, otherwise: str | None) -> str:
    """Return what was sent under the name; what stands there now if nothing was sent, and empty for null."""
    return (values[name] or "") if name in values else (otherwise or "")
