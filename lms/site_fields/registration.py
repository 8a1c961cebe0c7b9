"""A site's own fields join the application: pages."""

from __future__ import annotations

from flask import Flask

from lms.site_fields.views import bp


def register(app: Flask) -> None:
    """Register everything that a site's own fields bring."""
    app.register_blueprint(bp)
