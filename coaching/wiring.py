"""The room's one entry: its tables, pages, commands, listeners, jobs and words."""

from __future__ import annotations

from flask import Flask

from coaching.commitments import models as commitments_models
from coaching.reviews import models as reviews_models
from coaching.scheduling import models as scheduling_models
from coaching.triggers import models as triggers_models

#: Imported so that their tables are known.
TABLES = (commitments_models, reviews_models, scheduling_models, triggers_models)


def init_app(app: Flask) -> None:
    """Start the room."""
