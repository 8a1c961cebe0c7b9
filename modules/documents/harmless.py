"""Makes an SOP's tokens harmless: what could carry markup, an address or a script becomes text, noted by its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from markdown_it.token import Token

from modules.documents.notes import Note
from modules.documents.outline import PLAIN_TAG, plain_text
from modules.documents.pictures import stored_name, why_not

_DIAGRAMS = frozenset({"mermaid", "plantuml", "dot", "graphviz", "ditaa"})
_EXTENSIONS = (
    (re.compile(r"(?:!!!|\?\?\?|:::)\s*\w"), "A coloured note box"),
    (re.compile(r"\[!\w+\]"), "A coloured note box"),
    (re.compile(r"\[(?:\[)?_?toc_?\](?:\])?$", re.IGNORECASE), "A mark for a table of contents"),
    (re.compile(r".+\n:\s+\S"), "A definition list"),
)


@dataclass
class Walk:
    """Goes once through the tokens, makes each harmless, and notes what is shown otherwise than written."""

    lines: list[str]
    first_line: int
    pictures: frozenset[str]
    #: Why pictures that were given cannot be shown, by stored name.
    refused: Mapping[str, str]
    address: str
    slugs: set[str]
    notes: list[Note] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    row: int = 0

    def note(self, what: str, row: int | None = None) -> None:
        """Note something at a row of the text, from 0; by default where the current block begins."""
        self.notes.append(Note(self.first_line + (self.row if row is None else row), what))

    def block(self, tokens: Sequence[Token], n: int) -> None:
        """Make the n-th token harmless."""
        token = tokens[n]
        if token.map:
            self.row = token.map[0]
        match token.type:
            case "html_block":
                self.note(_html_note(token.content))
                token.type, token.tag, token.content = "code_block", "code", token.content.rstrip("\n") + "\n"
            case "math_block" | "math_block_label" | "amsmath":
                self.note("A formula is shown as it was typed, not set.")
                token.type, token.tag, token.content = "code_block", "code", f"$${token.content}$$\n"
            case "fence":
                self._fence(token)
            case "th_open" | "td_open":
                _align(token)
            case "inline":
                in_item = n > 1 and tokens[n - 2].type == "list_item_open"
                self._inline(token, in_item=in_item)

    def _fence(self, token: Token) -> None:
        language = token.info.split()[0].strip("{}.").lower() if token.info.strip() else ""
        if language in _DIAGRAMS:
            self.note(f"A {language} diagram is shown as its text, not drawn.")
        elif language:
            self.note(f"A block of code ({language}) is shown as plain text, without colours or effect.")
        start, end = token.map or [0, 1]
        closing = self.lines[end - 1].strip(" \t>") if end - 1 < len(self.lines) else ""
        if end - 1 == start or not re.fullmatch(rf"{re.escape(token.markup[0])}{{{len(token.markup)},}}", closing):
            self.note("This block of code is never closed: everything after it stands inside it.")

    def _inline(self, token: Token, *, in_item: bool) -> None:
        for pattern, name in _EXTENSIONS:
            if pattern.match(token.content):
                self.note(f"{name} is not part of our Markdown and is shown as text.")
        children = token.children or []
        if (
            in_item
            and children
            and children[0].type == "text"
            and (box := re.match(r"\[([ xX])\]\s", children[0].content))
        ):
            children[0].content = ("☐ " if box.group(1) == " " else "☑ ") + children[0].content[box.end() :]
        token.children = list(self._children(children, self.row))

    def _children(self, children: Sequence[Token], row: int) -> Iterator[Token]:
        """Yield the children of a line of text, those that could do harm as text."""
        refused: list[str | None] = []
        for child in children:
            match child.type:
                case "html_inline" | "math_inline" | "math_inline_double":
                    yield self._markup(child, row)
                case "image":
                    yield from self._picture(child, row)
                case "link_open":
                    target = str(child.attrGet("href") or "")
                    kept = self._target(target, row, quiet=child.info == "auto")
                    refused.append(None if kept else target)
                    if kept:
                        child.attrSet("href", kept)
                        yield child
                case "link_close":
                    lost = refused.pop()
                    if lost is None:
                        yield child
                    elif lost and child.info != "auto":
                        yield _text(f" ({unquote(lost)})")
                case _:
                    yield child
            row += child.type in {"softbreak", "hardbreak"} or child.content.count("\n")

    def _markup(self, token: Token, row: int) -> Token:
        if token.type == "html_inline":
            if PLAIN_TAG.fullmatch(token.content):
                return token
            self.note(_html_note(token.content), row)
            return _text(token.content)
        self.note("A formula is shown as it was typed, not set.", row)
        mark = "$" if token.type == "math_inline" else "$$"
        return _text(f"{mark}{token.content}{mark}")

    def _target(self, target: str, row: int, *, quiet: bool) -> str | None:
        """Return the address a link may lead to, or None, noted, if it becomes text."""
        if target.startswith("#"):
            slug = target if target[1:] in self.slugs else f"#s-{unquote(target[1:]).lower()}"
            if slug[1:] in self.slugs:
                return slug
            self.note(f"A link leads to {target}, which is no section here; it is shown as text.", row)
            return None
        if is_own_path(target) or re.match(r"https://[^/\\\s]", target):
            return target
        if not quiet:
            self.note(_link_note(target), row)
        return None

    def _picture(self, token: Token, row: int) -> Iterator[Token]:
        source = str(token.attrGet("src") or "")
        alt = plain_text(token) or token.content
        name = stored_name(unquote(source))
        if re.match(r"[a-z][a-z0-9+.-]*:|//|/|\\", source, re.IGNORECASE):
            self.note(
                f"The picture {source[:120]} lies elsewhere and is never fetched; its description is shown instead.",
                row,
            )
        elif name not in self.pictures:
            self.note(self.refused.get(name) or why_not(unquote(source), None) or "", row)
        else:
            self.used.add(name)
            token.attrs = {"src": f"{self.address}{name}", "alt": alt, "loading": "lazy"}
            yield token
            return
        yield _text(f"[{alt or 'picture'}: {unquote(source)[:200]}]")


def is_own_path(target: str) -> bool:
    """Whether an address is a path of this application: no host, no backslash, no control character."""
    return (
        target.startswith("/")
        and not target.startswith("//")
        and "\\" not in unquote(target)
        and not any(ord(character) < 33 for character in unquote(target))
    )


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _html_note(content: str) -> str:
    text = content.strip()
    if text.startswith("<!--"):
        return "A hidden comment is shown as text."
    name = re.match(r"</?([a-zA-Z][\w-]*)", text)
    tag = name.group(1).lower() if name else "HTML"
    if tag in {"script", "style", "iframe", "object", "embed", "form"}:
        return f"An embedded {tag} is shown as text and never run."
    return f"HTML ({tag}) is shown as text."


def _link_note(target: str) -> str:
    if not target:
        return "A link has no target; its words are kept."
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", target, re.IGNORECASE)
    if scheme and scheme.group(1).lower() in {"http", "mailto", "tel"}:
        return f"A link to {target[:120]} is shown as text: only https addresses can be followed."
    if scheme or target.startswith(("//", "\\", "/\\")):
        return f"A link to {target[:120]} is shown as text: an address of this kind is not followed."
    return f"A link to another file, {target[:120]}, is shown as text."


def _align(token: Token) -> None:
    """Say the alignment of a cell by a class: our pages carry no inline style."""
    style = str(token.attrs.pop("style", ""))
    if style.endswith("right"):
        token.attrSet("class", "r")
    elif style.endswith("center"):
        token.attrSet("class", "ctr")
    if token.type == "th_open":
        token.attrSet("scope", "col")
