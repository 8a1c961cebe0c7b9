"""What the promise of an answer puts on pages of others: its line on the record of a deviation."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask_babel import gettext as _

from lms import clock
from lms.answers.queries import promise_of
from lms.permissions import Actor
from lms.web.slots import Panel


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Give the record of a deviation the promise that its reporter was made."""
    promise = promise_of(viewer, deviation_id)
    if promise is not None:
        yield Panel(_("Answer to the reporter"), "lms/answers/_panel.html", {"p": promise, "at": clock.now()}, order=5)
