"""What observed runs put on the home page: drafts that wait for their signature."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from assessments.observations import queries
from lms.permissions import Actor, Permission
from lms.web.slots import Todo


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:  # noqa: ARG001 - the slot's question
    """Give the assessor each run that is marked and not signed."""
    if not viewer.may(Permission.OBSERVATION_RECORD):
        return
    for draft in queries.observations(viewer, only_own_drafts=True):
        title = _("Sign the observed run of %(name)s", name=draft.trainee_name)
        text = _("Until it is signed it counts for nothing. Batch %(batch)s.", batch=draft.batch or "–")
        target = url_for("observations.record", observation_id=draft.id)
        yield Todo(draft.observed_at, title, text, target, _("Open the draft"))
