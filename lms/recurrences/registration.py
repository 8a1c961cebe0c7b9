"""Recurrences join the application: words, the nightly rescan, the command line."""

from __future__ import annotations

from datetime import time

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms import cli
from lms.recurrences.cli import recurrences, rescan
from lms.recurrences.commands import rescan_every_site
from lms.scheduler import jobs
from lms.web import labels

DECISIONS = {
    "proposed": _l("To decide"),
    "confirmed": _l("Confirmed"),
    "overruled": _l("Overruled"),
    "withdrawn": _l("No longer matches"),
}
RULES = {
    "R1": _l("The site has had it before"),
    "R2": _l("Another site has had it before"),
    "R3": _l("It came back after an action"),
}


def register(_app: Flask) -> None:
    """Register everything that recurrences bring."""
    labels.register("recurrence_decision", DECISIONS)
    labels.register("recurrence_rule", RULES)
    jobs.register(jobs.Job("rescan_recurrences", rescan_every_site, daily_at=time(2)))
    cli.register(recurrences)
    cli.register(rescan)
