"""Gates join the application: pages, words, and the gates that the ground itself can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lms.gates.queries import NEEDED, roles_held
from lms.gates.rules import Found
from lms.gates.views import bp
from lms.permissions import Role
from lms.web import labels
from lms.web.labels import Words, label
from lms.web.slots import fill

GATE_WORDS: Mapping[str, Words] = {
    "people": _l("People: every role is held"),
    "responsible_person": _l("Responsible person named"),
    "curriculum": _l("Curriculum assigned to the operators"),
    "qualified_operators": _l("Operators qualified"),
    "on_the_job_training": _l("On-the-job training completed"),
    "aps": _l("Aseptic process simulation: three successes in a row"),
    "premises_equipment": _l("Premises and equipment qualified"),
    "technical_agreement": _l("Technical agreement in force"),
    "procedures": _l("Procedures and master file issued at the site"),
    "calendar": _l("Calendar of working days agreed"),
    "readiness_audit": _l("Readiness audit of the control site closed"),
}


def computed(*, site_ids: Sequence[UUID], at: datetime) -> Iterator[tuple[UUID, Found]]:
    """Tell whether every role is held at some sites, and whether a responsible person is named (slot ``gates.computed``)."""
    for site_id, held in roles_held(site_ids, at).items():
        missing = [label(role, "role") for role in NEEDED if role not in held]
        words = _("Nobody yet: %(roles)s", roles=", ".join(missing)) if missing else _("Every role is held")
        yield site_id, Found("people", not missing, words)
        named = Role.RESPONSIBLE_PERSON in held
        yield site_id, Found("responsible_person", named, _("Named") if named else _("Nobody yet"))


def register(app: Flask) -> None:
    """Register everything that gates bring."""
    app.register_blueprint(bp)
    labels.register("gate", GATE_WORDS)
    fill("gates.computed", computed)
