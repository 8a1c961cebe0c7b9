"""Asking for a verification of the trail, and keeping what it found."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import select

from lms.audit.report import VerifyReport
from lms.extensions import db
from lms.identity.queries import holders_in_network
from lms.notifications.commands import notify
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import Work, command
from lms.verifications.models import TrailVerification

#: Who is told that the trail does not agree.
TOLD = (Role.QA, Role.RESPONSIBLE_PERSON, Role.ADMINISTRATOR)


@command(needs=Permission.TRAIL_SEE)
def ask_for_verification(work: Work) -> TrailVerification:
    """Ask for a verification; the scheduler makes it. Raises ``NotAllowed`` while one waits or runs."""
    waiting = select(TrailVerification.id).where(TrailVerification.made_at.is_(None))
    if db.session.scalar(waiting.limit(1)) is not None:
        raise NotAllowed("A verification is under way already. What it finds appears here.")
    asked = TrailVerification(asked_at=work.at, asked_by="" if work.actor.is_system else work.actor.name)
    work.add(asked)
    return asked


@command(needs=Permission.SYSTEM_RUN)
def ask_for_nightly_verification(work: Work) -> str:
    """Ask for tonight's verification, unless one waits or runs."""
    try:
        ask_for_verification(work)
    except NotAllowed:
        return "one is under way"
    return "asked for"


@command(needs=Permission.SYSTEM_RUN)
def keep_verification(work: Work, verification_id: UUID, report: VerifyReport) -> None:
    """Keep what a verification found, and tell who answers for the trail if something does not agree."""
    made = db.session.get_one(TrailVerification, verification_id)
    made.made_at, made.agreed, made.report = work.at, report.ok, json.dumps(report.as_json(), sort_keys=True)
    made.done = made.total
    if not report.ok:
        for person_id in holders_in_network(TOLD, work.at.date()):
            notify(work, person_id, "trail_disagrees", "/trail/verification", count=report.found)
