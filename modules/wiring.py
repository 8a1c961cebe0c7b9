"""The room's one entry: its tables, pages, commands, listeners, jobs and words."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from lms import signals
from lms.scheduler import jobs
from modules.assignments import models as assignments_models
from modules.assignments.commands import assign_due_modules
from modules.assignments.listeners import on_document_version_approved
from modules.curricula import models as curricula_models
from modules.documents import models as documents_models
from modules.library import models as library_models
from modules.words import register_words

#: Imported so that their tables are known.
TABLES = (assignments_models, curricula_models, documents_models, library_models)


def init_app(app: Flask) -> None:
    """Start the room."""
    signals.document_version_approved.connect(on_document_version_approved)
    jobs.register(jobs.Job("assign_due_modules", assign_due_modules, every=timedelta(minutes=10)))
    register_words()
