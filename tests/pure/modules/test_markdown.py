"""What an SOP's Markdown becomes: nothing that can do harm, and nothing dropped in silence."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from modules.documents.markdown import ATTRIBUTES, TAGS, render, split_sections

ADDRESS = "/sops/versions/1/pictures/"
HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    '<img src="//evil.example/pixel.png">',
    "<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<form action='https://evil.example'><button>Sign</button></form>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<details open ontoggle=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<p onclick=alert(1) style='position:fixed'>x</p>",
    "<input autofocus onfocus=alert(1)>",
    "<sup onmouseover=alert(1)>1</sup>",
    "<br onclick=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example/)",
    "[x](/\\evil.example/)",
    "[x](\\\\evil.example)",
    "[x](/%5Cevil.example)",
    "[x](https:evil.example)",
    "[x](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "![x](//evil.example/pixel.png)",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "![x](/sops/versions/2/pictures/foreign.png)",
    "![x](../../../../etc/passwd)",
    '![x" onerror="alert(1)](a.png)',
    '![x](a.png "t" onerror=alert(1))',
    '[x](https://ok.example "onmouseover=alert(1)")',
    "[ref]: javascript:alert(1)\n\n[x][ref]",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "# <img src=x onerror=alert(1)>",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "- [ ] <img src=x onerror=alert(1)>",
    "x[^1]\n\n[^1]: <script>alert(1)</script>",
    "$<img src=x onerror=alert(1)>$",
    '<https://evil.example/"onclick="alert(1)>',
    "</section><script>alert(1)</script><section>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{7*7}} {% include '/etc/passwd' %} ${7*7}",
]  # fmt: skip


class Tags(HTMLParser):
    """Collects the tags and attributes that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_leaves_no_tag_attribute_or_address_that_is_not_on_the_list(payload: str) -> None:
    source = f"# T\n\n## 1 A\n\nBefore {payload} after\n\n{payload}\n"
    html = render(source, address=ADDRESS, pictures={"a.png"}).html
    for slug, inner in split_sections(html):
        assert slug.startswith("s-")
        for tag, attributes in Tags(inner).seen:
            assert tag in TAGS, inner
            assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"rel"}, inner
            if tag == "img":
                assert attributes["src"] == f"{ADDRESS}a.png"
            if "href" in attributes:
                assert re.match(r"https://[^/\\]|/(?![/\\])|#", attributes["href"]), inner
                assert "\\" not in unquote(attributes["href"])


def test_no_word_of_a_hostile_text_is_lost() -> None:
    page = render("## 1 A\n\nCall <b>QA</b> [here](http://intranet/qa) ![pump](pump.svg).\n")
    text = re.sub(r"<[^>]+>", "", page.html)
    assert "Call &lt;b&gt;QA&lt;/b&gt; here (http://intranet/qa) [pump: pump.svg]." in text
    assert [note.line for note in page.notes] == [3, 3, 3]


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("## A\n\ntext\n<div>x</div>\n", 4, "HTML (div)"),
        ("## A\n\n<script>x</script>\n", 3, "embedded script"),
        ("## A\n\n<!-- hidden -->\n", 3, "hidden comment"),
        ("## A\n\none\ntwo <u>x</u>\n", 4, "HTML (u)"),
        ("## A\n\n```mermaid\ngraph TD\n```\n", 3, "mermaid diagram"),
        ("## A\n\n```python\nx\n```\n", 3, "block of code (python)"),
        ("## A\n\n```\nnever closed\n\n## B\n", 3, "never closed"),
        ("## A\n\nv = $\\frac{a}{b}$ here\n", 3, "formula"),
        ("## A\n\n$$\na^2\n$$\n", 3, "formula"),
        ("## A\n\n> [!WARNING]\n> Hot.\n", 3, "note box"),
        ("## A\n\n!!! note\n    x\n", 3, "note box"),
        ("## A\n\n[recipe]()\n", 3, "no target"),
        ("## A\n\n[best](../training/best.md)\n", 3, "another file"),
        ("## A\n\n[x](#nowhere)\n", 3, "no section here"),
        ("## A\n\n![p](https://x.example/p.png)\n", 3, "lies elsewhere"),
        ("## A\n\n![p](p.png)\n", 3, "not with the file"),
        ("## A\n\nTerm\n: what it means\n", 3, "definition list"),
        ("## A\n\n[TOC]\n", 3, "table of contents"),
    ],
)
def test_what_cannot_be_represented_is_noted_by_its_line(source: str, line: int, what: str) -> None:
    notes = render(source).notes
    assert [(note.line, what in note.what) for note in notes if what in note.what] == [(line, True)], notes


def test_lines_are_those_of_the_file_behind_its_front_matter() -> None:
    assert render("## A\n\n<u>x</u>\n", first_line=10).notes[0].line == 12


def test_what_markdown_can_say_is_kept() -> None:
    source = (
        "# T\n\n## 1 A\n\nH<sub>2</sub>O, 10<sup>6</sup><br>next, ~~old~~ **new** *em* `code` 94&deg;C\n\n"
        "- [ ] open\n- [x] done\n\n3. third\n4. fourth\n\n| l | r |\n|:--|--:|\n| a | 1 |\n\n> quote\n\n---\n\n"
        "see[^1] and [section](#2-b) and https://example.org/x\n\n[^1]: the note\n\n## 2 B\n\nend\n"
    )
    page = render(source)
    html = page.html
    for kept in (
        "H<sub>2</sub>O",
        "10<sup>6</sup>",
        "<s>old</s>",
        "<strong>new</strong>",
        "94°C",
        "☐ open",
        "☑ done",
        '<ol start="3">',
        '<td class="r">1</td>',
        "<blockquote>",
        '<a href="#s-2-b" rel="noopener noreferrer">section</a>',
        '<a href="https://example.org/x" rel="noopener noreferrer">',
        "the note",
    ):
        assert kept in html, kept
    assert page.notes == ()
    assert page.title == "T"
    assert "style=" not in html


def test_headings_begin_at_the_second_level_whatever_the_author_began_with() -> None:
    page = render("##### § 12.1 First #####\n\na\n\n##### 12.2 Second\n\nb\n\n###### 12.2.1 Deep\n\nc\n")
    assert [(h.number, h.title, h.level) for h in page.headings] == [
        ("12.1", "First", 2),
        ("12.2", "Second", 2),
        ("12.2.1", "Deep", 3),
    ]
    assert [slug for slug, _ in split_sections(page.html)] == ["s-121-first", "s-122-second"]


def test_two_headings_of_one_name_have_two_addresses() -> None:
    page = render("## Evidence\n\na\n\n## Evidence\n\nb\n")
    assert [heading.slug for heading in page.headings] == ["s-evidence", "s-evidence-2"]


def test_a_heading_inside_a_list_begins_no_section() -> None:
    page = render("# T\n\n## A\n\n- # not a section\n")
    assert [heading.title for heading in page.headings] == ["A"]
    assert "<h6>not a section</h6>" in page.html


def test_a_picture_is_shown_from_our_own_address_only() -> None:
    page = render("## A\n\n![The pump](figures/Pump.png)\n", pictures={"figures-pump.png"}, address=ADDRESS)
    assert f'<img src="{ADDRESS}figures-pump.png" alt="The pump" loading="lazy">' in page.html
    assert page.pictures == {"figures-pump.png"}


def test_text_without_any_heading_is_one_section() -> None:
    assert [slug for slug, _ in split_sections(render("only words\n").html)] == ["s-start"]
