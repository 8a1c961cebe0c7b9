"""The instruments join the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.instruments.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation

SERIES = {"full": _l("full set"), "pulse": _l("pulse, between two full sets")}


def init_app(app: Flask) -> None:
    """Register the pages, their words and their line in the rail."""
    app.register_blueprint(bp)
    labels.register("survey_series", SERIES)
    navigation.register(
        navigation.Entry("instruments.index", _l("Instruments"), "assess", Permission.SURVEY_GOVERN, 73, "instruments.")
    )
