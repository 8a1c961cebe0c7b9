"""Every text goes through gettext: in a language of brackets, whatever a page says outside them is content.

A short demonstration network, its ten roles, every page they reach, what pages fetch beside them, and every form, sent as
nobody should: what the program says of its own must stand inside brackets. The cases at the end show that it can fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, flash, render_template_string
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lms import clock
from lms.demonstration.loading import ACCOUNTS, PASSWORD, play
from lms.demonstration.simulation import DEFAULT_SEED, simulate
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import COMMANDS
from lms.web import errors, labels, slots
from lms.web.slots import Figure
from tests.rooms.web.content import Content
from tests.rooms.web.page_texts import untranslated
from tests.rooms.web.pseudo_locale import pseudo_locale
from tests.rooms.web.walking import Walk, Walked
from tests.servers.copies import Copies

pytestmark = pytest.mark.appearance

SITES = ("BRA", "PIN", "ZEL")
#: A Wednesday at noon, so that every run walks the same network.
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
#: Most of what answers a browser. Fewer mean that the walk lost its way, and would find nothing.
ENDPOINTS = 220
TABLES = 40
#: A table for programs names its columns by codes, which are the same in every language.
COLUMN = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Seen:
    """What ten roles were shown in a short network, and all that is content in it."""

    app: Flask
    walked: Walked
    content: Content
    #: The program's own texts: all that went through gettext.
    said: set[str]


@pytest.fixture(scope="module")
def seen(_application: tuple[Flask, Copies]) -> Iterator[Seen]:
    app, copies = _application
    copies.restore()
    with app.app_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        for action in [one for one in COMMANDS if one.startswith("tests.")]:
            patch.delitem(COMMANDS, action)  # what other tests of this process made up has no words
        play(app, simulate(DEFAULT_SEED, NOW.date(), days=90, sites=SITES))
        walked = Walked()
        with pseudo_locale(app) as translations:
            for role, login in ACCOUNTS.items():
                walk = _walk(app, Role(role), login, walked)
                walk.read()
                walk.send_forms()
        yield Seen(app, walked, Content(), translations.said)
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    app.config.pop("IS_DEMONSTRATION", None)


def _walk(app: Flask, role: Role, login: str, walked: Walked) -> Walk:
    browser = app.test_client()
    answer = browser.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.status_code in {302, 303}
    return Walk(app, browser, role, walked)


def complaints(walked: Walked, content: Content) -> list[str]:
    """Name each text outside brackets once, with the page on which it was first seen."""
    found: dict[str, str] = {}
    for page in walked.pages:
        for where, piece in untranslated(page.html):
            if not content.explains(page.endpoint, where, piece):
                found.setdefault(piece, f"{piece!r} in {where}, {page.endpoint} ({page.reader}: {page.asked})")
    return sorted(found.values())


def test_all_that_a_page_says_of_its_own_is_translated(seen: Seen) -> None:
    assert len({page.endpoint for page in seen.walked.pages}) > ENDPOINTS
    found = complaints(seen.walked, seen.content)
    assert found == [], "\n".join(found)


def test_hardly_a_text_of_the_program_would_pass_for_content(seen: Seen) -> None:
    """Whoever typed "Role" hides the program's own "Role" from this test; it may not come to be many."""
    hidden = sorted(text for text in seen.said if seen.content.explains("web.today", "div p", text))
    assert len(seen.said) > 2000
    assert len(hidden) < len(seen.said) / 50, hidden


def test_a_table_is_headed_by_codes_for_programs_or_by_words_that_are_translated(seen: Seen) -> None:
    assert len(seen.walked.tables) > TABLES
    bare = {}
    for endpoint, line in seen.walked.tables.items():
        headings = re.findall(r'"([^"]*)"', line)
        words = [word for heading in headings if not COLUMN.fullmatch(heading) for _, word in untranslated(heading)]
        words = [word for word in words if not seen.content.explains(endpoint, "", word)]
        if words:
            bare[endpoint] = words
    assert bare == {}


def _word_of_a_vocabulary(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(labels._words["severity"], "minor", "Not so bad")


def _title_made_in_python(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(slots._fillers, "home.figures", [lambda **_: [Figure("Not so bad", 1, "", "/")]])


def _refusal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(errors, "_", lambda text: "Not so bad" if text == "Not found" else f"⟦{text}⟧")


@pytest.mark.parametrize(
    ("plant", "url"),
    [
        (_word_of_a_vocabulary, "/deviations"),
        (_title_made_in_python, "/today/figures"),
        (_refusal, "/deviations/0198c0de-0000-7000-8000-000000000001"),
    ],
)
def test_what_is_planted_in_the_program_is_found_on_its_page(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], url: str
) -> None:
    # nonsense was typed as a password into every signature, which locks the account for a while
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=1))
    walk = _walk(seen.app, Role.QA, ACCOUNTS["qa"], Walked())
    with pseudo_locale(seen.app):
        walk.get(url)
        assert complaints(walk.walked, seen.content) == []
        plant(monkeypatch)
        walk.get(url)
    found = complaints(walk.walked, seen.content)
    assert found
    assert all(complaint.startswith("'Not so bad") for complaint in found)


