"""What the newest verifications found, and which backups were put back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lms.audit.models import AuditEvent
from lms.backup.models import Restoration
from lms.extensions import db
from lms.permissions import Actor, Permission
from lms.verifications.models import TrailVerification

#: Verifications that the page lists, and findings that it spells out.
LISTED = 30
SPELLED_OUT = 50


@dataclass(frozen=True, slots=True)
class Made:
    """A verification that was made: when, for whom, whether all agreed, and its report (``VerifyReport.as_json``)."""

    id: UUID
    made_at: datetime
    asked_by: str
    agreed: bool
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """One that waits or runs. ``percent`` is None until the first events are read."""

    id: UUID
    asked_at: datetime
    percent: int | None


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was put back: when, of which moment, why, and whether everything agreed then."""

    at: datetime
    made_at: datetime
    size: int
    reason: str
    against_outside: bool
    agreed: bool


def made(reader: Actor) -> list[Made]:
    """Return the newest verifications. What they found is spelled out for readers of the whole network only.

    A finding names records of any site, so a reader of some sites gets the verdict and the counts.
    """
    whole = reader.sites_for(Permission.TRAIL_SEE) is None
    newest = (
        select(TrailVerification)
        .where(TrailVerification.made_at.is_not(None))
        .order_by(TrailVerification.made_at.desc())
        .limit(LISTED)
    )
    rows = []
    for row in db.session.scalars(newest):
        report = json.loads(row.report)
        report["findings"] = report["findings"][:SPELLED_OUT] if whole else []
        report["first"] = report["first"] if whole else None
        rows.append(Made(row.id, row.made_at or row.asked_at, row.asked_by, bool(row.agreed), report))
    return rows


def under_way() -> UnderWay | None:
    """Return the verification that waits or runs."""
    row = db.session.scalar(
        select(TrailVerification)
        .where(TrailVerification.made_at.is_(None))
        .order_by(TrailVerification.asked_at)
        .limit(1)
    )
    if row is None:
        return None
    return UnderWay(row.id, row.asked_at, 100 * row.done // row.total if row.total else None)


def restorations() -> list[Restored]:
    """Return every backup that was put back, newest first."""
    written = select(AuditEvent).where(AuditEvent.rtype == Restoration.__tablename__).order_by(AuditEvent.at.desc())
    events = db.session.scalars(written).all()
    rows = {str(row.id): row for row in db.session.scalars(select(Restoration))}
    return [
        Restored(
            event.at,
            row.archive_made_at,
            row.size,
            json.loads(event.body)["reason"] or "",
            row.anchor_size is not None,
            row.agreed,
        )
        for event in events
        if (row := rows.get(event.rid)) is not None
    ]
