"""Handing reviews over joins the application: the page, words, the line in the rail."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.handover.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation

NOTIFICATIONS = {
    "review_handed_to_you": _l("A review with %(name)s is yours now: its coach is gone. Find a time."),
    "follow_up_handed_to_you": _l("The follow-up of a review with %(name)s is yours now: its coach is gone."),
    "review_handed_over": _l("%(name)s is your coach now and reads what you wrote: your coach of before is gone."),
}


def init_app(app: Flask) -> None:
    """Register everything that it brings."""
    app.register_blueprint(bp)
    labels.register("notification", NOTIFICATIONS)
    navigation.register(
        navigation.Entry("handover.index", _l("Hand over"), "review", Permission.REVIEW_PROPOSE, 66, "handover.")
    )
