"""Markdown to a page that can do no harm.

Two walls stand between an author and a reader's browser: ``harmless`` turns every token that could carry markup, an
address or a script into text, and ``nh3`` keeps only what is on the list below. Nothing is dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import nh3
from markdown_it.token import Token
from markupsafe import Markup

from modules.documents.harmless import Walk, is_own_path
from modules.documents.notes import Note
from modules.documents.outline import START, Heading, Outline, outline, parser

TAGS = frozenset(
    {
        *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "blockquote", "pre", "code"),
        *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
        *("em", "strong", "s", "sup", "sub", "a", "img"),
    }
)
ATTRIBUTES = {
    **{f"h{level}": {"id"} for level in range(2, 7)},
    "a": {"href", "id", "class", "title"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start", "class"},
    "li": {"id", "class"},
    "sup": {"class"},
    "th": {"class", "scope"},
    "td": {"class"},
    "table": {"class"},
    "div": {"class", "tabindex"},
}


@dataclass(frozen=True, slots=True)
class Page:
    """What a source becomes: HTML in sections, the headings, and what could not be represented."""

    #: The title in the text itself; empty if it has none.
    title: str
    #: One ``<section aria-labelledby="slug">`` for each heading of level 2, see ``split_sections``.
    html: str
    headings: tuple[Heading, ...]
    notes: tuple[Note, ...]
    #: Stored names of the pictures that the text shows.
    pictures: frozenset[str]


def render(
    source: str,
    *,
    pictures: Collection[str] = (),
    refused: Mapping[str, str] | None = None,
    address: str = "",
    first_line: int = 1,
) -> Page:
    """Turn Markdown into a page.

    ``pictures`` are the stored names that exist, ``refused`` says why others cannot be shown, ``address`` is the path under
    which our own application serves them, and ``first_line`` the line of the file on which the source begins.
    """
    found = outline(source)
    slugs = {heading.slug for heading in found.headings} | {START}
    walk = Walk(source.split("\n"), first_line, frozenset(pictures), refused or {}, address, slugs)
    title_tokens = 3 if found.title else 0
    sections: list[tuple[str, list[Token]]] = [(START, [])]
    for n, token in enumerate(found.tokens):
        if n < title_tokens:
            continue
        heading = found.at.get(n)
        if heading is not None:
            if heading.level == 2:
                sections.append((heading.slug, []))
            token.attrSet("id", heading.slug)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _shifted(found, n, token)
        if token.type == "footnote_block_open":
            sections.append(("s-footnotes", []))
        walk.block(found.tokens, n)
        sections[-1][1].append(token)
    html = "".join(_section(slug, tokens, found, address) for slug, tokens in sections if tokens)
    return Page(found.title, html, tuple(found.headings), tuple(sorted(set(walk.notes))), frozenset(walk.used))


def _section(slug: str, tokens: Sequence[Token], found: Outline, address: str) -> str:
    inner = parser().renderer.render(tokens, parser().options, found.env)
    return f'<section aria-labelledby="{slug}">\n{_clean(inner, address)}</section>\n'


def _shifted(found: Outline, n: int, token: Token) -> str:
    """Return the tag of a heading on the page. One inside a list or a quotation begins no section and stays small."""
    if token.level:
        return "h6"
    heading = found.at.get(n if token.type == "heading_open" else n - 2)
    return f"h{heading.level}" if heading else token.tag


def _clean(html: str, address: str) -> str:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src":
            return value if address and value.startswith(address) and "/" not in value[len(address) :] else None
        if tag == "a" and attribute == "href":
            return value if value.startswith(("#", "https://")) or is_own_path(value) else None
        return value

    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=keep,
        url_schemes={"https"},
        link_rel="noopener noreferrer",
    )


_SECTION = re.compile(r'<section aria-labelledby="([^"]+)">\n(.*?)</section>\n', re.DOTALL)


def split_sections(html: str) -> list[tuple[str, Markup]]:
    """Return the sections of a page's HTML as (slug, inner HTML). ``TAGS`` holds no ``section``, so none is nested.

    Only what ``render`` made may be given: it is printed as it stands.
    """
    return [(slug, Markup(inner)) for slug, inner in _SECTION.findall(html)]  # noqa: S704 - cleaned by nh3 in render
