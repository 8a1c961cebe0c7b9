"""Words for codes: no raw code is ever shown. Each room registers the words of its own vocabularies in its wiring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from lms.permissions import Role


class Words(Protocol):
    """A text, translated when it is shown."""

    def __str__(self) -> str:
        """Return the text in the reader's language."""


_words: dict[str, dict[str, Words]] = {}


def register(vocabulary: str, words: Mapping[str, Words]) -> None:
    """Add the words of a vocabulary, such as ``severity``."""
    _words.setdefault(vocabulary, {}).update(words)


def label(code: str, vocabulary: str) -> str:
    """Return the word for a code. A code of an imported taxonomy, which has no word, is shown as it came."""
    words = _words.get(vocabulary, {}).get(code)
    return str(words) if words is not None else code.replace("_", " ")


def choices(vocabulary: str) -> list[tuple[str, Words]]:
    """Return the codes and words of a vocabulary, in the order registered, for a select field."""
    return list(_words.get(vocabulary, {}).items())


def role_choices() -> list[tuple[str, Words]]:
    """Return the roles that a person can hold, for a select field. What a program acts as has words too, and is none."""
    return [choice for choice in choices("role") if choice[0] in set(Role)]
