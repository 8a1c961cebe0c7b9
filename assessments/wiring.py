"""The room's one entry: its tables, pages, commands, listeners, jobs and words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from assessments.annex import panels as annex_panels
from assessments.attempts import jobs as attempt_jobs
from assessments.attempts import models as attempts_models
from assessments.attempts import panels as attempt_panels
from assessments.attempts.views import bp as attempts
from assessments.checklists.cli import import_checklists
from assessments.checklists.views import bp as checklists
from assessments.demonstration import qualifying
from assessments.home import panels as home_panels
from assessments.items import models as items_models
from assessments.items import panels as item_panels
from assessments.items.cli import import_quizzes
from assessments.items.listeners import on_bulletin_approved
from assessments.items.views import bp as items
from assessments.matrix import panels as matrix_panels
from assessments.matrix.views import bp as matrix
from assessments.observations import models as observations_models
from assessments.observations.views import bp as observations
from assessments.qualifications import models as qualifications_models
from assessments.readiness import panels as readiness_panels
from assessments.readiness.views import bp as readiness
from assessments.rosters import models as roster_models
from assessments.rosters.views import bp as rosters
from assessments.standing import jobs as standing_jobs
from assessments.standing import panels as standing_panels
from assessments.standing.bars import days_left, twelve_months_bar
from assessments.standing.cli import may
from assessments.standing.listeners import on_deviation_recorded
from assessments.standing.views import bp as standing
from assessments.words import TONES, VOCABULARIES, later_words, reason_of, sentence
from lms import cli, signals
from lms.audit import discretion
from lms.demonstration.loading import register_player
from lms.permissions import Permission
from lms.scheduler import jobs
from lms.web import labels, navigation
from lms.web.slots import fill
from lms.web.times import local_day

#: Imported so that their tables are known.
TABLES = (attempts_models, items_models, observations_models, qualifications_models, roster_models)


def init_app(app: Flask) -> None:
    """Start the room."""
    discretion.keep_back("option_key", Permission.ITEM_AUTHOR)
    for blueprint in (attempts, checklists, items, matrix, observations, readiness, rosters, standing):
        app.register_blueprint(blueprint)
    app.jinja_env.filters.update(
        tone=TONES.__getitem__, reason=reason_of, later_words=later_words, sentence=sentence, local_day=local_day
    )
    app.jinja_env.globals.update(days_left=days_left, twelve_months_bar=twelve_months_bar)
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
    _register_navigation()
    cli.register(may)
    cli.register_import(import_quizzes)
    cli.register_import(import_checklists)
    jobs.register(attempt_jobs.CLOSE_EXPIRED)
    jobs.register(standing_jobs.FREEZE_MISSING)
    signals.deviation_recorded.connect(on_deviation_recorded)
    signals.bulletin_approved.connect(on_bulletin_approved)
    _fill_slots()
    register_player(20, qualifying.found, qualifying.play)


def _register_navigation() -> None:
    for entry in (
        navigation.Entry("standing.mine", _l("My qualifications"), "qual", Permission.ATTEMPT_SIT, 12, "standing.mine"),
        navigation.Entry("matrix.index", _l("Matrix"), "matrix", Permission.MATRIX_SEE, 41, "matrix."),
        navigation.Entry("readiness.index", _l("Readiness"), "people", Permission.MATRIX_SEE, 42, "readiness."),
        navigation.Entry(
            "standing.ask", _l("Was … qualified?"), "qual", Permission.QUALIFICATION_SEE, 45, "standing.a"
        ),
        navigation.Entry(
            "observations.index", _l("Observed runs"), "check", Permission.QUALIFICATION_SEE, 46, "observations"
        ),
        navigation.Entry("items.index", _l("Question bank"), "assess", Permission.ITEM_AUTHOR, 47, "items."),
    ):
        navigation.register(entry)


def _fill_slots() -> None:
    fill("study.knowledge_check", attempt_panels.knowledge_check)
    for todos in (home_panels.todos, attempt_panels.todos, matrix_panels.todos):
        fill("home.todo", todos)
    fill("home.figures", matrix_panels.figures)
    fill("home.own", home_panels.standings)
    fill("home.evidence", home_panels.evidence)
    fill("annex.sections", annex_panels.training)
    fill("gates.computed", readiness_panels.gates)
    fill("planned.rosters", readiness_panels.planned)
    fill("person.panels", standing_panels.person)
    fill("deviation.panels", standing_panels.deviation)
    fill("reminders", matrix_panels.reminders)
    fill("search", standing_panels.search)
    fill("search", item_panels.search)
