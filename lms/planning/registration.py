"""Planned batches and counted work join the application: pages, words, the line in the rail."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms.permissions import Permission
from lms.planning.views import bp
from lms.web import labels, navigation


def register(app: Flask) -> None:
    """Register everything that planning brings."""
    app.register_blueprint(bp)
    labels.register("planned_state", {"planned": _l("Planned"), "started": _l("Started"), "cancelled": _l("Cancelled")})
    labels.register("exposure_unit", {"critical_steps": _l("Critical steps"), "hours": _l("Hours of work")})
    navigation.register(
        navigation.Entry("planning.index", _l("Planned batches"), "week", Permission.DEVIATION_SEE, 22, "planning.")
    )
