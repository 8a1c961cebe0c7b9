"""Answers by mail join the room: the page, the words, what a coach is asked, the reading of the mailbox."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.replies import models, panels
from coaching.replies.cli import calendars
from coaching.replies.jobs import read_replies
from coaching.replies.views import bp
from lms import cli
from lms.audit import discretion
from lms.permissions import Permission
from lms.scheduler import jobs
from lms.web import labels
from lms.web.slots import fill

#: Imported so that their tables are known.
TABLES = (models,)
ANSWERS = {
    "accepted": _l("accepted by mail"),
    "tentative": _l("perhaps, by mail"),
    "declined": _l("declined by mail"),
    "proposed": _l("proposes another time"),
}
OUTCOMES = {"counted": _l("counted"), "refused": _l("not counted")}
NOTIFICATIONS = {
    "invitation_declined": _l("%(name)s declined by mail: %(when)s. Choose another time."),
    "other_time_proposed": _l("%(name)s proposes another time by mail: %(when)s."),
}


def init_app(app: Flask) -> None:
    """Register everything that answers by mail bring."""
    app.register_blueprint(bp)
    cli.register(calendars)
    jobs.register(jobs.Tick("read_replies", read_replies, 60))
    # who cannot come when is between the two, in the trail too
    discretion.keep_back("appointment_answer", Permission.SYSTEM_RUN)
    labels.register("appointment_answer", ANSWERS)
    labels.register("mail_outcome", OUTCOMES)
    labels.register("notification", NOTIFICATIONS)
    fill("home.todo", panels.todos)
