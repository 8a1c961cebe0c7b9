"""Which column becomes which field: written as TOML, kept with the source's other habits, or guessed from the headings."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lms.deviations.taxonomy import CORE
from lms.refusals import NotAllowed
from lms.web.labels import Words

#: Mappings that come with the application; ``--mapping faa-aid`` names one.
KNOWN = Path(__file__).parent / "mappings"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a file can fill."""

    name: str
    words: Words
    required: bool = False
    #: ``text``, ``day``, ``month``, ``moment`` or ``code``.
    kind: str = "text"
    longest: int = 200


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one source writes its table."""

    #: Field -> heading of its column.
    columns: MappingOf[str, str]
    #: Field -> the value of every line.
    constants: MappingOf[str, str] = field(default_factory=dict)
    #: Field -> regular expression that a value must match as a whole.
    patterns: MappingOf[str, str] = field(default_factory=dict)
    #: Field -> what the source writes -> our code, without regard to case.
    values: MappingOf[str, MappingOf[str, str]] = field(default_factory=dict)
    #: Formats of days and moments (``strptime``) besides ISO 8601, or ``serial`` for a spreadsheet's count of days. A text
    #: that two of them read differently is refused.
    dates: tuple[str, ...] = ()
    #: How the id is put together out of columns, such as ``TW-{Ref}/{Line}``; empty if one column holds it.
    ids: str = ""
    #: IANA zone in which the source writes its times; empty if each site's times are its own.
    times_in: str = ""
    #: Headings whose cells are never quoted, handed back or kept.
    confidential: frozenset[str] = frozenset()
    #: Put before the source's site code, so that it cannot meet a code of ours.
    site_prefix: str = ""
    #: IANA zone of sites that are opened for this source.
    zone: str = "UTC"
    #: Taxonomy of the codes; ``core`` is ours.
    taxonomy: str = CORE
    #: The sheet of a workbook; None takes the first.
    sheet: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be used, with the sentence for whoever wrote it."""
        try:
            for pattern in self.patterns.values():
                re.compile(pattern)
        except re.error as error:
            message = f"A pattern of the mapping is no regular expression: {error}."
            raise NotAllowed(message, field="mapping") from None
        for zone in filter(None, (self.zone, self.times_in)):
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                message = f"{zone} is not a time zone. Use a name such as Europe/Lisbon."
                raise NotAllowed(message, field="mapping") from None
        both = sorted(set(self.columns) & set(self.constants))
        if both:
            message = f"The mapping gives “{both[0]}” both a column and a constant. Keep one."
            raise NotAllowed(message, field="mapping")


def read_mapping(source: str) -> Mapping:
    """Return the mapping in a TOML file, or one that comes with the application by its name."""
    known = KNOWN / f"{source}.toml"
    path = known if "/" not in source and known.is_file() else Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        names = ", ".join(sorted(file.stem for file in KNOWN.glob("*.toml")))
        message = f"There is no mapping {source}. Give a TOML file, or one of: {names}."
        raise NotAllowed(message, field="mapping") from None
    return parse_mapping(text, path.name)


def parse_mapping(text: str, name: str) -> Mapping:
    """Return the mapping written in TOML. Raises ``NotAllowed`` naming what is not understood."""
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{name} is not valid TOML: {error}."
        raise NotAllowed(message, field="mapping") from None
    written.pop("about", None)
    known = {f.name for f in fields(Mapping)}
    unknown = sorted(set(written) - known)
    if unknown:
        message = f"{name}: “{unknown[0]}” is not known. A mapping holds {', '.join(sorted(known))}."
        raise NotAllowed(message, field="mapping")
    values: dict[str, Any] = {}
    for key, value in written.items():
        wanted = (
            dict
            if key in {"columns", "constants", "patterns", "values"}
            else list
            if key in {"dates", "confidential"}
            else str
        )
        if key == "columns" and isinstance(value, dict):
            refuse_two_columns(value)
        parts: Iterable[Any] = (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        )
        if key == "values":  # one table for each field
            parts = [code for codes in parts for code in (codes.values() if isinstance(codes, dict) else [None])]
        if not isinstance(value, wanted) or not all(isinstance(part, str) for part in parts):
            message = f"{name}: “{key}” is not written as it should be; every value in it is a text."
            raise NotAllowed(message, field="mapping")
        values[key] = tuple(value) if key == "dates" else frozenset(value) if key == "confidential" else value
    return Mapping(**{"columns": {}, **values})


