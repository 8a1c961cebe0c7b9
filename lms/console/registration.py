"""The console joins the application: page and line in the rail."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms.console.views import bp
from lms.permissions import Permission
from lms.web import navigation


def register(app: Flask) -> None:
    """Register everything that the console brings."""
    app.register_blueprint(bp)
    navigation.register(
        navigation.Entry("console.index", _l("Network"), "table", Permission.CONSOLE_SEE, 21, "console.")
    )
