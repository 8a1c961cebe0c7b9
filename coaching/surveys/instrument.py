"""Survey instruments: a file each, with wording, source, licence and version; read and scored here. Pure otherwise."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

#: Where the instruments that come with the product lie.
SHIPPED: Final = Path(__file__).parent / "instruments"
#: A sealed box has room for so many answers.
MOST_ITEMS: Final = 7
FEWEST_ITEMS: Final = 3
#: Code of the full set that is asked until QA puts another in force, and of the pulse that is asked between two full sets.
IN_FORCE: Final = 1
PULSE: Final = 2
MOST_POINTS: Final = 255
#: What languages call themselves.
OWN_NAMES: Final = {"en": "English", "de": "Deutsch", "fr": "Français"}

#: One raw choice for each item, in the order of the items; ``None`` where it was left out.
Answers = tuple[int | None, ...]


class BadInstrument(ValueError):
    """An instrument file breaks a rule of its kind. Found at start, never by a respondent."""


class Series(StrEnum):
    """What an instrument is asked for; the two are never pooled."""

    FULL = "full"
    PULSE = "pulse"


@dataclass(frozen=True)
class Item:
    """One statement. ``reversed`` means that agreement speaks against the climate; a slot without words has no text."""

    key: str
    text: str
    reversed: bool


@dataclass(frozen=True)
class Wording:
    """An instrument's words in one language, ``texts`` in the order of its items."""

    language: str
    #: The language's own name for itself.
    name: str
    preface: str
    anchors: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """How one answered sheet counts: a score on the instrument's scale, or none and why."""

    score: Fraction | None
    answered: int
    straight_line: bool


@dataclass(frozen=True)
class Instrument:
    """One version of one instrument; its answers are never pooled with those of another."""

    id: str
    version: str
    code: int
    title: str
    language: str
    licence: str
    source: str
    preface: str
    low: int
    high: int
    anchors: tuple[str, ...]
    minimum_answered: int
    items: tuple[Item, ...]
    series: Series = Series.FULL
    #: Words in other languages that are declared to be the same version: their answers count together.
    translations: tuple[Wording, ...] = ()

    @property
    def has_words(self) -> bool:
        """Whether the file brings its wording; else the deployer pastes it in."""
        return all(item.text for item in self.items)

    @property
    def wordings(self) -> Mapping[str, Wording]:
        """Its words by language, its own first; none where they are still to be pasted in."""
        texts = tuple(item.text for item in self.items)
        own = Wording(self.language, OWN_NAMES.get(self.language, self.language), self.preface, self.anchors, texts)
        return {words.language: words for words in (own, *self.translations)} if self.has_words else {}

    @property
    def name(self) -> str:
        """``voice-climate 1``, as it stands in a released row."""
        return f"{self.id} {self.version}"

    @property
    def range(self) -> int:
        """Width of the scale, in points."""
        return self.high - self.low

    def recode(self, answers: Sequence[int | None]) -> Answers:
        """Turn the reversed items round, so that more is always better: ``low + high - raw``.

        Raises ``ValueError`` if there is not one answer per item, or one lies off the scale.
        """
        if len(answers) != len(self.items):
            message = f"{self.name} has {len(self.items)} items, not {len(answers)}"
            raise ValueError(message)
        recoded: list[int | None] = []
        for item, raw in zip(self.items, answers, strict=True):
            if raw is not None and not self.low <= raw <= self.high:
                message = f"{raw} is not on the scale {self.low} to {self.high} of {self.name}"
                raise ValueError(message)
            recoded.append(self.low + self.high - raw if raw is not None and item.reversed else raw)
        return tuple(recoded)

    def score(self, answers: Sequence[int | None]) -> Sheet:
        """Score one sheet: the mean of its recoded answers if at least ``minimum_answered`` were given.

        The same raw choice on every item agrees with a statement and with its opposite; such a sheet is reported as a
        straight line and has no score. An even row of middles is treated alike: it cannot be told from not reading.
        """
        given = [value for value in self.recode(answers) if value is not None]
        straight = (
            len(given) == len(self.items) and len(set(answers)) == 1 and any(item.reversed for item in self.items)
        )
        if straight or len(given) < self.minimum_answered:
            return Sheet(None, len(given), straight)
        return Sheet(Fraction(sum(given), len(given)), len(given), straight_line=False)


def load(path: Path) -> Instrument:
    """Read one instrument file. Raises ``BadInstrument`` with the file's name and what is wrong with it."""
    return _read(path, _checked)


