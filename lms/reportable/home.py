"""What reports to authorities put on other pages: the panel of a deviation."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask_babel import gettext as _

from lms.permissions import Actor
from lms.web.slots import Panel


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Give the record of a deviation the duties to report, which the browser fetches beside the page."""
    yield Panel(_("Reportable?"), "lms/reportable/_panel.html", {"deviation_id": deviation_id}, order=5)
