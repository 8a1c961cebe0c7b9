"""Files join the application: their pages and their panel."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms.attachments import home
from lms.attachments.views import bp
from lms.web import labels
from lms.web.slots import fill

MEDIA_TYPES = {
    "image/jpeg": _l("Photo (JPEG)"),
    "image/png": _l("Picture (PNG)"),
    "application/pdf": _l("PDF"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _l("Workbook (XLSX)"),
    "text/csv": _l("Table (CSV)"),
    "text/plain": _l("Text"),
}


def register(app: Flask) -> None:
    """Register everything that files bring."""
    app.register_blueprint(bp)
    fill("deviation.beside", home.deviation_panels)
    labels.register("media_type", MEDIA_TYPES)
