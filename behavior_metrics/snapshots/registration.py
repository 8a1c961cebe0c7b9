"""Signed studies join the application: pages, words, and a line of the command line."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from behavior_metrics.snapshots.cli import study_snapshot
from behavior_metrics.snapshots.views import bp
from lms import cli
from lms.web import labels

VERDICTS = {
    "same": _l("Every figure came out the same, to 1e-9"),
    "differs": _l("It came out differently: see where below"),
    "altered": _l("What was kept is not what was signed"),
}
SHORT = {"same": _l("the same"), "differs": _l("differs"), "altered": _l("altered")}
#: What may have changed in the records since a study was made.
CHANGES = {
    "batches": _l("Batches"),
    "recurrences": _l("Recurrences, all confirmed"),
    "self_reported": _l("Recurrences, self-reported"),
    "independent": _l("Recurrences, independently detected or at least major"),
    "major": _l("Recurrences, at least major"),
    "climate": _l("Released climate of the quarter before"),
    "recurrence": _l("A recurrence and what it counts for"),
    "switched_off": _l("Survey of a site"),
}


def register(app: Flask) -> None:
    """Register everything that signed studies bring."""
    app.register_blueprint(bp)
    labels.register("record", {"study_snapshot": _l("signed study"), "study_snapshot_check": _l("study made anew")})
    labels.register("snapshot_verdict", VERDICTS)
    labels.register("snapshot_verdict_short", SHORT)
    labels.register("snapshot_change", CHANGES)
    cli.register(study_snapshot)
