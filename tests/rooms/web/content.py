"""What a page may say outside gettext: what people typed and systems brought, the shipped content, and a short list of codes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache

from sqlalchemy import select

from config import ROOT
from lms.extensions import Base, SurveyBase, db
from lms.unit_of_work import COMMANDS

_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W_]+")
#: The number of a line, a section or a point, which the page puts before it.
_NUMBER = re.compile(r"^\d+(?:\.\d+)*\.? ")
#: A lone word in small letters is a code of the program (``open``, ``site_lead``), and codes are never shown as they are.
_CODE = re.compile(r"[a-z_]+")
#: Columns whose lone small words people chose themselves.
_CHOSEN = {"login"}
#: Marks of Markdown at which a text is shown in pieces, and places where a notice leaves room for a name or a number.
_MARKS = re.compile(r"[|*#\n`\[\]]+|\{[^{}]*\}")

#: Content that comes with the program and is not its interface; whoever uses it has it in the language it was written in.
SHIPPED = {
    "coaching/reviews/prompts": "guides of a conversation (GROW, AAR, TWI): kept in versions, a review remembers which it used",
    "coaching/surveys/instruments": "wordings of instruments: measured in their language, translated in files of their own",
    "coaching/surveys/notices": "what is told before answering: acknowledged by version, translated in files of their own",
}

#: Words that are the same in every language of the interface.
SAME_EVERYWHERE = {
    "Candor": "the product",
    "English": "a language is named in itself",
    "Deutsch": "the same",
    "Français": "the same",
    "CSV": "a format",
    "XLSX": "a format",
    "PDF": "a format",
    "Q1": "a quarter",
    "Q2": "a quarter",
    "Q3": "a quarter",
    "Q4": "a quarter",
    "GROW": "a method",
}

#: Shapes that are no words.
SHAPES = {
    # days, months and moments have English months on purpose: see lms.web.times
    r"(?:\d\d-)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[- ]\d{4}": "a day or a month",
    r"\d\d:\d\d(?: (?:[A-Z]{2,5}|UTC[+-]\d\d:\d\d))?": "an hour, with its zone",
    r"\bUTC\b|\b[A-Z][a-z]+/[A-Z][A-Za-z_/]+\b": "a zone",
    r"https?://\S+|^/\S*": "an address",
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b": "an id, which the trail shows inside lists",
    r"\b[0-9a-f]{16,64}\b|\b[0-9a-f]{4}(?: [0-9a-f]{4}){3}": "a checksum",
    r"\bR\d\b": "a rule of recurrence, by its number",
    r"\bv\d+\b": "a version",
    r"\b\d+(?:[.,–]\d+)* ?(?:h|min|k|d)\b": "a number with its unit",
}

#: Elements that show what is known, in a form in which it is not recognised: (endpoint, last element of the way to it).
PLACES = {
    ("*", "span.ava"): "the initials of a name",
    ("bulletins.new", "textarea.form-control"): "what was typed about a deviation, without what tells where it was",
    ("documents.document", "p strong"): "an SOP's own words, one of them set apart by its author",
    ("study.page", "p.txt span"): "a document's own words, the changed ones marked one by one",
    ("study.page", "span del"): "the same",
    ("study.page", "span ins"): "the same",
}


class Content:
    """All that may be shown as it is, and how to tell whether a piece of text is made of it."""

    def __init__(self) -> None:
        self._known = {" ".join(_WORD.findall(word)) for word in SAME_EVERYWHERE}
        self._long: set[str] = set()
        self._codes: set[str] = set()
        for text in _shipped():
            self._take(text)
        for column, text in _kept():
            if _CODE.fullmatch(text) and column not in _CHOSEN:
                self._codes.add(text)
            else:
                self._take(text)
        self._everything = "\n".join(["", *(f" {text} " for text in self._long), ""])
        self._of_the_trail = _names_of_the_trail()
        # looked up first: nearly all that is in no text differs from all within three words
        self._threes = {three for text in self._long for three in _threes(text.split())}
        self.unknown = cache(self._unknown)

    def _take(self, text: str) -> None:
        if text.startswith("/"):  # where something leads is kept with it, and is no text
            return
        pieces = [piece for piece in _MARKS.split(text) if not _CODE.fullmatch(piece.strip())]
        for piece in (text, *pieces):
            words = " ".join(_WORD.findall(piece))
            if words:
                self._known.add(words)
            if words.count(" ") >= 2:
                self._long.add(words)

    def explains(self, endpoint: str, where: str, piece: str) -> bool:
        """Tell whether a piece of a page is content, or stands where only content stands."""
        if not _LETTER.search(piece):
            return True
        if any(where.endswith(place) and of in {"*", endpoint} for of, place in PLACES):
            return True
        return not self.unknown(piece, endpoint.startswith("audit."))

    def _unknown(self, piece: str, in_the_trail: bool) -> str:  # noqa: FBT001 - kept by its arguments
        """Return the words of a piece that are in no text known: longest runs first, from left to right."""
        if any(self._is_known(_WORD.findall(whole), in_the_trail) for whole in (piece, _NUMBER.sub("", piece))):
            return ""
        for shape in SHAPES:
            piece = re.sub(shape, " ", piece)
        words, left, at = _WORD.findall(piece), [], 0
        while at < len(words):
            for end in range(len(words), at, -1):
                if self._is_known(words[at:end], in_the_trail):
                    at = end
                    break
            else:
                left.append(words[at])
                at += 1
        return " ".join(left)

    def _is_known(self, words: list[str], in_the_trail: bool) -> bool:  # noqa: FBT001 - as above
        text = " ".join(words)
        if text in self._known or not _LETTER.search(text):
            return True
        # part of a longer text: a paragraph of a document, the beginning of what somebody wrote
        if len(words) > 2 and tuple(words[:3]) in self._threes and f" {text} " in self._everything:
            return True
        return in_the_trail and (text.lower() in self._of_the_trail or text.replace(" ", "_") in self._codes)


def _threes(words: list[str]) -> Iterator[tuple[str, ...]]:
    yield from zip(words, words[1:], words[2:], strict=False)


def _kept() -> Iterator[tuple[str, str]]:
    """Give every text of every table of both databases, with its column; texts inside JSON too."""
    for base, bind in ((Base, None), (SurveyBase, "survey")):
        for table in base.metadata.tables.values():
            rows = db.session.execute(select(table), bind_arguments={"bind": db.engines[bind]})
            for row in rows.mappings():
                for column, value in row.items():
                    for text in _texts(value):
                        yield str(column), text


def _shipped() -> Iterator[str]:
    for folder in SHIPPED:
        for path in sorted((ROOT / folder).rglob("*.toml")):
            yield from _texts(tomllib.loads(path.read_text(encoding="utf-8")))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(
        "{"
    ):  # an event of the trail is kept as it was sealed: JSON, as text
        yield from _texts(json.loads(value))
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inside in value.values():
            yield from _texts(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _texts(inside)


def _names_of_the_trail() -> set[str]:
    """Return what the trail calls records, their fields and what was done: as they are kept there, with spaces."""
    tables = Base.metadata.tables
    names: Iterable[str] = [*tables, *(column.name for table in tables.values() for column in table.c)]
    names = [*names, *(name.rpartition(".")[2] for name in COMMANDS)]
    return {name.removesuffix("_id").replace("_", " ") for name in names}
