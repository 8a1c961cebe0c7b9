"""The evidence beside a review joins the room."""

from __future__ import annotations

from flask import Flask

from coaching.evidence.views import bp


def init_app(app: Flask) -> None:
    """Register its pages."""
    app.register_blueprint(bp)
