"""Words for the codes of this room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from lms.web import labels

STANDINGS = {
    "draft": _l("Draft"),
    "in_review": _l("In review"),
    "approved": _l("Approved, takes effect later"),
    "effective": _l("Effective"),
    "superseded": _l("Superseded"),
    "withdrawn": _l("Withdrawn"),
}
RISK_CLASSES = {
    "read": _l("Read and understood"),
    "quiz": _l("Knowledge check"),
    "observed": _l("Knowledge check and observed run"),
}
PART_KINDS = {"reading": _l("Reading"), "knowledge_check": _l("Knowledge check"), "sign_off": _l("Sign-off")}
REASONS = {
    "initial": _l("First training"),
    "revision": _l("New version of the SOP"),
    "requalification": _l("Renewal before it lapses"),
    "manual": _l("Assigned by a trainer"),
}
ASSIGNMENT_STANDINGS = {
    "open": _l("Open"),
    "overdue": _l("Overdue"),
    "due_14": _l("Due within 14 days"),
    "completed_30": _l("Completed in the last 30 days"),
    "completed": _l("Completed"),
    "cancelled": _l("Cancelled"),
}
REMINDER_STAGES = {
    "due_in_14": _l("due in two weeks"),
    "due_in_3": _l("due in three days"),
    "due_today": _l("due today"),
    "overdue_1": _l("overdue since yesterday"),
    "overdue_7": _l("overdue for a week"),
}
NOTIFICATIONS = {
    "training_assigned": _l("New training: %(module)s, due %(due)s."),
    "training_complete": _l("%(number)s: all %(people)s have completed the training. Confirm that it is in place."),
}
BULLETIN_STATES = {
    "draft": _l("Draft"),
    "in_review": _l("In review"),
    "approved": _l("Approved"),
    "withdrawn": _l("Withdrawn"),
}
BULLETIN_EFFECTS = {
    "cannot_tell": _l("Cannot tell yet"),
    "fewer": _l("Associated with fewer events"),
    "more": _l("Associated with more events"),
    "no_difference": _l("No difference is shown"),
}
TRAINING_AUDIENCES = {
    "team": _l("A team"),
    "task": _l("Everybody whose curriculum leads to a task"),
    "role": _l("Everybody in a role"),
    "site": _l("The whole site"),
}


def register_words() -> None:
    """Register the words of every vocabulary of this room."""
    labels.register("sop_standing", STANDINGS)
    labels.register("risk_class", RISK_CLASSES)
    labels.register("part_kind", PART_KINDS)
    labels.register("assignment_reason", REASONS)
    labels.register("assignment_standing", ASSIGNMENT_STANDINGS)
    labels.register("reminder_stage", REMINDER_STAGES)
    labels.register("notification", NOTIFICATIONS)
    labels.register("training_audience", TRAINING_AUDIENCES)
    labels.register("bulletin_state", BULLETIN_STATES)
    labels.register("bulletin_effect", BULLETIN_EFFECTS)
