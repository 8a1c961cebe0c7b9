"""The list of openings joins the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.openings.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation

PAGES = {
    "climate": _l("Team climate, with its file"),
    "behavior": _l("Behaviour: team climate beside recurrences, with its studies and files"),
}


def init_app(app: Flask) -> None:
    """Register the page, its words and its line in the rail."""
    app.register_blueprint(bp)
    labels.register("aggregate_page", PAGES)
    navigation.register(
        navigation.Entry("openings.index", _l("Who opened it"), "search", Permission.OPENINGS_SEE, 72, "openings.")
    )
