"""System actions join the room: pages, words, what they put on other pages."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.barriers import panels
from coaching.barriers.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation, slots


def init_app(app: Flask) -> None:
    """Register everything that system actions bring."""
    app.register_blueprint(bp)
    labels.register("system_action_kind", {"barrier": _l("Barrier"), "support": _l("Support owed")})
    labels.register("system_action_state", {"open": _l("Open"), "done": _l("Done"), "declined": _l("Will not be done")})
    labels.register(
        "notification",
        {
            "system_action_opened": _l("%(number)s is yours: %(what)s"),
            "system_action_done": _l("%(number)s, which your review asked for, is done."),
            "system_action_declined": _l("%(number)s, which your review asked for, will not be done. Read why."),
        },
    )
    slots.fill("home.figures", panels.figures)
    slots.fill("reminders", panels.reminders)
    navigation.register(
        navigation.Entry(
            "system_actions.index", _l("System actions"), "barrier", Permission.SYSTEM_ACTION_SEE, 23, "system_actions."
        )
    )
