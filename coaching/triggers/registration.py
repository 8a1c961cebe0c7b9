"""Triggers join the application: pages, listeners, the nightly look, panels and words."""

from __future__ import annotations

from datetime import date

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.triggers import jobs, listeners, models, panels
from coaching.triggers.views import bp, rules_bp
from lms import signals
from lms.audit import discretion
from lms.permissions import Permission
from lms.scheduler import jobs as scheduler
from lms.web import labels, navigation, slots
from lms.web.times import show_day

#: Imported so that their tables are known.
TABLES = (models,)

TRIGGERS = {
    "recurrence": _l("Confirmed recurrence"),
    "severe_deviation": _l("Major or critical deviation"),
    "assessment_failed": _l("Knowledge check not passed"),
    "observation_failed": _l("Observed run not passed"),
    "new_starter": _l("New starter"),
    "return": _l("Return from absence"),
    "skill_fade": _l("Long since the last run, before a batch"),
    "good_catch": _l("Good catch"),
    "cadence": _l("Regular review"),
    "deviation": _l("By hand, about a deviation"),
    "routine": _l("By hand, routine"),
    "request": _l("On request"),
}
MEANINGS = {
    "recurrence": _l(
        "QA confirms that a deviation is the same one again: the review looks for what lets it come back."
    ),
    "severe_deviation": _l("QA classifies a deviation as major or critical, and somebody at the bench is named."),
    "assessment_failed": _l("A knowledge check is not passed, or no attempt is left."),
    "observation_failed": _l("An observed run is signed as not passed yet."),
    "new_starter": _l("Weekly for the first weeks, then fortnightly, until signed off for a first task."),
    "return": _l("Back after a long absence: before the first unsupervised critical step."),
    "skill_fade": _l("Somebody is rostered for a step that they have not run for long."),
    "good_catch": _l("QA accepts a good catch: the review asks what made it possible. Something to learn from, too."),
    "cadence": _l("A qualified person who has not met a coach for some weeks."),
}
FIGURES = {
    "due_days": _l("Due in working days"),
    "due_days_minor": _l("Due in working days, minor ones"),
    "critical_only": _l("Critical ones only"),
    "failures": _l("From which attempt on"),
    "weekly_times": _l("Weekly meetings"),
    "weekly_days": _l("Days between them"),
    "then_days": _l("Days between the later ones"),
    "absent_days": _l("Away for more than so many days"),
    "fade_days": _l("Days since the last run"),
    "every_days": _l("Days without a review"),
}
HINDRANCES = {
    "conflict": _l("named in the deviation, its investigator, or the line manager"),
    "language": _l("no language in common"),
    "no_common_time": _l("less than 45 minutes of common working time"),
    "week_full": _l("the week is full"),
    "caseload_full": _l("the caseload is full"),
}


def init_app(app: Flask) -> None:
    """Register everything that triggers bring."""
    for blueprint in (bp, rules_bp):
        app.register_blueprint(blueprint)
    app.jinja_env.filters["isoday"] = _day_of
    signals.recurrence_confirmed.connect(listeners.on_recurrence_confirmed)
    signals.deviation_classified.connect(listeners.on_deviation_classified)
    signals.deviation_recorded.connect(listeners.on_deviation_recorded)
    signals.assessment_failed.connect(listeners.on_assessment_failed)
    signals.observation_failed.connect(listeners.on_observation_failed)
    scheduler.register(jobs.DUE_REVIEWS)
    # why somebody is to be coached, and who was passed over, is for those who answer for it
    discretion.keep_back("review_proposal", Permission.REVIEW_ASSIGN)
    slots.fill("home.todo", panels.todos)
    slots.fill("reminders", panels.reminders)
    labels.register("review_trigger", TRIGGERS)
    labels.register("trigger_meaning", MEANINGS)
    labels.register("trigger_figure", FIGURES)
    labels.register("matching_hindrance", HINDRANCES)
    labels.register("missing_fact", {"executions": _l("runs by person")})
    labels.register("review_state", {"merged": _l("taken into another review")})
    labels.register(
        "notification",
        {
            "review_without_coach": _l("No coach is free for a proposed review (%(count)s). Find one."),
            "proposal_merged": _l("Another proposal was taken into one of yours."),
        },
    )
    navigation.register(
        navigation.Entry("triggers.index", _l("Review rules"), "filter", Permission.TRIGGER_SEE, 64, "triggers.")
    )


def _day_of(text: str) -> str:
    """Return the day of a kept fact, ``2026-11-22``, as days are shown."""
    return show_day(date.fromisoformat(text))
