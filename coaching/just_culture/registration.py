"""The just-culture step joins the application: pages, words, what the trail confides, the purge."""

from __future__ import annotations

from datetime import time

from flask import Flask
from flask_babel import lazy_gettext as _l

from coaching.just_culture import models, panels
from coaching.just_culture.commands import (
    add_own_words,
    answer_just_culture,
    open_just_culture_case,
    purge_just_culture,
    settle_just_culture,
)
from coaching.just_culture.views import bp
from lms.audit import discretion
from lms.permissions import Permission
from lms.scheduler import jobs
from lms.web import labels, navigation, slots

#: That there is one is confided: no page of the trail shows these.
RECORDS = (models.JustCultureCase.__tablename__, models.JustCultureAnswers.__tablename__)
ACTIONS = (open_just_culture_case, answer_just_culture, settle_just_culture, add_own_words, purge_just_culture)

WORDS = {
    "just_culture_question": {
        "1.intended": _l("Was what followed intended?"),
        "1.health": _l("Was health, tiredness or a substance part of it?"),
        "1.departed": _l("Was a safe way that works at this bench knowingly left?"),
        "1.substitution": _l("Would three colleagues, with the same training in the same hour, have done the same?"),
        "1.mitigating": _l("Is there something else that speaks for the person?"),
    },
    "just_culture_hint": {
        "1.intended": _l("The outcome, not the act: hardly anybody means harm."),
        "1.health": _l("If so it calls for help, whatever the other answers say."),
        "1.departed": _l("A way that is unclear, slow or not to be had is not a safe way that works."),
        "1.substitution": _l("If they would, look at the system again: another person will do it next."),
        "1.mitigating": _l("A new task, a handover, a call away, pressure of time, an order."),
    },
    "just_culture_answer": {"yes": _l("yes"), "no": _l("no"), "cannot_tell": _l("cannot tell")},
    "just_culture_route": {
        "system_fix": _l("Mend the system: an action with an owner who can change it"),
        "coaching": _l("Coaching: a review in which the person writes first"),
        "support": _l("Support: help with health, load or circumstances"),
        "refer_out": _l("Refer out: it leaves this system, and nothing more of it is kept here"),
    },
    "just_culture_stage": {
        "answering": _l("answers to come"),
        "talking": _l("the two talk"),
        "settled": _l("settled"),
    },
    "notification": {
        "just_culture_about_you": _l(
            "Two assessors look at a concern about your part in %(number)s. You see all of it and can add your words."
        ),
        "just_culture_second": _l("You are asked to assess a concern about %(number)s, alone at first."),
        "just_culture_talk": _l("Both assessors have answered and see different ways: talk, then record one together."),
        "just_culture_words": _l("The person added their own words to a concern that you assess."),
        "just_culture_settled": _l("The route of a concern is recorded. Read why."),
    },
}


def init_app(app: Flask) -> None:
    """Start the feature."""
    app.register_blueprint(bp)
    for vocabulary, words in WORDS.items():
        labels.register(vocabulary, words)
    for record in RECORDS:
        discretion.keep_back(record, Permission.SYSTEM_RUN)
    discretion.confide(records=RECORDS, actions=[action.action for action in ACTIONS])
    slots.fill("deviation.panels", panels.deviation_panels)
    jobs.register(jobs.Job("purge_just_culture", purge_just_culture, daily_at=time(4)))
    navigation.register(
        navigation.Entry(
            "just_culture.mine", _l("Just culture"), "hand", Permission.JUST_CULTURE_ASSESS, 67, "just_culture."
        )
    )
