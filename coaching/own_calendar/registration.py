"""One's own calendar joins the room: pages, the line in the rail, the panel of a person."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.own_calendar import models, panels
from coaching.own_calendar.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation
from lms.web.slots import fill

#: Imported so that its table is known.
TABLES = (models,)
LEFT_OUT = {
    "free": _l("Shown as free"),
    "cancelled": _l("Cancelled"),
    "elsewhere": _l("Not in the next 400 days"),
}


def init_app(app: Flask) -> None:
    """Register everything that one's own calendar brings."""
    app.register_blueprint(bp)
    labels.register("left_out", LEFT_OUT)
    fill("person.panels", panels.person)
    navigation.register(
        navigation.Entry("own_calendar.page", _l("My calendar"), "week", Permission.OWN_RECORD_SEE, 96, "own_calendar.")
    )
