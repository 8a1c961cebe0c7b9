"""Reading an SOP file: its front matter, its text, its pictures, and everything that cannot be represented."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from lms.refusals import NotAllowed
from modules.documents import front_matter
from modules.documents.markdown import render
from modules.documents.notes import Note
from modules.documents.outline import outline
from modules.documents.pictures import MOST, Picture, media_type_of, stored_name, why_not

LARGEST_TEXT = 2 * 1024 * 1024
RISK_CLASSES = ("read", "quiz", "observed")
_FIELDS = ("code", "title", "version", "process_step", "risk_class", "change_summary", "change_reason", "affected")
Find = Callable[[str], bytes | None]
_LONGEST = {"code": 60, "title": 200, "process_step": 60}


@dataclass(frozen=True, slots=True)
class SopFile:
    """An SOP as a file gives it, ready to become a version."""

    code: str
    title: str
    #: The number the file gives, or None for the next one.
    number: int | None
    process_step: str
    risk_class: str
    change_summary: str
    change_reason: str
    affected: str
    #: The text without its front matter.
    source: str
    #: Line of the file on which the text begins.
    first_line: int
    pictures: tuple[Picture, ...]
    notes: tuple[Note, ...]


def _nothing(_path: str) -> bytes | None:
    return None


def read_sop(name: str, content: bytes, find: Find = _nothing) -> SopFile:
    """Read an SOP file.

    ``name`` is the file's name; ``find`` returns the bytes of a picture by the path the text uses, or None. Raises
    ``NotAllowed`` for what cannot be read as Markdown at all; whatever else cannot be represented is listed in ``notes``.
    """
    stem = PurePosixPath(name.replace("\\", "/")).stem
    front = front_matter.split(_decode(name, content))
    values = {field: front_matter.text_of(front.values.get(field)) for field in _FIELDS}
    notes = list(front.notes) + _unused(front)
    first_line = front.lines_taken + 1
    title = values["title"] or outline(front.body).title or _words_of(stem)
    usable, refused = find_pictures(front.body, find)
    names = {picture.name for picture in usable}
    page = render(front.body, pictures=names, refused=refused, address="/-/", first_line=first_line)
    notes += page.notes
    if not front.body.strip():
        raise NotAllowed(f"{name} holds no text.", field="file")
    risk = values["risk_class"] or "quiz"
    if risk not in RISK_CLASSES:
        notes.append(Note(front.lines["risk_class"], f"The risk class {risk[:40]} is unknown; quiz is used."))
        risk = "quiz"
    number = _number(front, notes)
    return SopFile(
        code=(values["code"] or _code_of(stem))[: _LONGEST["code"]],
        title=title[: _LONGEST["title"]],
        number=number,
        process_step=values["process_step"][: _LONGEST["process_step"]],
        risk_class=risk,
        change_summary=values["change_summary"],
        change_reason=values["change_reason"],
        affected=values["affected"],
        source=front.body,
        first_line=first_line,
        pictures=tuple(usable),
        notes=tuple(sorted(set(notes))),
    )


def _decode(name: str, content: bytes) -> str:
    if len(content) > LARGEST_TEXT:
        raise NotAllowed(
            f"{name} is larger than {LARGEST_TEXT // 1024 // 1024} MB. Split the SOP, or keep its pictures as files.",
            field="file",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NotAllowed(
            f"{name} is not UTF-8 text: line {line} holds a byte that is none. Save it as UTF-8.", field="file"
        ) from None
    if "\x00" in text:
        raise NotAllowed(f"{name} is not a text file: it holds zero bytes.", field="file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def find_pictures(source: str, find: Find) -> tuple[list[Picture], dict[str, str]]:
    """Return the pictures that a text asks for and that can be shown, and by stored name why others cannot."""
    usable: dict[str, Picture] = {}
    refused: dict[str, str] = {}
    for path in picture_paths(source):
        name, content = stored_name(path), find(path)
        reason = why_not(path, content)
        if reason is None and name not in usable and len(usable) == MOST:
            reason = (
                f"The picture {path} is one more than the {MOST} an SOP may hold; its description is shown instead."
            )
        if reason is None and content is not None:
            usable[name] = Picture(name, media_type_of(content) or "", content)
        elif reason is not None:
            refused[name] = reason
    return list(usable.values()), refused


def picture_paths(source: str) -> list[str]:
    """Return the relative paths of the pictures that a text asks for."""
    found: dict[str, None] = {}
    for token in outline(source).tokens:
        for child in token.children or []:
            path = unquote(str(child.attrGet("src") or "")) if child.type == "image" else ""
            if path and not re.match(r"[a-z][a-z0-9+.-]*:|/|\\", path, re.IGNORECASE):
                found[path] = None
    return list(found)


def _unused(front: front_matter.FrontMatter) -> list[Note]:
    notes = []
    for name, value in front.values.items():
        line = front.lines.get(name, 1)
        if name not in _FIELDS:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
            notes.append(Note(line, f"The front matter's “{name}” has no place here: {shown[:80] or 'empty'}."))
        elif len(front_matter.text_of(value)) > _LONGEST.get(name, 100_000):
            notes.append(
                Note(line, f"The front matter's “{name}” is longer than {_LONGEST[name]} characters and was cut.")
            )
        elif value is not None and not front_matter.text_of(value) and value != "":
            notes.append(Note(line, f"The front matter's “{name}” is not a text and was left out."))
    return notes


def _number(front: front_matter.FrontMatter, notes: list[Note]) -> int | None:
    given = front_matter.text_of(front.values.get("version"))
    if not given:
        return None
    if re.fullmatch(r"[1-9]\d{0,3}", given):
        return int(given)
    notes.append(
        Note(front.lines["version"], f"The version {given[:20]} is not a whole number; the next number is given.")
    )
    return None


def _words_of(stem: str) -> str:
    return re.sub(r"[_-]+", " ", stem).strip().capitalize() or "Untitled"


def _code_of(stem: str) -> str:
    """Return the SOP number a file name begins with, such as ``SOP-TC-001``, or the whole name."""
    match = re.match(r"sop[-_ ]?[a-z]{0,6}[-_ ]?\d+", stem, re.IGNORECASE)
    return re.sub(r"[^A-Z0-9]+", "-", (match.group(0) if match else stem).upper()).strip("-") or "SOP"