def load_all(folder: Path = SHIPPED) -> dict[int, Instrument]:
    """Read every instrument of a folder, its packs and its translations, by code.

    Raises ``BadInstrument``, also if two share a code or a name, or a translation fits no instrument.
    """
    found: dict[int, Instrument] = {}
    for path in sorted((*folder.glob("*.toml"), *folder.glob("packs/*.toml"))):
        instrument = load(path)
        if instrument.code in found or instrument.name in {other.name for other in found.values()}:
            message = f"{path.name}: its code or its id and version are already taken"
            raise BadInstrument(message)
        found[instrument.code] = instrument
    by_name = {instrument.name: instrument for instrument in found.values()}
    for path in sorted(folder.glob("translations/*.toml")):
        name, words = _read(path, lambda data: _translation(data, by_name))
        worded = by_name[name]
        by_name[name] = replace(worded, translations=(*worded.translations, words))
    return {instrument.code: instrument for instrument in by_name.values()}


@cache
def shipped() -> dict[int, Instrument]:
    """Return the instruments that come with the product, by code. Read once."""
    return load_all()


def in_force() -> Instrument:
    """Return the full set as shipped; which one is in force here, ``queries.full_set`` says."""
    return shipped()[IN_FORCE]


def _read(path: Path, made: Callable[[dict[str, Any]], T]) -> T:
    try:
        with path.open("rb") as file:
            return made(tomllib.load(file))
    except KeyError as missing:
        message = f"{path.name}: {missing} is missing"
        raise BadInstrument(message) from None
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as wrong:
        message = f"{path.name}: {wrong}"
        raise BadInstrument(message) from None


def _translation(data: dict[str, Any], known: Mapping[str, Instrument]) -> tuple[str, Wording]:
    instrument = known.get(str(data["translates"]))
    if instrument is None:
        message = f"there is no instrument {data['translates']}"
        raise ValueError(message)
    if data["same_version"] is not True or not str(data["declared"]).strip():
        raise ValueError(
            "a translation that nobody declares the same version is an instrument file with a code of its own"
        )
    texts = {key: str(text).strip() for key, text in data["items"].items()}
    anchors = tuple(str(anchor).strip() for anchor in data["anchors"])
    if set(texts) != {item.key for item in instrument.items} or not all(texts.values()):
        raise ValueError("there must be one text for each item of what it translates, and no other")
    if len(anchors) != len(instrument.anchors) or not all(anchors):
        raise ValueError("there must be one anchor for each point of the scale")
    if data["language"] in instrument.wordings:
        raise ValueError("this language is already there")
    in_order = tuple(texts[item.key] for item in instrument.items)
    words = Wording(str(data["language"]), str(data["name"]), str(data["preface"]).strip(), anchors, in_order)
    return instrument.name, words


def _checked(data: dict[str, Any]) -> Instrument:
    scale, pasted = data["scale"], data.get("wording") == "pasted"
    # a pack brings no words: they are somebody else's
    instrument = Instrument(
        id=str(data["id"]).strip(),
        version=str(data["version"]).strip(),
        title=str(data["title"]).strip(),
        language=str(data["language"]).strip(),
        licence=str(data["licence"]).strip(),
        source=str(data["source"]).strip(),
        preface="" if pasted else str(data["preface"]).strip(),
        code=int(data["code"]),
        low=int(scale["low"]),
        high=int(scale["high"]),
        anchors=() if pasted else tuple(str(anchor) for anchor in scale["anchors"]),
        minimum_answered=int(data["minimum_answered"]),
        items=tuple(
            Item(str(item["key"]), "" if pasted else str(item["text"]), bool(item["reversed"]))
            for item in data["items"]
        ),
        series=Series(data.get("series", Series.FULL)),
    )
    rules = {
        "id, version, source, licence and preface may not be empty": all(
            (instrument.id, instrument.version, instrument.source, instrument.licence, pasted or instrument.preface)
        ),
        "a pack whose words are pasted in may hold none itself": not pasted
        or not (scale.keys() & {"anchors"} or any("text" in item for item in data["items"])),
        "the code must lie between 1 and 65535": 1 <= instrument.code <= 0xFFFF,
        # 0 stands for an item left out, so a scale begins at 1
        "the scale must run upwards from 1 or more to at most 255": 1
        <= instrument.low
        < instrument.high
        <= MOST_POINTS,
        "there must be one anchor for each point of the scale": pasted
        or len(instrument.anchors) == instrument.range + 1,
        f"there must be {FEWEST_ITEMS} to {MOST_ITEMS} items": FEWEST_ITEMS <= len(instrument.items) <= MOST_ITEMS,
        "two items share a key": len({item.key for item in instrument.items}) == len(instrument.items),
        "more than half of the items, and no more than all, must be answered": (
            len(instrument.items) < 2 * instrument.minimum_answered <= 2 * len(instrument.items)
        ),
    }
    for rule, kept in rules.items():
        if not kept:
            raise ValueError(rule)
    return instrument
