"""Series join the application: the page, words, and the job that plans them."""

from __future__ import annotations

from datetime import time

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.series.commands import plan_every_series
from coaching.series.views import bp
from lms.scheduler import jobs
from lms.web import labels

NOTIFICATIONS = {
    "series_moved": _l("Your regular review is planned for %(when)s: at %(wanted)s somebody is away or taken."),
    "series_clocks_missing": _l("Your regular review is planned for %(when)s: the clocks go forward in that night."),
    "series_clocks_twice": _l(
        "Your regular review is planned for %(when)s, the first of two: the clocks go back that night."
    ),
    "series_no_time": _l("No time is free for the regular review of %(day)s within two weeks. Find one by hand."),
    "series_mode_forbidden": _l(
        "The site does not allow video any more. Find a time on site for the review of %(day)s."
    ),
    "series_ended": _l("Your coach ended your regular reviews: %(why)s"),
    "series_over": _l("Regular reviews ended by themselves: one of the two is not there any more."),
}
SERIES_OUTCOMES = {
    "as_planned": _l("as planned"),
    "moved": _l("moved to the next free slot"),
    "no_time": _l("no time found: find one by hand"),
}
SERIES_CLOCKS = {
    "missing": _l("The clocks go forward in that night: an hour later on the wall."),
    "twice": _l("The clocks go back in that night: the first of the two is meant."),
}


def init_app(app: Flask) -> None:
    """Register everything that it brings."""
    app.register_blueprint(bp)
    labels.register("notification", NOTIFICATIONS)
    labels.register("series_outcome", SERIES_OUTCOMES)
    labels.register("series_clocks", SERIES_CLOCKS)
    jobs.register(jobs.Job("plan_series", plan_every_series, daily_at=time(4)))
