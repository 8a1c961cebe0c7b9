"""Rules of sites for remote reviews join the application: pages, words, the line in the rail."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.meeting_rules.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation

CAMERA_RULES = {
    "never": _l("never"),
    "with_permit": _l("with a permit of the site"),
    "allowed": _l("allowed"),
}
RECORDING_RULES = {
    "never": _l("never"),
    "with_consent": _l("only if everybody agrees beforehand"),
}


def init_app(app: Flask) -> None:
    """Register everything that it brings."""
    app.register_blueprint(bp)
    labels.register("camera_rule", CAMERA_RULES)
    labels.register("recording_rule", RECORDING_RULES)
    navigation.register(
        navigation.Entry(
            "meeting_rules.index", _l("Remote reviews"), "cam", Permission.NETWORK_MANAGE, 68, "meeting_rules."
        )
    )
