"""Site calendars join the application: pages."""

from __future__ import annotations

from flask import Flask

from lms.calendars.views import bp


def register(app: Flask) -> None:
    """Register everything that site calendars bring."""
    app.register_blueprint(bp)
