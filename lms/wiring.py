"""The ground's one entry: its tables, pages, commands, jobs and words."""

from __future__ import annotations

from datetime import time

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms import cli
from lms.annex import registration as annex
from lms.answers import models as answer_models
from lms.answers import registration as answers
from lms.api import models as api_models
from lms.api import registration as api
from lms.attachments import models as attachment_models
from lms.attachments import registration as attachments
from lms.audit import models as audit_models
from lms.audit import registration as audit
from lms.backup import models as backup_models
from lms.backup.cli import backup, restore
from lms.calendars import models as calendar_models
from lms.calendars import registration as calendars
from lms.capas import models as capa_models
from lms.capas import registration as capas
from lms.coding import models as coding_models
from lms.coding import registration as coding
from lms.console import registration as console
from lms.demonstration import playing, ribbon
from lms.demonstration.cli import demo
from lms.demonstration.loading import register_player
from lms.deviations import models as deviation_models
from lms.deviations import registration as deviations
from lms.exposure import models as exposure_models
from lms.exposure import registration as exposure
from lms.gates import models as gate_models
from lms.gates import registration as gates
from lms.identity import models as identity_models
from lms.identity import sessions
from lms.identity.cli import init
from lms.identity.home import evidence, first_steps, own_evidence
from lms.identity.people_views import bp as people
from lms.identity.views import bp as identity
from lms.imports import models as import_models
from lms.imports import registration as imports
from lms.investigations import registration as investigations
from lms.network import models as network_models
from lms.network.views import bp as network
from lms.notifications import models as notification_models
from lms.notifications.digest import send_reminder_digest
from lms.notifications.views import bp as notifications
from lms.outbox import models as outbox_models
from lms.outbox.delivery import deliver_outbox
from lms.permissions import Permission
from lms.planning import models as planning_models
from lms.planning import registration as planning
from lms.recurrences import models as recurrence_models
from lms.recurrences import registration as recurrences
from lms.redactions import models as redaction_models
from lms.redactions import registration as redactions
from lms.reportable import models as reportable_models
from lms.reportable import registration as reportable
from lms.scheduler import jobs
from lms.scheduler import models as scheduler_models
from lms.scheduler.cli import scheduler
from lms.second_coding import models as second_coding_models
from lms.second_coding import registration as second_coding
from lms.signatures import models as signature_models
from lms.site_fields import models as site_field_models
from lms.site_fields import registration as site_fields
from lms.standings import models as standing_models
from lms.standings import registration as standings
from lms.verifications import models as verification_models
from lms.verifications.commands import ask_for_nightly_verification
from lms.verifications.running import verify_as_asked
from lms.verifications.views import bp as verifications
from lms.web import labels, navigation
from lms.web.cli import migrate, migration, run_everything, serve
from lms.web.slots import fill
from lms.web.views import bp as web

#: Imported so that their tables are known; a room's wiring names every one.
TABLES = (
    answer_models,
    attachment_models,
    api_models,
    audit_models,
    backup_models,
    calendar_models,
    capa_models,
    coding_models,
    deviation_models,
    exposure_models,
    gate_models,
    identity_models,
    import_models,
    network_models,
    notification_models,
    outbox_models,
    planning_models,
    recurrence_models,
    reportable_models,
    redaction_models,
    scheduler_models,
    second_coding_models,
    signature_models,
    site_field_models,
    standing_models,
    verification_models,
)


ROLE_WORDS = {
    "operator": _l("Operator"),
    "coach": _l("Coach"),
    "trainer": _l("Trainer"),
    "assessor": _l("Assessor"),
    "qa": _l("QA"),
    "site_lead": _l("Site lead"),
    "responsible_person": _l("Responsible person"),
    "custodian": _l("Survey custodian"),
    "administrator": _l("Administrator"),
    "inspector": _l("Inspector"),
}
SITE_STATE_WORDS = {
    "onboarding": _l("onboarding"),
    "active": _l("active"),
    "paused": _l("paused"),
    "suspended": _l("suspended"),
    "ceased": _l("ceased"),
}
MEANING_WORDS = {
    "authored": _l("Authored"),
    "reviewed": _l("Reviewed"),
    "approved": _l("Approved"),
    "read_and_understood": _l("Read and understood"),
    "performed": _l("Performed"),
    "witnessed": _l("Witnessed"),
    "agreed": _l("Agreed"),
    "confirmed": _l("Confirmed"),
    "overruled": _l("Overruled"),
}


def init_app(app: Flask) -> None:
    """Start the ground."""
    sessions.init_app(app)
    app.register_blueprint(identity)
    app.register_blueprint(network)
    app.register_blueprint(notifications)
    app.register_blueprint(people)
    app.register_blueprint(verifications)
    app.register_blueprint(web)
    annex.register(app)
    answers.register(app)
    attachments.register(app)
    api.register(app)
    audit.register(app)
    calendars.register(app)
    capas.register(app)
    coding.register()
    console.register(app)
    deviations.register(app)
    exposure.register(app)
    gates.register(app)
    imports.register(app)
    investigations.register(app)
    planning.register(app)
    recurrences.register(app)
    reportable.register(app)
    site_fields.register(app)
    second_coding.register(app)
    redactions.register(app)
    standings.register(app)
    ribbon.init_app(app)
    register_player(0, playing.found, playing.play)
    for command in (backup, demo, init, migrate, migration, restore, run_everything, serve, scheduler):
        cli.register(command)
    jobs.register(jobs.Tick("deliver_outbox", deliver_outbox, 2))
    jobs.register(jobs.Tick("verify_as_asked", verify_as_asked, 2))
    jobs.register(jobs.Job("ask_for_nightly_verification", ask_for_nightly_verification, daily_at=time(2)))
    jobs.register(jobs.Job("send_reminder_digest", send_reminder_digest, daily_at=time(5)))
    navigation.register(navigation.Entry("web.today", _l("Today"), "today", Permission.HOME_SEE, 0, "web.today"))
    navigation.register(navigation.Entry("network.index", _l("Sites"), "site", Permission.NETWORK_SEE, 80, "network."))
    navigation.register(navigation.Entry("people.index", _l("People"), "people", Permission.PEOPLE_SEE, 81, "people."))
    labels.register("role", ROLE_WORDS)
    labels.register("meaning", MEANING_WORDS)
    labels.register("site_state", SITE_STATE_WORDS)
    labels.register("notification", {"role_waits": _l("A role of %(name)s waits for your approval")})
    fill("home.panels", first_steps)
    fill("home.instead", evidence)
    fill("home.evidence", own_evidence)
    labels.register(
        "notification", {"trail_disagrees": _l("The trail does not agree with itself. Findings: %(count)s")}
    )
