"""Reads a template as its reader and its browser will: which words escape translation, what the page policy refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment

ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
#: Attributes whose words are read by people.
SPOKEN = {"title", "aria-label", "aria-description", "aria-roledescription", "alt", "placeholder", "label"}
TRANSLATORS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
WORD = re.compile(r"[^\W\d_]")
#: A literal inside an expression that reads as prose: a capital, and a space or a full stop somewhere.
PROSE = re.compile(r"^.[A-Z][^\"']*[ .]")

ATTRIBUTE = re.compile(r"\s*data-[a-z-]+=\"[a-z]+\"\s*")

Complaint = tuple[int, str]


def complaints(source: str, *, trusted: bool = False) -> list[Complaint]:
    """Give what is wrong with a template, as (line, sentence); ``trusted`` if it may print HTML made by the server."""
    tokens = [token for token in ENVIRONMENT.lex(source) if token[1] != "whitespace"]
    page = _Page()
    page.feed("".join(_page(tokens)))
    page.close()
    return sorted([*page.complaints, *_in_expressions(tokens, trusted=trusted)])


def _page(tokens: list[tuple[int, str, str]]) -> Iterator[str]:
    """Give the page with a 0 for each expression, nothing for statements and translated passages, lines kept."""
    line, translated, statement = 1, False, ""
    for number, kind, value in tokens:
        if kind == "block_begin":
            statement = ""
        elif kind == "name" and not statement:
            statement = value
            translated = value == "trans" or (translated and value != "endtrans")
        text = {"data": "" if translated else value, "variable_begin": "0"}.get(kind, "")
        if kind in {"data", "variable_begin"}:
            padding = "\n" * (number - line)
            line = number + text.count("\n")
            yield padding + text


def _in_expressions(tokens: list[tuple[int, str, str]], *, trusted: bool) -> Iterator[Complaint]:
    for position, (line, kind, value) in enumerate(tokens):
        before = [token[2] for token in tokens[max(0, position - 2) : position]]
        if kind == "name" and value == "safe" and before[-1:] == ["|"] and not trusted:
            yield line, "prints HTML unescaped (|safe)"
        if kind == "name" and value == "autoescape":
            yield line, "changes escaping"
        if kind == "string" and PROSE.match(value) and not _is_translated(tokens, position):
            yield line, f"words outside gettext: {value}"


def _is_translated(tokens: list[tuple[int, str, str]], position: int) -> bool:
    """Tell whether a string lies directly in the brackets of a translating call."""
    depth = 0
    for index in range(position - 1, 0, -1):
        _, kind, value = tokens[index]
        if kind in {"variable_begin", "block_begin"}:
            return False
        if value in {")", "]", "}"}:
            depth += 1
        elif value in {"(", "[", "{"}:
            if depth == 0:
                return tokens[index - 1][2] in TRANSLATORS
            depth -= 1
    return False


class _Page(HTMLParser):
    """Collects what a page says in words of its own, and what its content policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.complaints: list[Complaint] = []
        self._inside = ""

    def _complain(self, sentence: str) -> None:
        self.complaints.append((self.getpos()[0], sentence))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        given = {name: value or "" for name, value in attrs}
        is_data = given.get("type") == "application/json"  # never run, so the policy does not ask about it
        if tag == "style" or (tag == "script" and "src" not in given and not is_data):
            self._complain(f"inline <{tag}>")
        button = tag == "input" and given.get("type") in {"submit", "button", "reset"}
        for name, value in given.items():
            if name == "style":
                self._complain("inline style")
            elif name.startswith(("on", "hx-on", "data-hx-on")):
                self._complain(f"inline handler {name}")
            elif value.lstrip().lower().startswith(("js:", "javascript:")):
                self._complain(f"script in {name}")
            elif (name in SPOKEN or (button and name == "value")) and WORD.search(value):
                self._complain(f"words outside gettext in {name}: {value}")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        # a block that holds attributes of the body reads as data, not as words
        if ATTRIBUTE.fullmatch(data):
            return
        if self._inside not in {"script", "style"} and WORD.search(data):
            self._complain(f"words outside gettext: {' '.join(data.split())}")
