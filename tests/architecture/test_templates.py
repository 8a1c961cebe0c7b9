"""Every visible word can be translated, and no page needs what the content policy refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, meta

from lms.app import create_app
from tests.architecture.checkout import ROOMS, ROOT, kept_files
from tests.architecture.template_lint import complaints

#: Templates that print HTML the server made, and why that is safe.
PRINT_SERVER_HTML: dict[str, str] = {}

TEMPLATES = [
    path
    for path in kept_files()
    if path.parts[0] in ROOMS and "templates" in path.parts and path.suffix in {".html", ".txt", ".svg"}
]


@pytest.fixture(scope="module")
def app_environment() -> Environment:
    return create_app().jinja_env


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_a_template_has_no_untranslated_words_and_nothing_inline(path: Path) -> None:
    found = complaints((ROOT / path).read_text(), trusted=str(path) in PRINT_SERVER_HTML)
    assert [f"{path}:{line}: {sentence}" for line, sentence in found] == []


def test_every_template_that_may_print_html_still_exists() -> None:
    assert set(PRINT_SERVER_HTML) - {str(path) for path in TEMPLATES} == set()


def test_every_icon_a_template_asks_for_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "lms/static/candor/sprite.svg").read_text()))
    asked = {
        (str(path), name)
        for path in TEMPLATES
        for name in re.findall(r"\bicon\(\s*[\"']([^\"']+)[\"']\s*\)", (ROOT / path).read_text())
    }
    assert {(path, name) for path, name in asked if name not in drawn} == set()


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<p>Released</p>", "words outside gettext: Released"),
        ("<p>{{ count }} lots</p>", "words outside gettext: 0 lots"),
        ('<a title="Open it">{{ name }}</a>', "words outside gettext in title: Open it"),
        ("<input aria-label='Lot {{ n }}'>", "words outside gettext in aria-label: Lot 0"),
        ('<input type="submit" value="Sign">', "words outside gettext in value: Sign"),
        ('{{ tag("Not signed yet", "bad") }}', 'words outside gettext: "Not signed yet"'),
        ('{{ _(tag("Not signed yet")) }}', 'words outside gettext: "Not signed yet"'),
        ('<p style="color:red">{{ x }}</p>', "inline style"),
        ('<a onclick="go()">{{ x }}</a>', "inline handler onclick"),
        ('<a hx-on:click="go()">{{ x }}</a>', "inline handler hx-on:click"),
        ("<a hx-vals='js:{a: 1}'>{{ x }}</a>", "script in hx-vals"),
        ('<a href="javascript:go()">{{ x }}</a>', "script in href"),
        ("<script>go()</script>", "inline <script>"),
        ('<script type="module">go()</script>', "inline <script>"),
        ("{{ body|safe }}", "prints HTML unescaped (|safe)"),
        ("{% autoescape false %}{{ x }}{% endautoescape %}", "changes escaping"),
    ],
)
def test_the_lint_sees(source: str, complaint: str) -> None:
    assert complaint in [sentence for _, sentence in complaints(source)]


@pytest.mark.parametrize(
    "source",
    [
        '<p class="sub {{ \'on\' if a else "off" }}">{{ _("Released on %(day)s", day=day) }}</p>',
        "<p>{% trans count=n %}{{ count }} lot{% pluralize %}{{ count }} lots{% endtrans %} · {{ n }} × 2</p>",
        "{# A note for the next author. #}<input placeholder=\"{{ _('Search ( / )') }}\">",
        '<script defer src="{{ url_for("static", filename="a.js") }}"></script>',
        '<script type="application/json">{{ numbers|tojson }}</script>',
        '{{ ngettext("%(num)s thing needs you.", "%(num)s things need you.", n) }}',
    ],
)
def test_the_lint_lets_pass(source: str) -> None:
    assert complaints(source) == []


def test_the_lint_names_the_line() -> None:
    assert complaints("{% if a %}\n{{ b(\n  c) }}\n<p>\nHeld</p>\n{% endif %}")[0][0] == 4


def test_a_file_of_macros_knows_nothing_of_the_page(app_environment: Environment) -> None:
    """Imported without the page's values, a file of macros is made once and not once in every page."""
    sources = {str(path): (ROOT / path).read_text(encoding="utf-8") for path in TEMPLATES}
    imported = {name for source in sources.values() for name in re.findall(r'{% (?:from|import) "([^"]+)"', source)}
    assert not [path for path, source in sources.items() if "with context" in source]
    for path, source in sources.items():
        if any(path.endswith(f"/{name}") for name in imported):
            unknown = meta.find_undeclared_variables(app_environment.parse(source)) - set(app_environment.globals)
            assert unknown == set(), path
