"""What every page shares: filters, words, navigation, the reader's language and zone, the ribbon of a demonstration."""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache
from gettext import NullTranslations
from typing import Any

from flask import Flask, current_app, g, request
from flask_babel import Domain, get_locale
from flask_babel import gettext as _
from flask_login import current_user
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from lms import clock
from lms.web import labels, navigation, times
from lms.web.addresses import url_for

#: Pages of the rail that stand in the bar of a small screen; the last place opens the whole rail.
ON_A_PHONE = 4


def init_app(app: Flask) -> None:
    """Give the templates what they share."""
    app.jinja_options = {**app.jinja_options, "extensions": ["jinja2.ext.i18n", "jinja2.ext.do"]}
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(day=_day, moment=_moment, label=_label, translated=_translated)
    app.jinja_env.globals.update(now=clock.now, icon=icon, shape_tag=tag, signing_name=_signing_name, url_for=url_for)
    app.jinja_env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = _in_template
    app.context_processor(_shared)
    app.before_request(_keep_translations)


def reader_language() -> str:
    """Return the language of the interface."""
    return "en"


class _Translations(Domain):  # type: ignore[misc]  # flask_babel is not typed
    """Translations that are looked up once in a request, not once in a text, and loaded once in a process."""

    def get_translations(self) -> NullTranslations:
        """Return the translations of this request's language."""
        kept: NullTranslations | None = g.get("translations")
        if kept is None:
            kept = g.translations = super().get_translations()
        return kept


_translations = _Translations()


def _gettext(text: str) -> str:
    """Translate a text of a template: the short way to the translations of this request."""
    return str(_translations.get_translations().gettext(text))


def _ngettext(one: str, many: str, number: int) -> str:
    return str(_translations.get_translations().ngettext(one, many, number))


@pass_context
def _in_template(context: Context, text: str, /, **variables: object) -> str:
    """Translate as Jinja's own ``_`` does, which goes the same way by four more calls; a page has a hundred texts."""
    found = _gettext(text)
    if context.eval_ctx.autoescape:
        found = Markup(found)  # noqa: S704 - texts are the program's own; what is put into them is escaped
    return found % variables if "%" in found else found


@pass_context
def _label(_context: Context, code: str, vocabulary: str) -> str:
    """Return the word for a code. With the context asked for, Jinja leaves the word to each reader's language.

    Without, it would look up once, when the template is first used, what is asked of a code that stands in the template.
    """
    return labels.label(code, vocabulary)


@pass_context
def _translated(_context: Context, sentence: object) -> str:
    """Translate a sentence that was made elsewhere, such as a refusal's. A percent sign in it stays what it is."""
    return _gettext(str(sentence))


def _keep_translations() -> None:
    _translations.as_default()
    # the sentences of WTForms itself, such as "Not a valid choice.", go the same way: Flask-WTF looks here for them
    request.wtforms_translations = _translations.get_translations()  # type: ignore[attr-defined]


def _signing_name() -> str:
    return str(current_user.actor.name)


def _zone() -> str:
    return str(current_user.actor.zone) if current_user and current_user.is_authenticated else "UTC"


@lru_cache(8192)
def _day(value: Any) -> Markup:  # noqa: ANN401 - a template may hand over a day or nothing
    if value is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), times.show_day(value))


def _moment(value: Any, zone: str | None = None) -> Markup:  # noqa: ANN401 - a template may hand over a moment or nothing
    if value is None:
        return Markup("–")
    return _moment_in(value, zone or _zone())


@lru_cache(8192)
def _moment_in(value: datetime, zone: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), times.show_moment(value, zone))


#: Tone of a tag -> the shape that goes with it, so that nothing is told by colour alone.
_SHAPES = {"ok": "ok", "warn": "clockf", "bad": "bad", "info": "info", "mut": "dot"}


def tag(words: object, tone: str = "mut", shape: str = "") -> Markup:
    """Return a state as shape, words and tint. Tones: ok, warn, bad, info, mut."""
    return _tag(str(words), tone, shape or _SHAPES[tone])


@lru_cache(4096)
def _tag(words: str, tone: str, shape: str) -> Markup:
    return Markup('<span class="tag {}">{}{}</span>').format(tone, icon(shape), words)


def icon(name: str, label: str = "") -> Markup:
    """Return an icon of the sprite; without a label it is decoration and hidden from readers."""
    return _decoration(name) if not label else _icon(name, label)


@cache
def _decoration(name: str) -> Markup:
    return _icon(name, "")


def _icon(name: str, label: str) -> Markup:
    sprite = f"{current_app.static_url_path}/candor/sprite.svg#{escape(name)}"
    if label:
        return Markup('<svg class="ic" role="img" aria-label="{}"><use href="{}"></use></svg>').format(label, sprite)
    return Markup('<svg class="ic" aria-hidden="true"><use href="{}"></use></svg>').format(sprite)


def _rail() -> tuple[Markup, Markup]:
    """Return the lines of the rail and of the bar on small screens, made once for each set of pages, place and language."""
    entries = tuple(navigation.entries_for(current_user.actor))
    return _lines(id(current_app.config), request.script_root, entries, request.endpoint or "", str(get_locale()))


@lru_cache(1024)
def _lines(
    _app: int, _script_root: str, entries: tuple[navigation.Entry, ...], here: str, _language: str
) -> tuple[Markup, Markup]:
    line = Markup('<a href="{}"{}>{}<span>{}</span></a>\n')
    current = Markup(' aria-current="page"')
    lines = [
        line.format(
            url_for(entry.endpoint),
            current if here.startswith(entry.section) else "",
            icon(entry.icon),
            str(entry.words),
        )
        for entry in entries
    ]
    rail, heading = [], ""
    for entry, text in zip(entries, lines, strict=True):
        if navigation.heading_of(entry) != heading:
            heading = navigation.heading_of(entry)
            rail.append(Markup('<p class="grp">{}</p>\n').format(heading))
        rail.append(text)
    return Markup().join(rail), Markup().join(lines[:ON_A_PHONE])


def _shared() -> dict[str, Any]:
    signed_in = bool(current_user and current_user.is_authenticated)
    return {
        "reader": current_user if signed_in else None,
        "viewer": current_user.actor if signed_in else None,
        "rail": _rail() if signed_in else ("", ""),
        "product": _("Candor"),
        "is_demonstration": current_app.config.get("IS_DEMONSTRATION", False),
    }
