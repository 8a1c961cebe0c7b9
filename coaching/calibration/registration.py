"""Calibration joins the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.calibration import models
from coaching.calibration.views import bp
from lms.audit import discretion
from lms.permissions import Permission
from lms.web import labels, navigation

MARKS = {
    "not_shown": _l("not shown"),
    "prompted": _l("shown once prompted"),
    "shown": _l("shown"),
    "mastered": _l("shown and explained"),
    "not_seen": _l("not to be seen"),
}
NOTIFICATIONS = {
    "calibration_asked": _l("%(name)s asks you to rate the same run, alone."),
    "calibration_compared": _l("Both have rated a run: compare."),
}


def init_app(app: Flask) -> None:
    """Start the feature."""
    app.register_blueprint(bp)
    labels.register("calibration_mark", MARKS)
    labels.register("notification", NOTIFICATIONS)
    # how two coaches rate is between them
    discretion.keep_back(models.CalibrationRating.__tablename__, Permission.SYSTEM_RUN)
    navigation.register(
        navigation.Entry("calibration.index", _l("Calibration"), "equal", Permission.REVIEW_COACH, 65, "calibration.")
    )
