"""Notes join the room: their page, their words, and that the trail shows nobody what they say."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.notes.views import bp
from lms.audit import discretion
from lms.permissions import Permission
from lms.web import labels


def init_app(app: Flask) -> None:
    """Register everything that notes bring."""
    app.register_blueprint(bp)
    discretion.keep_back("review_note", Permission.SYSTEM_RUN)
    labels.register(
        "note_readers", {"shared": _l("Both of you"), "coach": _l("Only the coach"), "own": _l("Only the operator")}
    )
