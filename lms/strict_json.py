"""JSON as it is defined, and nothing that only some readers take: no NaN, no name twice, numbers as they were written.

RFC 8259 §4 leaves to each reader which of two equal names counts, so a record could mean one thing to its sender and
another here; I-JSON (RFC 7493 §2.3) forbids them.
"""

from __future__ import annotations

import json
from typing import Any

#: Lists and objects inside each other; deeper ones would exhaust the reader's own stack.
DEEPEST = 50


class StrictJsonError(ValueError):
    """The text is not strict JSON. The message says where and what."""


class Pairs(list[tuple[str, Any]]):
    """The names and values of an object, in order, equal names still beside each other."""


def load_pairs(text: str) -> Any:  # noqa: ANN401 - whatever the text holds
    """Return the value, its objects as ``Pairs`` and its numbers as text. Raises ``StrictJsonError``."""
    return _load(text, int_as=str, float_as=str)


def load_object(text: str) -> dict[str, Any]:
    """Return the one object in the text. Raises ``StrictJsonError``, also for a name that stands twice in an object."""
    whole = _without_doubles(_load(text, int_as=int, float_as=float))
    if not isinstance(whole, dict):
        raise StrictJsonError("Send one object with names and values.")
    return whole


def _load(text: str, *, int_as: Any, float_as: Any) -> Any:  # noqa: ANN401 - as json's own
    try:
        return json.loads(
            text, object_pairs_hook=Pairs, parse_int=int_as, parse_float=float_as, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        message = f"{error.msg} at line {error.lineno}, column {error.colno}."
        raise StrictJsonError(message) from None
    except RecursionError:
        raise StrictJsonError("Lists and objects stand too deep inside each other.") from None
    except StrictJsonError:
        raise
    except ValueError:  # a whole number of more digits than Python reads
        raise StrictJsonError("A number has too many digits.") from None


def _no_constant(word: str) -> Any:  # noqa: ANN401 - never returns
    message = f"{word} is no number."
    raise StrictJsonError(message)


def _without_doubles(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - whatever the text holds
    if depth > DEEPEST:
        raise StrictJsonError("Lists and objects stand too deep inside each other.")
    if isinstance(value, Pairs):
        found: dict[str, Any] = {}
        for name, inner in value:
            if name in found:
                message = f"“{name[:40]}” stands twice in an object. Keep one."
                raise StrictJsonError(message)
            found[name] = _without_doubles(inner, depth + 1)
        return found
    if isinstance(value, list):
        return [_without_doubles(inner, depth + 1) for inner in value]
    return value
