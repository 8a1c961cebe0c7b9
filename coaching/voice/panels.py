"""What the waves add to the home page of whoever answers for a site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask_babel import gettext as _

from coaching.voice import queries
from lms.permissions import Actor, Permission
from lms.web.slots import Panel


def owed_panel(*, viewer: Actor, now: datetime) -> Iterator[Panel]:
    """Answer the home page: published waves that the reader's sites have not answered yet."""
    if not viewer.may(Permission.VOICE_ANSWER):
        return
    owed = [row for row in queries.waves(viewer, Permission.VOICE_ANSWER) if not row.answered]
    if owed:
        yield Panel(_("Your teams said something"), "coaching/voice/_owed.html", {"owed": owed}, order=15)
