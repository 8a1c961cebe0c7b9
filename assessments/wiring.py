"""The room's one entry: its tables, pages, commands, listeners, jobs and words."""

from __future__ import annotations

from flask import Flask

from assessments.attempts import models as attempts_models
from assessments.attempts.views import bp as attempts
from assessments.items import models as items_models
from assessments.observations import models as observations_models
from assessments.qualifications import models as qualifications_models

#: Imported so that their tables are known.
TABLES = (attempts_models, items_models, observations_models, qualifications_models)


def init_app(app: Flask) -> None:
    """Start the room."""
    app.register_blueprint(attempts)
