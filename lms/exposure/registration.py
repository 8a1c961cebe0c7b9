"""Batches join the application: pages and words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms.exposure.views import bp
from lms.web import labels

DISPOSITIONS = {
    "pending": _l("Pending"),
    "released": _l("Released"),
    "released_under_exception": _l("Released under exception"),
    "rejected": _l("Rejected"),
    "terminated": _l("Terminated"),
}


def register(app: Flask) -> None:
    """Register everything that batches bring."""
    app.register_blueprint(bp)
    labels.register("disposition", DISPOSITIONS)
