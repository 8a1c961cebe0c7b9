"""The promise of an answer joins the application: its panel, its job, its words."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms.answers import home
from lms.answers.commands import remind_of_answers
from lms.scheduler import jobs
from lms.web import labels
from lms.web.slots import fill


def register(_app: Flask) -> None:
    """Register everything that the promise of an answer brings."""
    fill("deviation.beside", home.deviation_panels)
    jobs.register(jobs.Job("remind_of_answers", remind_of_answers, every=timedelta(minutes=15)))
    labels.register(
        "notification", {"answer_due": _l("%(number)s: whoever raised it waits for your answer until %(due)s")}
    )
    labels.register("record", {"answer_promise": _l("promise of an answer")})
