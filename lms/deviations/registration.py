"""Deviations join the application: pages, words, rail, slots."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms.deviations import home
from lms.deviations.beside_views import bp as beside
from lms.deviations.report_views import bp as reports
from lms.deviations.views import bp as deviations
from lms.deviations.words import VOCABULARIES
from lms.permissions import Permission
from lms.web import labels, navigation
from lms.web.slots import fill


def register(app: Flask) -> None:
    """Register everything that deviations bring."""
    app.register_blueprint(deviations)
    app.register_blueprint(reports)
    app.register_blueprint(beside)
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
    # the rail shows the first five on a phone, so the report stands near the top
    navigation.register(
        navigation.Entry("reports.new", _l("Good catch"), "catch", Permission.DEVIATION_RAISE, 15, "reports.")
    )
    navigation.register(
        navigation.Entry("deviations.index", _l("Deviations"), "dev", Permission.DEVIATION_SEE, 20, "deviations.")
    )
    fill("home.todo", home.todos)
    fill("home.figures", home.figures)
    fill("home.panels", home.panels)
    fill("search", home.search)
