"""Redactions join the application: their page, their panel, their words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms.redactions import home
from lms.redactions.views import bp
from lms.web import labels
from lms.web.slots import fill


def register(app: Flask) -> None:
    """Register everything that redactions bring."""
    app.register_blueprint(bp)
    fill("deviation.beside", home.deviation_panels)
    labels.register("record", {"payload_erasure": _l("erasure of old and new values")})
