"""Whether a text tells who, where or when: names, sites, teams, numbers of records and batches, days and clock times.

Compared without case, accents and invisible characters, and whatever stands between the parts of a number. A word that is
also somebody's name is refused too: the writer can say it in other words, a reader could not forget it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Tells(StrEnum):
    """What a word would tell."""

    PERSON = "person"
    SITE = "site"
    TEAM = "team"
    NUMBER = "number"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that must not stand in a text."""

    tells: Tells
    text: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A place in a text that tells something: from where to where, and the words as they stand there."""

    start: int
    end: int
    tells: Tells
    words: str


#: What stands in the place of a leak in a prefilled draft.
INSTEAD = {
    Tells.PERSON: "a colleague",
    Tells.SITE: "a site",
    Tells.TEAM: "the team",
    Tells.NUMBER: "a record",
    Tells.DAY: "one day",
}
#: Parts of site names that name no place.
_GENERIC = frozenset(
    [
        *(
            "advanced",
            "biotech",
            "cancer",
            "cell",
            "cells",
            "center",
            "central",
            "centre",
            "clinic",
            "clinical",
            "control",
        ),
        *(
            "facility",
            "foundation",
            "gene",
            "general",
            "hospital",
            "institute",
            "laboratory",
            "manufacturing",
            "medical",
        ),
        *("medicine", "national", "plant", "public", "regional", "royal", "saint", "science", "site", "therapies"),
        *("therapy", "unit", "university"),
    ]
)
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?)"
)
_ANYWHERE = (
    (Tells.DAY, re.compile(r"(?<!\d)\d{4}[-./]\d{1,2}[-./]\d{1,2}(?!\d)")),
    (Tells.DAY, re.compile(r"(?<![\d.])\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})(?![\d.]*\d)")),
    (
        Tells.DAY,
        re.compile(rf"(?<![\w.])\d{{1,2}}(?:st|nd|rd|th)?[\s.\-]*(?:of\s+)?{_MONTH}(?:[\s.,\-]*\d{{4}})?(?![a-z\d])"),
    ),
    (Tells.DAY, re.compile(rf"(?<![a-z]){_MONTH}[\s.\-]*\d{{1,2}}(?:st|nd|rd|th)?(?![\d\w])")),
    (Tells.DAY, re.compile(r"(?<![a-z])(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?![a-z])")),
    (Tells.DAY, re.compile(r"(?<![\d:])(?:[01]\d|2[0-3]):[0-5]\d(?![\d:])")),
    (Tells.NUMBER, re.compile(r"(?:[a-z0-9]+[\-_/])?(?<![a-z])(?:dev|capa)[\W_]*\d{2,4}[\W_]*\d+")),
    (Tells.PERSON, re.compile(r"[^\s@]+@[^\s@]+\.[a-z]+")),
)


def leaks(text: str, secrets: Iterable[Secret]) -> list[Leak]:
    """Return every place in a text that tells one of the secrets, a day, a clock time or an address, from its beginning."""
    folded, at = _folded(text)
    found = []
    for tells, pattern in (*_ANYWHERE, *_patterns(tuple(secrets))):
        for match in pattern.finditer(folded):
            if match.end() > match.start():
                start, end = at[match.start()], at[match.end() - 1] + 1
                found.append(Leak(start, end, tells, text[start:end]))
    return sorted(found, key=lambda leak: (leak.start, -leak.end))


def redacted(text: str, secrets: Sequence[Secret]) -> str:
    """Return a text with every leak replaced by words that tell nothing."""
    parts: list[str] = []
    done = 0
    for leak in leaks(text, secrets):
        if leak.end <= done:
            continue
        between = text[done : leak.start] if leak.start > done else ""
        instead = INSTEAD[leak.tells]
        # a given name and a family name beside each other are one colleague
        if not (parts and parts[-1] == instead and not between.strip()):
            parts += [between, instead]
        done = leak.end
    return "".join([*parts, text[done:]])


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text without case, accents and invisible characters, and for each character where it stood."""
    characters: list[str] = []
    at: list[int] = []
    for index, character in enumerate(text):
        for one in unicodedata.normalize("NFKD", character):
            if unicodedata.category(one) in {"Mn", "Cf"}:
                continue
            for lower in one.casefold():
                characters.append(lower)
                at.append(index)
    return "".join(characters), at


@cache
def _patterns(secrets: tuple[Secret, ...]) -> tuple[tuple[Tells, re.Pattern[str]], ...]:
    """Return one pattern for each thing that may be told, longest words first, so that a whole name is found as one."""
    by_kind: dict[Tells, set[str]] = {}
    for secret in secrets:
        by_kind.setdefault(secret.tells, set()).update(_ways(secret))
    return tuple(
        (tells, re.compile("|".join(sorted(ways, key=lambda way: (-len(way), way)))))
        for tells, ways in by_kind.items()
        if ways
    )


def _ways(secret: Secret) -> set[str]:
    """Return the patterns of the ways in which a secret could be written."""
    folded, _ = _folded(secret.text)
    parts = re.findall(r"[^\W_]+", folded)
    if not parts:
        return set()
    whole = r"[\W_]*".join(re.escape(part) for part in parts)
    if secret.tells is Tells.NUMBER:
        spelled = r"[\W_]*".join(re.escape(one) for part in parts for one in part)
        return {rf"(?<![^\W_]){spelled}(?![^\W_])"}
    if secret.tells is Tells.TEAM and len("".join(parts)) < 3:
        # a team called “A” is told by “team A” only: the letter alone is an article
        return {rf"(?<!\w)team[\W_]*{whole}(?!\w)"}
    if secret.tells is Tells.SITE:
        places = {part for part in parts if len(part) > 3 and part not in _GENERIC}
        return {_word(whole), *(_word(re.escape(place)) for place in places)}
    return {_word(whole)}


def _word(pattern: str) -> str:
    return rf"(?<!\w){pattern}(?!\w)"
