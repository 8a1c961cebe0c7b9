"""Other systems join the application: their routes, the page that lets them in, and their words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from lms.api import rest
from lms.api.export_views import bp as exports
from lms.api.models import Integration
from lms.api.views import bp as pages
from lms.audit import names
from lms.web import labels

PERMISSION_WORDS = {
    "deviation.see": _l("Read deviations"),
    "deviation.raise": _l("Record deviations"),
    "deviation.triage": _l("Classify and close deviations"),
    "exposure.record": _l("Record batches, planned batches and work by month"),
}
STATE_WORDS = {
    "waits": _l("waits for QA"),
    "no_token": _l("approved, no valid token"),
    "works": _l("works"),
    "ended": _l("ended"),
}


def register(app: Flask) -> None:
    """Register everything that other systems bring."""
    app.register_blueprint(rest.bp)
    app.register_blueprint(pages)
    app.register_blueprint(exports)
    labels.register("api_permission", PERMISSION_WORDS)
    labels.register("integration_state", STATE_WORDS)
    labels.register("role", {"integration": _l("Integration")})
    names.register(Integration.id, Integration.name)
