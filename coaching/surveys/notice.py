"""The privacy notice: versioned texts in files, told before the first answer and beside every sheet. Pure otherwise.

A version that somebody has acknowledged is never edited; a change is a new version, and everybody is asked again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

NOTICES: Final = Path(__file__).parent / "notices"
#: The version that respondents acknowledge now.
CURRENT: Final = 1
#: Shown where somebody reads none of the languages of the notice.
FALLBACK: Final = "en"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that happens to an answer, in a line."""

    icon: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the whole notice."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """What the notice says of this very sheet: the smallest group, the team's size, who holds the key, the scoring rule."""

    k: int
    people: int
    #: Empty where nobody holds the role today.
    custodian: str
    items: int
    least: int


@dataclass(frozen=True, slots=True)
class Told:
    """The notice in one language, said of one sheet."""

    language: str
    words: Mapping[str, str]
    heading: str
    points: tuple[Point, ...]
    sums: tuple[str, ...]
    risks: tuple[str, ...]
    sections: tuple[Section, ...]


def languages() -> dict[str, str]:
    """Return the languages of the current notice by code, each with its own name for itself; English first."""
    return {code: data["name"] for code, data in _files().items()}


def told(language: str, case: Case) -> Told:
    """Return the current notice in a language (or in English), said of one sheet."""
    data = _files().get(language) or _files()[FALLBACK]
    words = data["words"]
    values = {
        "k": case.k,
        "people": case.people,
        "custodian": case.custodian or words["custodian_none"],
        "items": case.items,
        "least": case.least,
    }

    def said(text: str) -> str:
        return text.format_map(values)

    return Told(
        data["language"],
        words,
        words.get(f"heading_{case.items}", words["heading"]),
        tuple(Point(one["icon"], said(one["title"]), said(one[_variant(one, case)])) for one in data["points"]),
        tuple(said(line) for line in data["lists"]["sums"]),
        tuple(said(line) for line in data["lists"]["risks"]),
        tuple(Section(one["title"], one["text"]) for one in data["sections"]),
    )


def _variant(point: Mapping[str, str], case: Case) -> str:
    if "small" not in point or case.people >= case.k:
        return "text"
    return "small_one" if case.people == 1 else "small"


@cache
def _files() -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(NOTICES.glob(f"notice-{CURRENT}.*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        found[str(data["language"])] = data
    return {FALLBACK: found.pop(FALLBACK), **found}
