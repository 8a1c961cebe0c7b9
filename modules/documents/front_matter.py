"""What stands before the text of an SOP file: TOML between ``+++``, plain YAML between ``---``, or nothing."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime

from modules.documents.notes import Note

_YAML_LINE = re.compile(r"([A-Za-z_][\w-]*)\s*:(?:\s+(.*))?$")
_YAML_ITEM = re.compile(r"\s*-\s+(.*)$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values by name, the text after them, and how many lines of the file they took."""

    values: dict[str, object]
    #: The line of the file on which each value stands.
    lines: dict[str, int]
    body: str
    lines_taken: int
    notes: tuple[Note, ...]


def split(text: str) -> FrontMatter:
    """Split a file into front matter and text. Front matter that cannot be read stays in the text and is noted."""
    lines = text.split("\n")
    fence = lines[0].rstrip() if lines else ""
    if fence not in {"+++", "---"}:
        return FrontMatter({}, {}, text, 0, ())
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == fence), None)
    if end is None:
        note = Note(1, f"The front matter begins with {fence} and never ends; it is shown as text.")
        return FrontMatter({}, {}, text, 0, (note,))
    body = "\n".join(lines[end + 1 :])
    if fence == "---":
        return _yaml(lines[1:end], body, end + 1)
    try:
        values: dict[str, object] = tomllib.loads("\n".join(lines[1:end]))
    except tomllib.TOMLDecodeError as error:
        note = Note(1, f"The front matter is not TOML ({error}); it is shown as text.")
        return FrontMatter({}, {}, text, 0, (note,))
    where = {name: _line_of(name, lines[1:end]) for name in values}
    return FrontMatter(values, where, body, end + 1, ())


def _line_of(name: str, lines: list[str]) -> int:
    pattern = re.compile(rf"[\s\[]*{re.escape(name)}\b")
    return next((n for n, line in enumerate(lines, 2) if pattern.match(line)), 1)


def _yaml(lines: list[str], body: str, lines_taken: int) -> FrontMatter:
    """Read the YAML that SOP files use: ``name: value`` and lists of one level. The rest is noted by its line."""
    values: dict[str, object] = {}
    where: dict[str, int] = {}
    notes: list[Note] = []
    last = ""
    for number, line in enumerate(lines, 2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if (item := _YAML_ITEM.match(line)) and last and isinstance(values[last], list | None):
            so_far = values[last]
            values[last] = [*(so_far if isinstance(so_far, list) else []), _scalar(item.group(1))]
        elif pair := _YAML_LINE.match(line):
            last, given = pair.group(1), (pair.group(2) or "").strip()
            values[last] = _scalar(given) if given else None
            where[last] = number
        else:
            notes.append(Note(number, f"This line of the front matter cannot be read: {line.strip()[:60]}"))
    return FrontMatter(values, where, body, lines_taken, tuple(notes))


def _scalar(text: str) -> object:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part) for part in text[1:-1].split(",") if part.strip()]
    return text


def text_of(value: object) -> str:
    """Return a value of the front matter as text, or an empty text for anything that is not one."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | date | datetime) else ""
