"""A text of a template translated the short way is what Jinja's own way makes of it, and what is put into it is escaped."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import lazy_gettext
from jinja2.ext import _make_new_gettext

from lms.web import labels, shell
from tests.rooms.web.pseudo_locale import pseudo_locale

TEXTS = (
    "{{ _('Save') }}",
    "{{ _('100 %% of <b>%(what)s</b>', what=word) }}",
    "{{ _('By %(name)s', name=word|upper) }}",
    "{{ _('100 %%') }}",
    "{{ _('<i>as it stands</i>')|safe }}",
    "{{ _('<i>as it stands</i>') }}",
    "{% autoescape false %}{{ _('By %(name)s', name=word) }}{% endautoescape %}",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_the_one_that_jinja_makes(app: Flask, text: str) -> None:
    template = app.jinja_env.from_string(text)
    usual = app.jinja_env.from_string(text, globals={"_": _make_new_gettext(shell._gettext)})
    with app.test_request_context("/"):
        assert template.render(word="<Ana & Co>") == usual.render(word="<Ana & Co>")


def test_what_is_put_into_a_text_is_escaped(app: Flask) -> None:
    template = app.jinja_env.from_string("{{ _('By %(name)s', name=word) }}")
    with app.test_request_context("/"):
        assert template.render(word="<script>") == "By &lt;script&gt;"


@pytest.mark.parametrize("text", ["{{ 'uncertain'|label('told') }}", "{{ 'Leave it'|translated }}"])
def test_a_text_that_stands_in_a_template_is_in_each_readers_language(app: Flask, text: str) -> None:
    """Jinja works out what it can when it first reads a template, and keeps it for everybody."""
    labels.register("told", {"uncertain": lazy_gettext("Not sure yet")})
    with app.test_request_context("/"):
        template = app.jinja_env.from_string(text)
        english = template.render()
    with pseudo_locale(app), app.test_request_context("/"):
        app.preprocess_request()
        assert template.render() == f"⟦{english}⟧"
