"""Second coding joins the application: pages, words, things to do."""

from __future__ import annotations

from flask import Flask

from lms.second_coding import home
from lms.second_coding.views import bp
from lms.second_coding.words import VOCABULARIES
from lms.web import labels
from lms.web.slots import fill


def register(app: Flask) -> None:
    """Register everything that second coding brings."""
    app.register_blueprint(bp)
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
    fill("home.todo", home.todos)
