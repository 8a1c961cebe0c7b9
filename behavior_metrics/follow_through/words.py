"""The words of follow-through: its parts, what each counts, and where a version of the weights stands."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

PARTS: Mapping[str, Words] = {
    "raised_first": _l("Raised by us first"),
    "raised_in_time": _l("Raised in time"),
    "commitments_kept": _l("Commitments kept"),
    "actions_on_time": _l("Actions on time"),
    "currency_owned": _l("Training kept current"),
}

#: What each part counts, of what.
COUNTS: Mapping[str, Words] = {
    "raised_first": _l(
        "raised by the performer or a colleague, of these and what a supervisor, batch review or audit found later; only "
        "what quality assurance accepted"
    ),
    "raised_in_time": _l("recorded within 24 hours, of what was raised by the performer or a colleague"),
    "commitments_kept": _l(
        "seen to be done by their day, of those due; days waited on others are added, and what waits is not due"
    ),
    "actions_on_time": _l("in place by the first day agreed, of those due; an extension moves nothing"),
    "currency_owned": _l("module assignments, requalifications among them, completed by their day, of those due"),
}

DUE: Mapping[str, Words] = {
    "raised_first": _l("Raised by us, or found later"),
    "raised_in_time": _l("Raised by us"),
    "commitments_kept": _l("Commitments due"),
    "actions_on_time": _l("Actions due"),
    "currency_owned": _l("Assignments due"),
}

STATES: Mapping[str, Words] = {
    "proposed": _l("waits for its signature"),
    "in_force": _l("in force"),
    "replaced": _l("replaced"),
    "withdrawn": _l("withdrawn"),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "follow_through_part": PARTS,
    "follow_through_counts": COUNTS,
    "follow_through_due": DUE,
    "follow_through_weights": STATES,
}
