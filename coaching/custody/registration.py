"""The custodian's pages join the room: pages, words, the lines in the rail, commands."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.custody import cli as _cli  # noqa: F401 - adds its commands to ``candor survey``
from coaching.custody import models as _models  # noqa: F401 - so that its table is known
from coaching.custody.views import bp
from coaching.custody.words import VOCABULARIES
from lms.permissions import Permission
from lms.web import labels, navigation


def init_app(app: Flask) -> None:
    """Register everything that the custodian's pages bring."""
    app.register_blueprint(bp)
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
    navigation.register(
        navigation.Entry("custody.releases", _l("Releases"), "unlock", Permission.SURVEY_RELEASE, 74, "custody.release")
    )
    navigation.register(
        navigation.Entry("custody.care", _l("Key care"), "lock", Permission.SURVEY_RELEASE, 75, "custody.care")
    )
