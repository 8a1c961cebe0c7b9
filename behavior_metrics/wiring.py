"""The room's one entry: its tables, pages, words, the nightly analysis and its figure on the home page."""

from __future__ import annotations

from datetime import time

from flask import Flask
from flask_babel import lazy_gettext as _l

from behavior_metrics.accountability.views import bp as commitments
from behavior_metrics.coding.views import bp as coding
from behavior_metrics.console.panels import per_100_batches
from behavior_metrics.dashboard.views import bp as behavior
from behavior_metrics.dashboard.views import figures
from behavior_metrics.demonstration import measuring
from behavior_metrics.linkage import models as linkage_models
from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.linkage.views import bp as linkage
from behavior_metrics.openings.views import bp as openings
from behavior_metrics.programme import panels as programme_panels
from behavior_metrics.programme.views import bp as programme
from behavior_metrics.recurrence.views import bp as records
from behavior_metrics.snapshots import registration as snapshots
from behavior_metrics.words import VOCABULARIES
from lms.demonstration.loading import register_player
from lms.permissions import Permission
from lms.scheduler import jobs
from lms.web import labels, navigation, slots

#: Imported so that their tables are known.
TABLES = (linkage_models,)


def init_app(app: Flask) -> None:
    """Start the room."""
    for blueprint in (behavior, coding, commitments, linkage, openings, programme, records):
        app.register_blueprint(blueprint)
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
    snapshots.register(app)
    navigation.register(
        navigation.Entry("behavior.index", _l("Behaviour"), "link", Permission.METRICS_SEE, 24, "behavior")
    )
    navigation.register(
        navigation.Entry(
            "programme.index", _l("Coaching programme"), "people", Permission.PROGRAMME_SEE, 63, "programme."
        )
    )
    slots.fill("calibration.agreement", programme_panels.agreement)
    slots.fill("reminders", programme_panels.reminders)
    slots.fill("home.figures", figures)
    slots.fill("rates.per_100_batches", per_100_batches)
    jobs.register(jobs.Job("make_nightly_analysis", make_nightly_analysis, daily_at=time(3)))
    register_player(40, measuring.found, measuring.play, measuring.evening)
