"""The overview of reviews joins the room: its page, the words for kinds of reviews, its line in the rail."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.overview.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation


def init_app(app: Flask) -> None:
    """Register everything that the overview brings."""
    app.register_blueprint(bp)
    labels.register(
        "review_kind",
        {
            "scheduled": _l("Scheduled"),
            "deviation": _l("After a deviation"),
            "good_catch": _l("After a good catch"),
            "assessment": _l("After an assessment"),
            "requalification": _l("Before requalification"),
            "new_starter": _l("New starter"),
            "return": _l("After a return"),
            "observation": _l("After an observed run"),
        },
    )
    navigation.register(
        navigation.Entry(
            "review_overview.index", _l("Reviews held"), "review", Permission.REVIEW_OVERSEE, 62, "review_overview."
        )
    )
