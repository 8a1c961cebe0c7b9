"""Taking a report with its receipt, and reminding QA of the answers that are due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select

from lms.answers.models import AnswerPromise
from lms.answers.rules import moments
from lms.calendars.queries import free_days
from lms.deviations.commands import raise_deviation
from lms.deviations.models import Deviation
from lms.deviations.rules import Further
from lms.extensions import db
from lms.identity.queries import holders
from lms.network.models import Site
from lms.notifications.commands import notify
from lms.permissions import Permission, Role
from lms.unit_of_work import Work, command
from lms.web.times import local_day, show_moment


@command(needs=Permission.DEVIATION_RAISE)
def report_deviation(
    work: Work,
    *,
    site_id: UUID,
    description: str,
    occurred_at: datetime,
    process_step: str = "",
    immediate_action: str = "",
    late_reason: str = "",
    kind: str = "good_catch",
    detection_channel: str = "performer",
    further: Further | None = None,
    own: Mapping[UUID, str] = MappingProxyType({}),
    draft: UUID | None = None,
) -> Deviation:
    """Record what somebody reports and promise them QA's answer.

    A draft that was sent before gives the record it became: who lost the receipt with the network may send again.
    """
    sent = _sent_before(draft) if draft is not None else None
    if sent is not None and sent.reported_by_id == work.actor.person_id:
        return sent
    deviation = raise_deviation(
        work,
        site_id=site_id,
        description=description,
        occurred_at=occurred_at,
        process_step=process_step,
        immediate_action=immediate_action,
        late_reason=late_reason,
        kind=kind,
        detection_channel=detection_channel,
        further=further,
        own=own,
    )
    zone = db.session.get_one(Site, site_id).zone
    when = moments(work.at, zone, free_days(site_id, local_day(work.at, zone)))
    work.add(
        AnswerPromise(
            deviation_id=deviation.id,
            site_id=site_id,
            draft=None if sent else draft,
            due_at=when.due_at,
            remind_at=when.remind_at,
        )
    )
    return deviation


@command(needs=Permission.SYSTEM_RUN)
def remind_of_answers(work: Work) -> str:
    """Remind QA, once for each report, of the answer that is due within a working day."""
    waiting = db.session.execute(
        select(AnswerPromise, Deviation.number, Site.zone)
        .join(Deviation, Deviation.id == AnswerPromise.deviation_id)
        .join(Site, Site.id == AnswerPromise.site_id)
        .where(
            AnswerPromise.answered_at.is_(None),
            AnswerPromise.reminded_at.is_(None),
            AnswerPromise.remind_at <= work.at,
        )
        .order_by(AnswerPromise.due_at, AnswerPromise.id)
    ).all()
    for promise, number, zone in waiting:
        promise.reminded_at = work.at
        due = show_moment(promise.due_at, zone)
        for person_id, _name in holders(Role.QA, promise.site_id, local_day(work.at, zone)):
            notify(work, person_id, "answer_due", f"/deviations/{promise.deviation_id}/triage", number=number, due=due)
    return f"{len(waiting)} answers are due"


def _sent_before(draft: UUID) -> Deviation | None:
    statement = select(Deviation).join(AnswerPromise, AnswerPromise.deviation_id == Deviation.id)
    return db.session.scalar(statement.where(AnswerPromise.draft == draft))
