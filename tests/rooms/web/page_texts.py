"""What a page says: its text, and the words of attributes that are read out, shown in a field or put there by a script."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.architecture.template_lint import SPOKEN

#: Whose text is neither shown nor spoken.
_SILENT = {"script", "style"}
_BUTTONS = {"submit", "button", "reset"}
#: No end tag comes.
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BRACKET = re.compile("([⟦⟧])")


class _Outside:
    """Tells what lies outside the brackets, which may be opened in one piece of text and closed in a later one."""

    def __init__(self) -> None:
        self.depth = 0

    def of(self, text: str) -> list[str]:
        pieces = []
        for piece in _BRACKET.split(text):
            if piece == "⟦":
                self.depth += 1
            elif piece == "⟧":
                self.depth -= 1
            elif self.depth == 0 and piece.strip():
                pieces.append(" ".join(piece.split()))
        return pieces


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.text = _Outside()
        self._way: list[tuple[str, str]] = []

    @property
    def _where(self) -> str:
        return " ".join(here for _, here in self._way[-3:])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        here = ".".join([tag, *given.get("class", "").split()[:1]])
        for name, value in given.items():
            button = tag == "input" and name == "value" and given.get("type") in _BUTTONS
            # a script's own data are words where they are written as words: an address or a code has no space
            if name in SPOKEN or button or (name.startswith("data-") and " " in value):
                self.found += [(f"{self._where} {here}[{name}]", piece) for piece in _Outside().of(value)]
        if tag not in _VOID:
            self._way.append((tag, here))

    def handle_endtag(self, tag: str) -> None:
        if tag in {name for name, _ in self._way}:
            while self._way.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        inside = self._way[-1][0] if self._way else ""
        # a chart cuts what is too long for its place, so that a bracket may stay open there
        read = _Outside() if inside == "text" else self.text
        if inside not in _SILENT:
            self.found += [(self._where, piece) for piece in read.of(data)]


def untranslated(html: str) -> list[tuple[str, str]]:
    """Return (where, piece) for all that a page or a fragment says outside the brackets. Every bracket must be closed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.text.depth == 0, "a text was cut off: its bracket is not closed"
    return reader.found
