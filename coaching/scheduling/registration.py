"""Scheduling joins the application: pages, words, what the trail keeps to itself."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.scheduling.views import bp
from lms.audit import discretion
from lms.permissions import Permission
from lms.web import labels

NOTIFICATIONS = {
    "review_moved": _l("A review with you was moved to %(when)s: %(why)s"),
    "review_called_off": _l("The review planned for %(when)s was called off: %(why)s. Find another time."),
    "review_cancelled_why": _l("A coaching review was cancelled: %(why)s"),
}
WEEKDAYS = {
    "0": _l("Monday"),
    "1": _l("Tuesday"),
    "2": _l("Wednesday"),
    "3": _l("Thursday"),
    "4": _l("Friday"),
    "5": _l("Saturday"),
    "6": _l("Sunday"),
}


def init_app(app: Flask) -> None:
    """Register everything that it brings."""
    app.register_blueprint(bp)
    labels.register("notification", NOTIFICATIONS)
    labels.register("weekday", WEEKDAYS)
    # others learn whether somebody is free, never why not: in the trail neither
    for table in ("working_hours", "busy_time", "extra_time", "appointment", "group_review"):
        discretion.keep_back(table, Permission.SYSTEM_RUN)
