"""Markdown to a page that can do no harm: CommonMark with tables, footnotes, task lists and strike-through.

Two walls stand between an author and a reader's browser. Here every token that could carry markup, an address or a script is
turned into text and noted by its line; then ``nh3`` keeps only what is on the list below. Nothing is dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from modules.documents.notes import Note
from modules.documents.pictures import stored_name

#: Inline tags that SOPs need and that can carry nothing.
_PLAIN_TAG = re.compile(r"</?(?:sup|sub)>|<br\s*/?>", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:§\s*)?(\d+(?:\.\d+)*)[.)]?\s+(\S.*)$")
_DIAGRAMS = frozenset({"mermaid", "plantuml", "dot", "graphviz", "ditaa"})
_EXTENSIONS = (
    (re.compile(r"(?:!!!|\?\?\?|:::)\s*\w"), "A coloured note box"),
    (re.compile(r"\[!\w+\]"), "A coloured note box"),
    (re.compile(r"\[(?:\[)?_?toc_?\](?:\])?$", re.IGNORECASE), "A mark for a table of contents"),
    (re.compile(r".+\n:\s+\S"), "A definition list"),
)

TAGS = frozenset(
    "h2 h3 h4 h5 h6 p br hr ul ol li blockquote pre code em strong s sup sub a img table thead tbody tr th td div".split()
)
ATTRIBUTES = {
    **{f"h{level}": {"id"} for level in range(2, 7)},
    "a": {"href", "id", "class"},
    "img": {"src", "alt", "loading"},
    "ol": {"start", "class"},
    "li": {"id", "class"},
    "sup": {"class"},
    "th": {"class", "scope"},
    "td": {"class"},
    "table": {"class"},
    "div": {"class", "tabindex"},
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that begins a section: its address on the page, its number in the SOP, and its level, 2 being the highest."""

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


@dataclass
class Outline:
    """The tokens of a source with their headings found: what both the page and the comparison of versions start from."""

    tokens: list[Token]
    title: str
    headings: list[Heading]
    #: Heading by the index of its opening token.
    at: dict[int, Heading]
    env: dict[str, object] = field(default_factory=dict)


#: The section before the first heading.
START = "s-start"


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(gfm_autolink_plugin).use(dollarmath_plugin, allow_space=False, allow_digits=False)
    parser.validateLink = lambda _url: True  # type: ignore[method-assign] # judged below, so that a refused one is noted
    parser.add_render_rule("table_open", lambda *_: '<div class="scroll-x" tabindex="0"><table class="tbl">\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    parser.add_render_rule("footnote_block_open", lambda *_: '<ol class="footnotes">\n')
    parser.add_render_rule("footnote_block_close", lambda *_: "</ol>\n")
    return parser


def outline(source: str) -> Outline:
    """Return the tokens of a source and its headings, levels counted from 2 whatever the author began with."""
    env: dict[str, object] = {}
    tokens = _parser().parse(source, env)
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
                parts.append("" if _PLAIN_TAG.fullmatch(child.content) else child.content)
            case "math_inline" | "math_inline_double":
                parts.append(f"${child.content}$")
            case _:
                parts.append(child.content)
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def render(source: str, *, pictures: Collection[str] = (), address: str = "", first_line: int = 1) -> Page:
    """Turn Markdown into a page.

    ``pictures`` are the stored names that exist, ``address`` the path under which our own application serves them, and
    ``first_line`` the line of the file on which the source begins.
    """
    found = outline(source)
    walk = _Walk(source.split("\n"), first_line, frozenset(pictures), address, {h.slug for h in found.headings} | {START})
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
    parser = _parser()
    html = "".join(
        f'<section aria-labelledby="{slug}">\n{_clean(parser.renderer.render(tokens, parser.options, found.env), address)}</section>\n'
        for slug, tokens in sections
        if tokens
    )
    return Page(found.title, html, tuple(found.headings), tuple(sorted(set(walk.notes))), frozenset(walk.used))


def _shifted(found: Outline, n: int, token: Token) -> str:
    """Return the tag of a heading on the page. A heading inside a list or a quotation begins no section and stays small."""
    if token.level:
        return "h6"
    heading = found.at.get(n if token.type == "heading_open" else n - 2)
    return f"h{heading.level}" if heading else token.tag


@dataclass
class _Walk:
    """Goes once through the tokens, makes each harmless, and notes what is shown otherwise than written."""

    lines: list[str]
    first_line: int
    pictures: frozenset[str]
    address: str
    slugs: set[str]
    notes: list[Note] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    row: int = 0

    def note(self, what: str, row: int | None = None) -> None:
        self.notes.append(Note(self.first_line + (self.row if row is None else row), what))

    def block(self, tokens: Sequence[Token], n: int) -> None:
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
        if in_item and children and children[0].type == "text" and (box := re.match(r"\[([ xX])\]\s", children[0].content)):
            children[0].content = ("☐ " if box.group(1) == " " else "☑ ") + children[0].content[box.end() :]
        token.children = list(self._children(children, self.row))

    def _children(self, children: Sequence[Token], row: int) -> Iterator[Token]:
        refused: list[str | None] = []
        for child in children:
            match child.type:
                case "softbreak" | "hardbreak":
                    row += 1
                    yield child
                case "html_inline":
                    if not _PLAIN_TAG.fullmatch(child.content):
                        self.note(_html_note(child.content), row)
                        child = _text(child.content)  # noqa: PLW2901 - the token that takes its place
                    row += child.content.count("\n")
                    yield child
                case "math_inline" | "math_inline_double":
                    self.note("A formula is shown as it was typed, not set.", row)
                    mark = "$" if child.type == "math_inline" else "$$"
                    yield _text(f"{mark}{child.content}{mark}")
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
            self.note(f"The picture {source[:120]} lies elsewhere and is never fetched; its description is shown instead.", row)
        elif name not in self.pictures:
            self.note(f"The picture {unquote(source)} is missing or cannot be shown; its description is shown instead.", row)
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


def _clean(html: str, address: str) -> str:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src":
            return value if address and value.startswith(address) and "/" not in value[len(address) :] else None
        if tag == "a" and attribute == "href":
            return value if value.startswith(("#", "https://")) or is_own_path(value) else None
        return value

    return nh3.clean(
        html, tags=set(TAGS), attributes={tag: set(names) for tag, names in ATTRIBUTES.items()}, attribute_filter=keep,
        url_schemes={"https"}, link_rel="noopener noreferrer",
    )


_SECTION = re.compile(r'<section aria-labelledby="([^"]+)">\n(.*?)</section>\n', re.DOTALL)


def split_sections(html: str) -> list[tuple[str, str]]:
    """Return the sections of a page's HTML as (slug, inner HTML). The list above holds no ``section``, so none is nested."""
    return [(slug, inner) for slug, inner in _SECTION.findall(html)]
