"""How words are found and what stands in their place. Values in, values out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lms.refusals import NotAllowed

#: What stands where the words stood.
MARK = "[redacted]"
#: Fewer characters than this would take letters out of everything.
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Words:
    """Words to take out, found in any case, spacing and Unicode form."""

    pattern: re.Pattern[str]
    #: The longest of them, by which texts can be looked up.
    longest: str

    @classmethod
    def of(cls, text: str) -> Words:
        """Return the words. Raises ``NotAllowed`` for hardly any."""
        parts = unicodedata.normalize("NFC", text).split()
        if sum(map(len, parts)) < SHORTEST:
            raise NotAllowed("Give the words to take out, at least three letters or digits.", field="words")
        pattern = re.compile(r"\s+".join(map(re.escape, parts)), re.IGNORECASE)
        if MARK in " ".join(parts) or pattern.search(MARK):
            raise NotAllowed(
                "Give the words that were typed: these are of the mark that stands for them.", field="words"
            )
        return cls(pattern, max(parts, key=len))

    def stand_in(self, text: str) -> bool:
        """Whether the words stand in a text."""
        return self.pattern.search(unicodedata.normalize("NFC", text)) is not None

    def out_of(self, text: str) -> str:
        """Return the text with the mark in place of the words."""
        return self.pattern.sub(MARK, unicodedata.normalize("NFC", text))


def check_reason(reason: str, words: Words) -> None:
    """Raise ``NotAllowed`` for a reason that says nothing, or says the words again: it is kept for good."""
    if not reason.strip():
        raise NotAllowed("Say why it is taken out: the reason is part of what you sign.", field="reason")
    if words.stand_in(reason):
        raise NotAllowed("Give the reason without the words themselves: it is kept for good.", field="reason")


def out_of_all(words: Words, value: object) -> object:
    """Return a value of JSON with the mark in place of the words in every text of it."""
    match value:
        case str():
            return words.out_of(value)
        case Mapping():
            return {key: out_of_all(words, part) for key, part in value.items()}
        case Sequence():
            return [out_of_all(words, part) for part in value]
        case _:
            return value
