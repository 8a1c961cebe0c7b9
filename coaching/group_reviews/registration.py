"""Teams' meetings join the application: their pages."""

from __future__ import annotations

from flask import Flask

from coaching.group_reviews.views import bp


def init_app(app: Flask) -> None:
    """Register everything that it brings."""
    app.register_blueprint(bp)
