"""The coach's desk joins the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.desk.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation

STEPS = {
    "find_time": _l("find a time"),
    "meet": _l("meet"),
    "sign": _l("your signature closes it"),
    "operator_signs": _l("the operator signs first"),
    "commitment": _l("a commitment is due"),
    "follow_up": _l("follow up"),
}


def init_app(app: Flask) -> None:
    """Start the feature."""
    app.register_blueprint(bp)
    labels.register("desk_step", STEPS)
    navigation.register(navigation.Entry("desk.week", _l("My week"), "week", Permission.REVIEW_COACH, 13, "desk."))
