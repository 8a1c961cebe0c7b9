"""Reports to authorities join the application: pages, words, the panel of a deviation."""

from __future__ import annotations

from flask import Flask

from lms.reportable import home
from lms.reportable.views import bp
from lms.reportable.words import VOCABULARIES
from lms.web import labels
from lms.web.slots import fill


def register(app: Flask) -> None:
    """Register everything that reports to authorities bring."""
    app.register_blueprint(bp)
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
    fill("deviation.panels", home.deviation_panels)
