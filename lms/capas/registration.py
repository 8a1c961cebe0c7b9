"""Actions join the application: pages, words, slots."""

from __future__ import annotations

from flask import Flask

from lms.capas import home
from lms.capas.views import bp
from lms.capas.words import VOCABULARIES
from lms.web import labels
from lms.web.slots import fill


def register(app: Flask) -> None:
    """Register everything that actions bring."""
    app.register_blueprint(bp)
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
    fill("home.todo", home.todos)
    fill("deviation.panels", home.deviation_panels)
    fill("search", home.search)
    fill("reminders", home.reminders)
