"""Changing what a site permits at remote reviews."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from coaching.meeting_rules import rules
from coaching.meeting_rules.models import MeetingRules
from coaching.meeting_rules.rules import Permitted
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, command


@command(needs=Permission.CALENDAR_MANAGE)
def set_meeting_rules(work: Work, site_id: UUID, *, version: int, permitted: Permitted, reason: str) -> MeetingRules:
    """Say what a site permits, with a reason. Reviews that are planned keep their way of meeting.

    ``version`` is that of the rules shown, 0 if there were none. Raises ``NotAllowed`` for rules that contradict themselves.
    """
    if db.session.get(Site, site_id) is None or not work.actor.may(Permission.CALENDAR_MANAGE, site_id):
        raise NotFound("There is no such site among yours.")
    rules.check_rules(permitted)
    if not reason.strip():
        raise NotAllowed("Say why the rules are changed.", field="reason")
    row = db.session.scalar(select(MeetingRules).where(MeetingRules.site_id == site_id))
    if version != (row.version if row is not None else 0):
        raise StaleForm("Somebody changed these rules meanwhile. Compare and send again.")
    if row is None:
        row = MeetingRules(site_id=site_id)
        work.add(row)
    row.video_allowed, row.camera_in_gmp_area = permitted.video_allowed, permitted.camera_in_gmp_area
    row.recording, row.retention_class = permitted.recording, permitted.retention_class.strip()
    row.usual_link = permitted.usual_link.strip()
    return row
