"""What redactions put on pages of others: their panel beside the record of a deviation."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask_babel import gettext as _

from lms.permissions import Actor, Permission
from lms.redactions.queries import redactions_of
from lms.web.slots import Panel


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Give the record of a deviation what was redacted from it, and QA the way to redact."""
    rows = redactions_of(viewer, deviation_id)
    may_redact = viewer.may(Permission.DEVIATION_REDACT)
    if rows or may_redact:
        values = {"rows": rows, "may_redact": may_redact, "deviation_id": deviation_id}
        yield Panel(_("Redactions"), "lms/redactions/_panel.html", values, order=40)
