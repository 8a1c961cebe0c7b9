"""The training section of a site's annual annex (slot ``annex.sections``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _

from assessments.annex.queries import trained
from lms.annex.sections import Section


def training(*, site_id: UUID, first: datetime, until: datetime) -> Iterator[Section]:
    """Give training by task: granted and withdrawn in the year, and how many people hold it at the end of it."""
    rows = [
        (row.task, str(row.granted), str(row.withdrawn), str(row.holding)) for row in trained(site_id, first, until)
    ]
    headings = (_("Task"), _("Qualifications granted"), _("Withdrawn"), _("People qualified at the end"))
    yield Section(_("Training"), headings, rows)
