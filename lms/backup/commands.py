"""Writing down that an archive was put back."""

from __future__ import annotations

from datetime import datetime

from lms.backup.models import Restoration
from lms.permissions import Permission
from lms.unit_of_work import Work, command


@command(needs=Permission.SYSTEM_RUN)
def record_restoration(
    work: Work, *, archive: str, archive_made_at: datetime, size: int, anchor_size: int | None, agreed: bool
) -> Restoration:
    """Write into the restored trail that, and from what, it was restored."""
    restoration = Restoration(
        archive=archive, archive_made_at=archive_made_at, size=size, anchor_size=anchor_size, agreed=agreed
    )
    work.add(restoration)
    return restoration
