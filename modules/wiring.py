"""The room's one entry: its tables, pages, commands, listeners, jobs and words."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms import cli, signals
from lms.demonstration.loading import register_player
from lms.permissions import Permission
from lms.scheduler import jobs
from lms.web import navigation, slots
from modules import panels
from modules.action_training import models as action_training_models
from modules.action_training import panels as action_training_panels
from modules.action_training.commands import keep_action_trainings
from modules.action_training.listeners import (
    on_capa_cancelled,
    on_capa_extended,
    on_capa_implemented,
    on_module_completed,
)
from modules.action_training.views import bp as action_training
from modules.assignments import models as assignments_models
from modules.assignments.commands import assign_due_modules
from modules.assignments.listeners import on_document_version_approved
from modules.assignments.views import bp as assignments
from modules.authoring.views import bp as authoring
from modules.bulletins import models as bulletins_models
from modules.bulletins import panels as bulletin_panels
from modules.bulletins.views import bp as bulletins
from modules.curricula import models as curricula_models
from modules.curricula.views import bp as curricula
from modules.demonstration import studying, teaching
from modules.documents import models as documents_models
from modules.documents.cli import import_sop
from modules.documents.views import bp as documents
from modules.library import models as library_models
from modules.library.views import bp as library
from modules.study.views import bp as study
from modules.words import register_words

#: Imported so that their tables are known.
TABLES = (
    action_training_models,
    assignments_models,
    bulletins_models,
    curricula_models,
    documents_models,
    library_models,
)
ENTRIES = (
    navigation.Entry("study.mine", _l("My training"), "train", Permission.STUDY, 10, "study."),
    navigation.Entry("documents.index", _l("SOPs"), "sop", Permission.DOCUMENT_SEE, 40, "documents"),
    navigation.Entry("library.index", _l("Modules"), "doc", Permission.MODULE_AUTHOR, 43, "library"),
    navigation.Entry("bulletins.index", _l("Bulletins"), "bell", Permission.BULLETIN_SEE, 48, "bulletins."),
    navigation.Entry("assignments.index", _l("Assigned"), "week", Permission.ASSIGNMENT_MANAGE, 44, "assignments."),
)


def init_app(app: Flask) -> None:
    """Start the room."""
    for blueprint in (documents, authoring, library, curricula, assignments, study, action_training, bulletins):
        app.register_blueprint(blueprint)
    signals.document_version_approved.connect(on_document_version_approved)
    signals.module_completed.connect(on_module_completed)
    signals.capa_implemented.connect(on_capa_implemented)
    signals.capa_cancelled.connect(on_capa_cancelled)
    signals.capa_extended.connect(on_capa_extended)
    jobs.register(jobs.Job("keep_action_trainings", keep_action_trainings, every=timedelta(minutes=10)))
    jobs.register(jobs.Job("assign_due_modules", assign_due_modules, every=timedelta(minutes=10)))
    cli.register_import(import_sop)
    for entry in ENTRIES:
        navigation.register(entry)
    slots.fill("home.todo", panels.todos)
    slots.fill("home.figures", panels.figures)
    slots.fill("home.below", panels.on_the_way)
    slots.fill("home.evidence", panels.evidence)
    slots.fill("search", panels.search)
    slots.fill("person.panels", panels.person_panels)
    slots.fill("capa.panels", action_training_panels.capa_panels)
    slots.fill("deviation.panels", action_training_panels.deviation_panels)
    slots.fill("deviation.panels", bulletin_panels.deviation_panels)
    slots.fill("home.todo", bulletin_panels.todos)
    slots.fill("reminders", panels.reminders)
    register_words()
    register_player(10, teaching.found, studying.play)
