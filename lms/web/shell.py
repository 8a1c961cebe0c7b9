"""What every page shares: filters, words, navigation, the reader's language and zone, the ribbon of a demonstration."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup, escape

from lms import clock
from lms.web import labels, navigation, times


def init_app(app: Flask) -> None:
    """Give the templates what they share."""
    app.jinja_options = {**app.jinja_options, "extensions": ["jinja2.ext.i18n", "jinja2.ext.do"]}
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(day=_day, moment=_moment, label=labels.label)
    app.jinja_env.globals.update(now=clock.now)
    app.context_processor(_shared)


def reader_language() -> str:
    """Return the language of the interface: English, or the pseudo-locale that shows which texts are not translatable."""
    if current_app.testing and request and request.args.get("lang") == "pseudo":
        return "en_XA"
    return "en"


def _zone() -> str:
    return str(current_user.actor.zone) if current_user and current_user.is_authenticated else "UTC"


def _day(value: Any) -> Markup:  # noqa: ANN401 - a template may hand over a day or nothing
    if value is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), times.show_day(value))


def _moment(value: Any, zone: str | None = None) -> Markup:  # noqa: ANN401 - a template may hand over a moment or nothing
    if value is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), times.show_moment(value, zone or _zone()))


def icon(name: str, label: str = "") -> Markup:
    """Return an icon of the sprite; without a label it is decoration and hidden from readers."""
    sprite = f"{current_app.static_url_path}/candor/sprite.svg#{escape(name)}"
    if label:
        return Markup('<svg class="ic" role="img" aria-label="{}"><use href="{}"></use></svg>').format(label, sprite)
    return Markup('<svg class="ic" aria-hidden="true"><use href="{}"></use></svg>').format(sprite)


def _shared() -> dict[str, Any]:
    signed_in = bool(current_user and current_user.is_authenticated)
    return {
        "reader": current_user if signed_in else None,
        "viewer": current_user.actor if signed_in else None,
        "rail": navigation.entries_for(current_user.actor) if signed_in else [],
        "icon": icon,
        "product": _("Candor"),
        "is_demonstration": current_app.config.get("IS_DEMONSTRATION", False),
    }