def refuse_two_columns(columns: MappingOf[str, Any]) -> None:
    """Raise ``NotAllowed`` for a field that is given more than one column."""
    for name, given in columns.items():
        if isinstance(given, list) and len(given) > 1:
            listed = " and ".join(f"“{column}”" for column in given)
            message = f"The mapping reads “{name}” out of two columns, {listed}. Keep one."
            raise NotAllowed(message, field="mapping")


def as_plain(mapping: Mapping) -> dict[str, Any]:
    """Return the mapping as values of JSON, without what is as usual, for keeping it."""
    plain = {
        "columns": dict(mapping.columns),
        "constants": dict(mapping.constants),
        "patterns": dict(mapping.patterns),
        "values": {name: dict(codes) for name, codes in mapping.values.items()},
        "dates": list(mapping.dates),
        "confidential": sorted(mapping.confidential),
        "ids": mapping.ids,
        "times_in": mapping.times_in,
        "site_prefix": mapping.site_prefix,
        "zone": mapping.zone if mapping.zone != "UTC" else "",
        "taxonomy": mapping.taxonomy if mapping.taxonomy != CORE else "",
        "sheet": mapping.sheet or "",
    }
    return {name: value for name, value in plain.items() if value}


def from_plain(plain: MappingOf[str, Any]) -> Mapping:
    """Return the mapping that ``as_plain`` gave."""
    values = {**plain, "dates": tuple(plain.get("dates", ())), "confidential": frozenset(plain.get("confidential", ()))}
    return Mapping(**{"columns": {}, **values})


def shape_of(columns: Iterable[str]) -> str:
    """Return a digest of a file's headings, without regard to their order and case, to know the same source by."""
    return hashlib.sha256("\n".join(sorted(column.casefold() for column in columns)).encode()).hexdigest()


def columns_of_ids(mapping: Mapping) -> list[str]:
    """Return the columns that the id is put together of."""
    return re.findall(r"\{([^{}]+)\}", mapping.ids)


def check_mapping(mapping: Mapping, offered: Sequence[Field], columns: Sequence[str], key: str) -> None:
    """Raise ``NotAllowed`` if the mapping names a field or a column that is not there, or leaves out what is required."""
    names = [one.name for one in offered]
    for name in (*mapping.columns, *mapping.constants, *mapping.patterns, *mapping.values):
        if name not in names:
            message = f"There is no field “{name}”. The fields are {', '.join(names)}."
            raise NotAllowed(message, field="mapping")
    if mapping.ids:
        _check_ids(mapping, columns, key)
    used = [*mapping.columns.items(), *((key, column) for column in columns_of_ids(mapping))]
    for name, column in used:
        if column not in columns:
            near = difflib.get_close_matches(column, columns, 1)
            hint = f"Did you mean “{near[0]}”?" if near else f"The columns are {', '.join(columns)}."
            message = f"The file has no column “{column}”, which the mapping reads as “{name}”. {hint}"
            raise NotAllowed(message, field="mapping")
    for one in offered:
        given = {*mapping.columns, *mapping.constants, *([key] if mapping.ids else [])}
        if one.required and one.name not in given:
            message = f"No column is named for “{one.words}”, which every line needs."
            raise NotAllowed(message, field="mapping")


def _check_ids(mapping: Mapping, columns: Sequence[str], key: str) -> None:
    if not key:
        sentence = "These lines have no id of their own. Leave the id that is put together of columns empty."
        raise NotAllowed(sentence, field="mapping")
    if key in mapping.columns or key in mapping.constants:
        sentence = "The mapping gives the id both a column and a pattern of columns. Keep one."
        raise NotAllowed(sentence, field="mapping")
    if not columns_of_ids(mapping):
        message = (
            f"The id “{mapping.ids}” would be the same on every line. Name a column in it, such as {{{columns[0]}}}."
        )
        raise NotAllowed(message, field="mapping")


def suggest(offered: Sequence[Field], columns: Sequence[str]) -> dict[str, str]:
    """Return for each field the column whose heading is most like its name or its words, each column once."""
    found: dict[str, str] = {}
    free = {_squeezed(column): column for column in columns}
    for nearness in (1.0, 0.75):
        for one in offered:
            if one.name in found:
                continue
            for spelling in (one.name, str(one.words)):
                near = difflib.get_close_matches(_squeezed(spelling), free, 1, nearness)
                if near:
                    found[one.name] = free.pop(near[0])
                    break
    return found


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
