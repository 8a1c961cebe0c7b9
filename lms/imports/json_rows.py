"""Lines out of JSON: an array of objects, an object that holds one under ``items``, or one object a line."""

from __future__ import annotations

from typing import Any

from lms.imports.csv_rows import decoded
from lms.imports.rows import MOST_COLUMNS, MOST_ROWS, SourceRow, refused, source_row
from lms.strict_json import Pairs, StrictJsonError, load_pairs

EXTENSIONS = frozenset({"json", "jsonl", "ndjson"})
_LINES = frozenset({"jsonl", "ndjson"})


def is_json(data: bytes, extension: str) -> bool:
    """Whether the file is meant as JSON, by its name or, where the name says nothing, by its first character."""
    if extension in {*EXTENSIONS, "csv", "txt", "tsv"}:
        return extension in EXTENSIONS
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def read(data: bytes, extension: str) -> tuple[str, list[SourceRow]]:
    """Return how it was read and the lines; the first holds the names that the objects use, in the order they appear.

    A line is numbered by its place in the array, from 1, or by its line in the file.
    """
    form, text = decoded(data)
    if form == "cp1252":
        raise refused("The file is not in UTF-8, as JSON is. Save it as UTF-8.")
    if extension not in _LINES:
        try:
            return "json", _rows([(number, item) for number, item in enumerate(_items(text), 1)])
        except StrictJsonError as error:
            if extension == "json" and not _many_objects(text):
                raise refused(f"The file is no JSON that can be read: {error}") from None
    found: list[tuple[int, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            found.append((number, _object_of(line)))
    return "json lines", _rows(found)


def _items(text: str) -> list[Any]:
    whole = load_pairs(text)
    if isinstance(whole, Pairs):
        named = [value for name, value in whole if name == "items"]
        if len(named) != 1 or not isinstance(named[0], list):
            raise refused("The JSON holds no list. Send an array of objects, {“items”: […]} or one object a line.")
        whole = named[0]
    if not isinstance(whole, list):
        raise refused("The JSON holds no list. Send an array of objects, {“items”: […]} or one object a line.")
    return whole


def _many_objects(text: str) -> bool:
    """Whether the text is objects line by line under a name that ends in .json."""
    lines = [line for line in text.split("\n", 2)[:2] if line.strip()]
    return len(lines) == 2 and all(line.strip().startswith("{") and line.strip().endswith("}") for line in lines)


def _object_of(line: str) -> Any:  # noqa: ANN401 - whatever the line holds
    try:
        return load_pairs(line)
    except StrictJsonError as error:
        return error


def _rows(items: list[tuple[int, Any]]) -> list[SourceRow]:
    if len(items) > MOST_ROWS:
        raise refused(f"The file has more than {MOST_ROWS} lines. Send it in parts.")
    names = list(dict.fromkeys(name for _, item in items if isinstance(item, Pairs) for name, _ in item))
    if len(names) > MOST_COLUMNS:
        raise refused(
            f"The objects use {len(names)} names, more than {MOST_COLUMNS}. Remove those that are not needed."
        )
    rows = [source_row(0, names)]
    for number, item in items:
        cells, fault = _cells(item, names)
        rows.append(source_row(number, cells, fault))
    return rows


def _cells(item: Any, names: list[str]) -> tuple[list[str], str]:  # noqa: ANN401 - whatever the list holds
    if isinstance(item, StrictJsonError):
        return [""] * len(names), f"The line is no JSON object: {item}"
    if not isinstance(item, Pairs):
        return [""] * len(names), "This is no object with names and values."
    found: dict[str, str] = {}
    fault = ""
    for name, value in item:
        if name in found:
            fault = fault or f"“{name[:40]}” stands twice in the object. Keep one."
        elif isinstance(value, (Pairs, list)):
            fault = fault or f"“{name[:40]}” holds a list or an object. Send one value."
        found[name] = _as_text(value)
    return [found.get(name, "") for name in names], fault


def _as_text(value: object) -> str:
    match value:
        case None | Pairs() | list():
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
