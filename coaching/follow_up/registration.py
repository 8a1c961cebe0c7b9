"""Follow-ups join the room: booked when a review closes, their page, their words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.follow_up.commands import on_review_closed
from coaching.follow_up.views import bp
from lms import signals
from lms.audit import discretion
from lms.permissions import Permission
from lms.web import labels


def init_app(app: Flask) -> None:
    """Register everything that follow-ups bring."""
    app.register_blueprint(bp)
    signals.review_closed.connect(on_review_closed)
    discretion.keep_back("commitment_wait", Permission.SYSTEM_RUN)
    labels.register(
        "review_effect",
        {"effective": _l("Effective"), "not_effective": _l("Not effective"), "cannot_tell": _l("Cannot tell yet")},
    )
    labels.register(
        "notification",
        {
            "follow_up_booked": _l("The follow-up of your review is booked: %(when)s."),
            "follow_up_moved": _l("The follow-up of your review was moved: %(when)s."),
            "follow_up_not_found": _l("You two have no common free time for the follow-up. Find one."),
            "wait_asked": _l("An operator says that a commitment waits on others. Accept it, or say why not."),
            "wait_accepted": _l("Your coach accepted that your commitment waits. Its clock stands."),
            "wait_refused": _l("Your coach did not accept that your commitment waits. Read why."),
        },
    )