@pytest.mark.parametrize(
    "piece",
    ["Save", "open", "Ana Save", "Save Bramstede Clinic", "Overdue 22-Nov-2026 14:05 CET", "3 reviews", "in_person"],
)
def test_words_of_the_interface_are_no_content_alone_or_beside_it(seen: Seen, piece: str) -> None:
    assert not seen.content.explains("web.today", "div p", piece)


@pytest.mark.parametrize(
    "piece", ["Bramstede Clinic: Heron (9)", "22-Nov-2026 14:05 CET", "Q4 2026", "2 h", "12 %", "Nov 2026 – UTC", "R1"]
)
def test_what_people_typed_days_zones_and_codes_are_content(seen: Seen, piece: str) -> None:
    assert seen.content.explains("web.today", "div p", piece)


#: A word that was turned into text where nobody reads, before there was a language to turn it into.
EARLY = str(_l("Said too early"))

PLANTED = {
    "a text": ("<p>Bare</p><p>{{ _('Said') }}</p>", ["Bare"]),
    "beside a translated one": ("<p>{{ _('Said') }} bare <b>{{ _('%(n)s times', n=name) }}</b></p>", ["bare"]),
    "around something of its own": ("<p>{{ _('By %(n)s today', n='<b>Ana</b>'|safe) }}</p>", []),
    "a title": ("<a title='Bare'>{{ _('Said') }}</a>", ["Bare"]),
    "a spoken name": ("<svg role='img' aria-label='Bare'><text>bare too</text></svg>", ["Bare", "bare too"]),
    "what a field shows": ("<input placeholder='Bare'><input type='submit' value='Go'>", ["Bare", "Go"]),
    "words for a script": ("<div data-kept='Kept here' data-url='/kept'></div>", ["Kept here"]),
    "a lazy word": ("{{ early }} {{ lazy }}", ["Said too early"]),
    "a sentence made elsewhere": ("{{ sentence }} {{ sentence|translated }}", ["5 % is too much."]),
    "one cut off in a chart": ("<svg><text>{{ _('A long name')[:7] }}…</text><text>{{ _('Said') }}</text></svg>", []),
    "a script": ("<script>let bare = 'Bare'</script><style>.bare{}</style>", []),
}


@pytest.mark.parametrize(("template", "bare"), PLANTED.values(), ids=PLANTED)
def test_what_is_planted_in_a_template_is_found(seen: Seen, template: str, bare: list[str]) -> None:
    with pseudo_locale(seen.app), seen.app.test_request_context("/"):
        seen.app.preprocess_request()
        page = render_template_string(
            template, name="Ana", early=EARLY, lazy=_l("Said in time"), sentence="5 % is too much."
        )
    assert [piece for _, piece in untranslated(page)] == bare


def test_a_bare_flash_and_a_bare_refusal_are_found_and_translated_ones_are_not(seen: Seen) -> None:
    with pseudo_locale(seen.app), seen.app.test_request_context("/"):
        seen.app.preprocess_request()
        flash("Bare")
        flash(_("Said"))
        pages = [errors.page(422, _("Said"), "Bare sentence."), errors._refused(NotAllowed("Said sentence."))]
    bare, translated = ({piece for _, piece in untranslated(page.get_data(as_text=True))} for page in pages)
    assert bare - translated == {"Bare sentence."}
    assert "Bare" in translated
    assert "Said sentence." not in translated


def test_a_text_cut_off_outside_a_chart_is_told(seen: Seen) -> None:
    with pseudo_locale(seen.app), seen.app.test_request_context("/"):
        page = render_template_string("<p>{{ _('A long name')[:7] }}…</p><p>hidden by it</p>")
    with pytest.raises(AssertionError, match="cut off"):
        untranslated(page)


def test_the_language_of_brackets_ends_with_the_test(seen: Seen) -> None:
    browser = seen.app.test_client()
    with pseudo_locale(seen.app):
        assert "⟦" in browser.get("/sign-in").get_data(as_text=True)
    assert "⟦" not in browser.get("/sign-in").get_data(as_text=True)
