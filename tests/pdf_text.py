"""The text of a PDF that the typesetter made, page by page: enough of the format for the files that this project makes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\n?(.*?)\nendobj", re.DOTALL)
#: A stream is as long as it says: its last byte may well be the end of a line.
_STREAM = re.compile(rb"/Length (\d+)\b.*?\nstream\r?\n", re.DOTALL)
_INNER = rb"(?:[^()\\]|\\.)"
#: A string as the format writes it: brackets within it are in pairs.
_STRING = rb"\(((?:" + _INNER + rb"|\((?:" + _INNER + rb"|\(" + _INNER + rb"*\))*\))*)\)"
_SET = re.compile(rb"/(f\d+) [\d.]+ Tf|" + _STRING + rb"|(ET)\s", re.DOTALL)
_MARKED = re.compile(rb"<<[^<>]*>>BDC")
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(pdf: bytes) -> list[str]:
    """Return the words of each page in reading order, one space between them."""
    objects = {int(found[1]): found[2] for found in _OBJECT.finditer(pdf)}
    pages = [body for body in objects.values() if re.match(rb"<<\s*/Type\s*/Page\b(?!s)", body)]
    return [re.sub(r"\s+", " ", "".join(_words(objects, page))).strip() for page in pages]


def _words(objects: dict[int, bytes], page: bytes) -> Iterator[str]:
    resources = objects[_reference(page, b"Resources")]
    fonts = {
        name: _letters(objects, objects[int(number)]) for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)
    }
    font: dict[int, str] = {}
    for name, shown, end in _SET.findall(_MARKED.sub(b"", _content(objects[_reference(page, b"Contents")]))):
        if name:
            font = fonts[name]
        elif end:
            yield " "
        else:
            codes = _ESCAPED.sub(_unescaped, shown)
            yield "".join(font.get(codes[at] << 8 | codes[at + 1], "?") for at in range(0, len(codes), 2))


def _letters(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    table = _content(objects[_reference(font, b"ToUnicode")])
    return {
        int(code, 16): bytes.fromhex(letters.decode()).decode("utf-16-be")
        for code, letters in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", table.partition(b"beginbfchar")[2])
    }


def _reference(body: bytes, key: bytes) -> int:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    assert found, key
    return int(found[1])


def _content(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found
    content = body[found.end() : found.end() + int(found[1])]
    return zlib.decompress(content) if b"/FlateDecode" in body[: found.end()] else content


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8)]) if code[:1].isdigit() else _LETTERS.get(code, code)
