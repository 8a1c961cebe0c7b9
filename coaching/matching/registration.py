"""Matching joins the application: pages, a panel and words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.matching import models, panels
from coaching.matching.rules import CAPS, Share
from coaching.matching.views import bp
from lms.web import labels, slots

#: Imported so that its table is known.
TABLES = (models,)

LANGUAGES = {
    "bg": _l("Bulgarian"),
    "cs": _l("Czech"),
    "da": _l("Danish"),
    "de": _l("German"),
    "el": _l("Greek"),
    "en": _l("English"),
    "es": _l("Spanish"),
    "et": _l("Estonian"),
    "fi": _l("Finnish"),
    "fr": _l("French"),
    "ga": _l("Irish"),
    "hr": _l("Croatian"),
    "hu": _l("Hungarian"),
    "it": _l("Italian"),
    "lt": _l("Lithuanian"),
    "lv": _l("Latvian"),
    "mt": _l("Maltese"),
    "nl": _l("Dutch"),
    "no": _l("Norwegian"),
    "pl": _l("Polish"),
    "pt": _l("Portuguese"),
    "ro": _l("Romanian"),
    "sk": _l("Slovak"),
    "sl": _l("Slovenian"),
    "sv": _l("Swedish"),
    "tr": _l("Turkish"),
    "uk": _l("Ukrainian"),
}
SHARES: dict[str, labels.Words] = {
    Share.FULL: _l(
        "full-time: up to %(operators)s operators, %(reviews)s reviews a week",
        operators=CAPS[Share.FULL].operators,
        reviews=CAPS[Share.FULL].reviews,
    ),
    Share.PART: _l(
        "part-time: up to %(operators)s operators, %(reviews)s reviews a week",
        operators=CAPS[Share.PART].operators,
        reviews=CAPS[Share.PART].reviews,
    ),
}


def init_app(app: Flask) -> None:
    """Register everything that matching brings."""
    app.register_blueprint(bp)
    slots.fill("person.panels", panels.person_panels)
    labels.register("language", LANGUAGES)
    labels.register("coaching_share", SHARES)
