"""What reports to authorities put on other pages: the panel of a deviation."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask_babel import gettext as _

from lms import clock
from lms.permissions import Actor, Permission
from lms.reportable import queries
from lms.web.slots import Panel


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Give the record of a deviation the duties to report, and how it stands under them."""
    values = {
        "standings": queries.of_deviation(viewer, deviation_id),
        "may_decide": viewer.may(Permission.DEVIATION_TRIAGE),
        "deviation_id": deviation_id,
        "at": clock.now(),
    }
    yield Panel(_("Reportable?"), "lms/reportable/_panel.html", values, order=5)
