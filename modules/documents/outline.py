"""The tokens of an SOP's Markdown and its headings: where the page, the comparison and the items' references begin.

CommonMark with tables, footnotes and strike-through. HTML, formulae and every address are recognised here, so that
``harmless`` can note what it turns into text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

#: Inline tags that SOPs need and that can carry nothing.
PLAIN_TAG = re.compile(r"</?(?:sup|sub)>|<br\s*/?>", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:§\s*)?(\d+(?:\.\d+)*)[.)]?\s+(\S.*)$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that begins a section: its address on the page, its number in the SOP, its level (2 is the highest)."""

    slug: str
    #: Such as ``7.3``; empty where the author gave none.
    number: str
    title: str
    level: int
    line: int

    @property
    def name(self) -> str:
        """The heading as printed."""
        return f"{self.number} {self.title}".strip()


@dataclass
class Outline:
    """The tokens of a source with their headings: where both the page and the comparison of versions start."""

    tokens: list[Token]
    title: str
    headings: list[Heading]
    #: Heading by the index of its opening token.
    at: dict[int, Heading]
    env: dict[str, object] = field(default_factory=dict)


#: The section before the first heading.
START = "s-start"


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """Return the one Markdown parser, which every SOP is read with."""
    reads = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    reads.use(footnote_plugin).use(gfm_autolink_plugin).use(dollarmath_plugin, allow_space=False, allow_digits=False)
    # every address is judged below, so that a refused one is noted
    reads.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005 - the library names it
    reads.add_render_rule("table_open", lambda *_: '<div class="scroll-x" tabindex="0"><table class="tbl">\n')
    reads.add_render_rule("table_close", lambda *_: "</table></div>\n")
    reads.add_render_rule("footnote_block_open", lambda *_: '<ol class="footnotes">\n')
    reads.add_render_rule("footnote_block_close", lambda *_: "</ol>\n")
    return reads


def outline(source: str) -> Outline:
    """Return the tokens of a source and its headings, levels counted from 2 whatever the author began with."""
    env: dict[str, object] = {}
    tokens = parser().parse(source, env)
    places = [n for n, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    levels = [int(tokens[n].tag[1]) for n in places]
    title = ""
    if places and places[0] == 0 and all(level > levels[0] for level in levels[1:]):
        title = plain_text(tokens[1])
        places, levels = places[1:], levels[1:]
    highest = min(levels, default=2)
    headings: list[Heading] = []
    at: dict[int, Heading] = {}
    taken = {START}
    for place, level in zip(places, levels, strict=True):
        text = plain_text(tokens[place + 1])
        numbered = _NUMBERED.match(text)
        number, words = (numbered.group(1), numbered.group(2)) if numbered else ("", text)
        line = (tokens[place].map or [0])[0] + 1
        heading = Heading(_slug(text, taken), number, words, min(6, level - highest + 2), line)
        headings.append(heading)
        at[place] = heading
    return Outline(tokens, title, headings, at, env)


def _slug(text: str, taken: set[str]) -> str:
    base = "s-" + (re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")[:80] or "section")
    slug, n = base, 1
    while slug in taken:
        n += 1
        slug = f"{base}-{n}"
    taken.add(slug)
    return slug


def plain_text(inline: Token) -> str:
    """Return the words of an inline token without their markup."""
    parts: list[str] = []
    for child in inline.children or []:
        match child.type:
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "image":
                parts.append(f"[{child.content}]")
            case "footnote_ref":
                parts.append(f"[{int(child.meta['id']) + 1}]")
            case "html_inline":
                parts.append("" if PLAIN_TAG.fullmatch(child.content) else child.content)
            case "math_inline" | "math_inline_double":
                parts.append(f"${child.content}$")
            case _:
                parts.append(child.content)
    return re.sub(r"\s+", " ", "".join(parts)).strip()
