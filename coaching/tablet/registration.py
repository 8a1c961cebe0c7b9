"""The shared tablet joins the application."""

from __future__ import annotations

from flask import Flask

from coaching.tablet.views import bp, own


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.register_blueprint(own)
