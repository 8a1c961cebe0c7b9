"""Investigations join the application: pages, and the job that tells of critical deviations."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from lms.deviations.escalating import escalate_critical
from lms.investigations.views import bp
from lms.scheduler import jobs


def register(app: Flask) -> None:
    """Register everything that investigations bring."""
    app.register_blueprint(bp)
    jobs.register(jobs.Job("escalate_critical", escalate_critical, every=timedelta(hours=1)))
