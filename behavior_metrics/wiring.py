"""The room's one entry: its tables, pages, words, the nightly analysis and its figure on the home page."""

from __future__ import annotations

from datetime import time

from flask import Flask
from flask_babel import lazy_gettext as _l

from behavior_metrics.accountability.views import bp as commitments
from behavior_metrics.baselines import models as baselines_models
from behavior_metrics.baselines import registration as baselines
from behavior_metrics.climate.views import bp as climate
from behavior_metrics.coding.views import bp as coding
from behavior_metrics.comparability.views import bp as comparability
from behavior_metrics.console.panels import per_100_batches
from behavior_metrics.dashboard.views import bp as behavior
from behavior_metrics.dashboard.views import figures
from behavior_metrics.demonstration import measuring
from behavior_metrics.dose.views import bp as dose
from behavior_metrics.explore import words as explore_words
from behavior_metrics.explore.views import bp as explore
from behavior_metrics.follow_through import words as follow_through_words
from behavior_metrics.imported_study import models as imported_study_models
from behavior_metrics.imported_study.cli import study
from behavior_metrics.imported_study.views import bp as imported_study
from behavior_metrics.linkage import models as linkage_models
from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.linkage.views import bp as linkage
from behavior_metrics.management_review import models as review_pack_models
from behavior_metrics.management_review.registration import register as register_review_packs
from behavior_metrics.openings.views import bp as openings
from behavior_metrics.own_part.views import bp as own_part
from behavior_metrics.programme import panels as programme_panels
from behavior_metrics.programme.views import bp as programme
from behavior_metrics.quality.views import bp as quality
from behavior_metrics.recurrence.views import bp as records
from behavior_metrics.recurrence.views import page as recurrence
from behavior_metrics.reporting import words as reporting_words
from behavior_metrics.rollout import models as rollout_models
from behavior_metrics.rollout import words as rollout_words
from behavior_metrics.rollout.commands import make_nightly_rollout
from behavior_metrics.sentence import models as sentence_models
from behavior_metrics.sentence import words as sentence_words
from behavior_metrics.sentence.commands import make_nightly_follow_through
from behavior_metrics.sentence.views import bp as accountability
from behavior_metrics.snapshots import registration as snapshots
from behavior_metrics.summaries import listeners as summaries_listeners
from behavior_metrics.summaries import models as summaries_models
from behavior_metrics.summaries.cli import summaries
from behavior_metrics.summaries.commands import recount_summaries
from behavior_metrics.summaries.jobs import fold_summaries
from behavior_metrics.weights import models as weights_models
from behavior_metrics.weights.views import bp as weights
from behavior_metrics.words import VOCABULARIES
from lms import cli
from lms.demonstration.loading import register_player
from lms.permissions import Permission
from lms.scheduler import jobs
from lms.web import labels, navigation, slots

#: Imported so that their tables are known.
TABLES = (
    baselines_models, imported_study_models, weights_models, linkage_models, review_pack_models, rollout_models,
    sentence_models, summaries_models,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Start the room."""
    rooms = (
        accountability,
        behavior,
        climate,
        coding,
        commitments,
        comparability,
        dose,
        explore,
        imported_study,
        linkage,
        openings,
        own_part,
        programme,
        quality,
        records,
        recurrence,
        weights,
    )
    for blueprint in rooms:
        app.register_blueprint(blueprint)
    for vocabularies in (
        VOCABULARIES,
        explore_words.VOCABULARIES,
        follow_through_words.VOCABULARIES,
        reporting_words.VOCABULARIES,
        rollout_words.VOCABULARIES,
        sentence_words.VOCABULARIES,
    ):
        for vocabulary, words in vocabularies.items():
            labels.register(vocabulary, words)
    snapshots.register(app)
    baselines.register(app)
    navigation.register(
        navigation.Entry("behavior.index", _l("Behaviour"), "link", Permission.METRICS_SEE, 24, "behavior")
    )
    navigation.register(
        navigation.Entry(
            "programme.index", _l("Coaching programme"), "people", Permission.PROGRAMME_SEE, 63, "programme."
        )
    )
    cli.register(study)
    navigation.register(
        navigation.Entry(
            "accountability.index", _l("Accountability"), "flag", Permission.METRICS_SEE, 25, "accountability."
        )
    )
    navigation.register(
        navigation.Entry("own_part.index", _l("My follow-through"), "doc", Permission.OWN_RECORD_SEE, 18, "own_part.")
    )
    slots.fill("calibration.agreement", programme_panels.agreement)
    slots.fill("reminders", programme_panels.reminders)
    slots.fill("home.figures", figures)
    slots.fill("rates.per_100_batches", per_100_batches)
    jobs.register(jobs.Job("make_nightly_analysis", make_nightly_analysis, daily_at=time(3)))
    jobs.register(jobs.Job("make_nightly_follow_through", make_nightly_follow_through, daily_at=time(3, 10)))
    jobs.register(jobs.Job("make_nightly_rollout", make_nightly_rollout, daily_at=time(3, 20)))
    register_review_packs(app)
    jobs.register(jobs.Job("recount_summaries", recount_summaries, daily_at=time(4)))
    jobs.register(jobs.Tick("fold_summaries", fold_summaries, 5))
    summaries_listeners.listen()
    cli.register(summaries)
    register_player(40, measuring.found, measuring.play, measuring.evening)
