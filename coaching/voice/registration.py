"""The waves join the application: pages, words, the rail, the home page."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.voice.panels import owed_panel
from coaching.voice.views import bp
from lms.permissions import Permission
from lms.web import labels, navigation, slots

NOTIFICATIONS = {
    "voice_owed": _l("The survey of %(period)s is published. Say what you did about it before the next wave opens."),
    "voice_waits": _l("No survey followed your review: the site has not said yet what it did about %(period)s."),
}


def init_app(app: Flask) -> None:
    """Register everything that the waves bring."""
    app.register_blueprint(bp)
    labels.register("notification", NOTIFICATIONS)
    slots.fill("home.below", owed_panel)
    navigation.register(
        navigation.Entry("voice.waves", _l("You said, we did"), "review", Permission.VOICE_SEE, 71, "voice.")
    )
