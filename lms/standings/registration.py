"""Standings join the application: page, words, tones."""

from __future__ import annotations

from flask import Flask

from lms.standings.views import bp
from lms.standings.words import TONES, VOCABULARIES
from lms.web import labels


def register(app: Flask) -> None:
    """Register everything that standings bring."""
    app.register_blueprint(bp)
    app.jinja_env.globals["standing_tones"] = TONES
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
