"""The room's one entry: its tables, pages, commands, listeners, jobs and words."""

from __future__ import annotations

from flask import Flask

from modules.assignments import models as assignments_models
from modules.curricula import models as curricula_models
from modules.documents import models as documents_models
from modules.library import models as library_models

#: Imported so that their tables are known.
TABLES = (assignments_models, curricula_models, documents_models, library_models)


def init_app(app: Flask) -> None:
    """Start the room."""
