"""Management-review packs join the application: table, words, pages, jobs, command line."""

from __future__ import annotations

from datetime import time

from flask import Flask

from behavior_metrics.management_review import commands
from behavior_metrics.management_review.cli import management_review
from behavior_metrics.management_review.views import bp
from behavior_metrics.management_review.words import VOCABULARIES
from lms import cli
from lms.scheduler import jobs
from lms.web import labels


def register(app: Flask) -> None:
    """Register everything that packs bring."""
    app.register_blueprint(bp)
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
    jobs.register(jobs.Job("make_due_packs", commands.make_due_packs, daily_at=time(5, 30)))
    jobs.register(jobs.Job("compare_packs", commands.compare_packs, daily_at=time(6, 30)))
    cli.register(management_review)
