"""The annex joins the application: its page."""

from __future__ import annotations

from flask import Flask

from lms.annex.views import bp


def register(app: Flask) -> None:
    """Register everything that the annex brings."""
    app.register_blueprint(bp)
