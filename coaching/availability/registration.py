"""One's own times join the application: the page, its words, its line in the rail."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.availability.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation

OWN_TIMES = {
    "leave": _l("away"),
    "other": _l("taken"),
    "extra": _l("free, outside my hours"),
}


def init_app(app: Flask) -> None:
    """Register everything that it brings."""
    app.register_blueprint(bp)
    labels.register("own_time", OWN_TIMES)
    navigation.register(
        navigation.Entry("availability.page", _l("My times"), "week", Permission.DIARY_KEEP, 95, "availability.")
    )
