"""The trail joins the application: its page, its commands, its beat, its words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms import cli
from lms.audit import discretion, names
from lms.audit.cli import audit
from lms.audit.jobs import register_jobs
from lms.audit.views import bp
from lms.deviations.models import Deviation
from lms.exposure.models import Batch
from lms.identity.models import Account, Person
from lms.network.models import Site, Team
from lms.permissions import Permission
from lms.web import labels, navigation

FIELD_WORDS = {
    "at": _l("moment"), "valid_from": _l("from"), "valid_to": _l("until"), "is_active": _l("active"),
    "employee_no": _l("employee number"), "password_hash": _l("password"),
}  # fmt: skip


def register(app: Flask) -> None:
    """Register everything that the trail brings."""
    app.register_blueprint(bp)
    cli.register(audit)
    register_jobs()
    navigation.register(navigation.Entry("audit.trail", _l("Trail"), "rec", Permission.TRAIL_SEE, 90, "audit"))
    labels.register("field", FIELD_WORDS)
    labels.register("record", {"restoration": _l("restoration of a backup")})
    person = Person.given_name + " " + Person.family_name
    names.register(Person.id, person)
    names.register(Account.id, person, Account.__table__.join(Person.__table__, Person.id == Account.person_id))
    names.register(Site.id, Site.name)
    names.register(Team.id, Team.name)
    names.register(Deviation.id, Deviation.number)
    names.register(Batch.id, Batch.number)
    discretion.keep_back("person_involved", Permission.DEVIATION_TRIAGE)
