"""The training section of a site's annual annex (slot ``annex.panels``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _

from assessments.annex.queries import trained
from lms.web.slots import Panel


def training(*, site_id: UUID, first: datetime, until: datetime) -> Iterator[Panel]:
    """Give training by task."""
    yield Panel(
        _("Training"), "assessments/_annex_training.html", {"rows": trained(site_id, first, until), "until": until}
    )
