"""The room's one entry: its tables, pages, commands, listeners, jobs and words."""

from __future__ import annotations

from datetime import time

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.availability import registration as availability
from coaching.barriers import registration as barriers
from coaching.calendar_exchange import models as exchange_models
from coaching.calibration import registration as calibration
from coaching.commitments import models as commitments_models
from coaching.custody import registration as custody
from coaching.demonstration import meeting, reviewing, surveying
from coaching.desk import registration as desk
from coaching.evidence import registration as evidence
from coaching.follow_up import registration as follow_up
from coaching.group_reviews import registration as group_reviews
from coaching.handover import registration as handover
from coaching.home import panels as home
from coaching.instruments import registration as instruments
from coaching.just_culture import registration as just_culture
from coaching.matching import registration as matching
from coaching.meeting_rules import registration as meeting_rules
from coaching.notes import registration as notes
from coaching.openings import models as openings_models
from coaching.openings import registration as openings
from coaching.overview import registration as overview
from coaching.own_calendar import registration as own_calendar
from coaching.replies import registration as replies
from coaching.reviews import models as reviews_models
from coaching.scheduling import registration as scheduling
from coaching.series import registration as series
from coaching.surveys import jobs as survey_jobs
from coaching.surveys import models as surveys_models
from coaching.surveys import panels as survey_panels
from coaching.surveys.cli import survey as survey_cli
from coaching.surveys.commands import on_review_closed
from coaching.surveys.views import bp as survey
from coaching.tablet import models as tablet_models
from coaching.tablet import registration as tablet
from coaching.triggers import registration as triggers
from coaching.voice import models as voice_models
from coaching.voice import registration as voice
from coaching.wordings import models as wordings_models
from coaching.workspace import panels
from coaching.workspace.views import bp as reviews
from lms import cli, signals
from lms.audit import discretion
from lms.demonstration.loading import register_player
from lms.permissions import Permission
from lms.scheduler import jobs
from lms.web import labels, navigation, slots

#: Imported so that their tables are known.
TABLES = (
    *(commitments_models, exchange_models, reviews_models, surveys_models),
    *(openings_models, tablet_models, voice_models, wordings_models),
)

#: Features that join the room by a file of their own.
FEATURES = (
    triggers,
    matching,
    scheduling,
    availability,
    meeting_rules,
    series,
    group_reviews,
    handover,
    own_calendar,
    replies,
    evidence,
    notes,
    barriers,
    follow_up,
    overview,
    desk,
    calibration,
    just_culture,
    voice,
    openings,
    instruments,
    tablet,
    custody,
)

NOTIFICATIONS = {
    "review_proposed": _l("A coaching review is proposed to you."),
    "review_accepted": _l("Your coach accepted a review with you. You write first."),
    "review_scheduled": _l("A coaching review with you is planned: %(when)s."),
    "review_cancelled": _l("A coaching review was cancelled."),
    "own_account_written": _l("An operator wrote their side of a review."),
    "review_held": _l("Your review is written down. Read and sign it."),
    "review_agreed": _l("An operator signed a review. Your signature closes it."),
    "survey_open": _l("A few questions about your team are open for a week, if you like."),
    "survey_release_due": _l("The survey of %(period)s can be released."),
    "survey_key_due": _l("The survey of %(period)s has no key yet."),
}
REVIEW_STATES = {
    "open": _l("proposed"),
    "accepted": _l("accepted, no time yet"),
    "declined": _l("declined"),
    "scheduled": _l("scheduled"),
    "held": _l("held, to be signed"),
    "closed": _l("closed"),
    "cancelled": _l("cancelled"),
}
COMMITMENT_STATES = {
    "open": _l("open"),
    "kept": _l("kept"),
    "partly": _l("partly kept"),
    "not_kept": _l("not kept"),
    "obsolete": _l("overtaken"),
}
MODES = {"video": _l("video call"), "onsite": _l("on site")}
SURVEY_SCOPES = {
    "team": _l("Team"),
    "site-small-teams": _l("Small teams of the site together"),
    "network-small-teams": _l("Small teams of the network together"),
}
SURVEY_SIZES = {"5-9": _l("5 to 9"), "10-19": _l("10 to 19"), "20+": _l("20 or more")}
SURVEY_RESPONSES = {"<50": _l("below 50 %"), "50-74": _l("50 to 74 %"), ">=75": _l("75 % or more")}


def init_app(app: Flask) -> None:
    """Start the room."""
    for blueprint in (reviews, survey):
        app.register_blueprint(blueprint)
    for feature in FEATURES:
        feature.init_app(app)
    # what is said in a review stays with its two people, in the trail too: no role of a person has this permission
    for table in ("coaching_review", "commitment"):
        discretion.keep_back(table, Permission.SYSTEM_RUN)
    signals.review_closed.connect(on_review_closed)
    register_player(30, reviewing.found, reviewing.play)
    register_player(31, surveying.found, surveying.play, surveying.evening)
    register_player(32, meeting.found, meeting.play)
    slots.fill("home.todo", home.todos)
    slots.fill("reminders", panels.reminders)
    slots.fill("deviation.panels", panels.deviation_panels)
    slots.fill("home.todo", survey_panels.todos)
    slots.fill("home.below", survey_panels.keys_panel)
    slots.fill("reminders", survey_panels.reminders)
    cli.register(survey_cli)
    jobs.register(jobs.Job("remind_custodian", survey_jobs.remind_custodian, daily_at=time(6)))
    labels.register("notification", NOTIFICATIONS)
    labels.register("review_state", REVIEW_STATES)
    labels.register("commitment_state", COMMITMENT_STATES)
    labels.register("review_mode", MODES)
    labels.register("survey_scope", SURVEY_SCOPES)
    labels.register("survey_size", SURVEY_SIZES)
    labels.register("survey_response", SURVEY_RESPONSES)
    navigation.register(
        navigation.Entry("reviews.coaching", _l("Reviews"), "review", Permission.REVIEW_COACH, 14, "reviews.")
    )
    navigation.register(
        navigation.Entry("reviews.mine", _l("My reviews"), "review", Permission.REVIEW_TAKE_PART, 16, "reviews.")
    )
    navigation.register(
        navigation.Entry("survey.climate", _l("Team climate"), "scale", Permission.CLIMATE_SEE, 70, "survey.climate")
    )
