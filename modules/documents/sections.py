"""An SOP as plain text, section by section: what two versions are compared by and what an item refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from markdown_it.token import Token

from modules.documents.outline import START, outline, plain_text
from modules.documents.pictures import stored_name


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a step, a row of a table: its mark, such as ``3.``, and its words."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """The text between one heading and the next."""

    slug: str
    number: str
    title: str
    #: 2 for the highest heading of the text; 0 for what stands before the first heading.
    level: int
    #: Slug of the section of level 2 in which it stands.
    top: str
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        """The heading as printed."""
        return f"{self.number} {self.title}".strip()

    @property
    def text(self) -> str:
        """All words of the section, a line for each block."""
        return "\n".join(f"{block.mark} {block.text}".strip() for block in self.blocks)


def sections_of(source: str, digests: Mapping[str, str] | None = None) -> tuple[Section, ...]:
    """Return the sections of a source. ``digests`` are its pictures' SHA-256 by name, so that a new picture shows."""
    return _sections_of(source, tuple(sorted((digests or {}).items())))


@lru_cache(maxsize=128)
def _sections_of(source: str, digests: tuple[tuple[str, str], ...]) -> tuple[Section, ...]:
    found = outline(source)
    known = dict(digests)
    sections: list[Section] = []
    slug, number, title, level, top = START, "", found.title, 0, START
    blocks: list[Block] = []
    reader = _Blocks(known)
    for n, token in enumerate(found.tokens):
        if found.title and n < 3:
            continue
        heading = found.at.get(n)
        if heading is not None:
            if blocks or level:
                sections.append(Section(slug, number, title, level, top, tuple(blocks)))
            slug, number, title, level = heading.slug, heading.number, heading.title, heading.level
            top = slug if level == 2 else top
            blocks = []
        elif not (token.type == "inline" and n - 1 in found.at):
            blocks += reader.read(token)
    if blocks or level:
        sections.append(Section(slug, number, title, level, top, tuple(blocks)))
    return tuple(sections)


class _Blocks:
    """Turns tokens into blocks: list marks, table rows, code and paragraphs."""

    def __init__(self, digests: Mapping[str, str]) -> None:
        self.digests = digests
        self.mark = ""
        self.cells: list[str] | None = None

    def read(self, token: Token) -> list[Block]:
        match token.type:
            case "list_item_open":
                self.mark = f"{token.info}{token.markup}" if token.info else "•"
            case "tr_open":
                self.cells = []
            case "tr_close":
                cells, self.cells = self.cells or [], None
                return [Block("", " | ".join(cells))]
            case "inline":
                return self._words(token)
            case "fence" | "code_block" | "html_block" | "math_block":
                return [Block("", line) for line in token.content.rstrip("\n").split("\n")]
            case "hr":
                return [Block("", "———")]
        return []

    def _words(self, token: Token) -> list[Block]:
        for child in token.children or []:
            if child.type == "image":
                name = stored_name(str(child.attrGet("src") or ""))
                child.content = f"picture {name} {self.digests.get(name, '')[:8]}: {child.content}".replace("  ", " ")
        text = plain_text(token)
        if self.cells is not None:
            self.cells.append(text)
            return []
        mark, self.mark = self.mark, ""
        return [Block(mark, text)]
