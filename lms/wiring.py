"""The ground's one entry: its tables, pages, commands, jobs and words."""

from __future__ import annotations

from flask import Flask

from lms.audit import models as audit_models
from lms.deviations import models as deviation_models
from lms.exposure import models as exposure_models
from lms.identity import models as identity_models
from lms.identity import sessions
from lms.identity.views import bp as identity
from lms.network import models as network_models
from lms.notifications import models as notification_models
from lms.outbox import models as outbox_models
from lms.scheduler import models as scheduler_models
from lms.signatures import models as signature_models
from lms.web.views import bp as web

#: Imported so that their tables are known; a room's wiring names every one.
TABLES = (
    audit_models, deviation_models, exposure_models, identity_models, network_models, notification_models, outbox_models,
    scheduler_models, signature_models,
)


def init_app(app: Flask) -> None:
    """Start the ground."""
    sessions.init_app(app)
    app.register_blueprint(identity)
    app.register_blueprint(web)
