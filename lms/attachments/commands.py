"""Adding a file to a deviation."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from lms.attachments.models import Attachment
from lms.attachments.rules import check_may_attach, take
from lms.attachments.storage import Storage
from lms.deviations.models import Deviation
from lms.deviations.rules import State
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command


@command(needs=Permission.DEVIATION_RAISE)
def attach_file(work: Work, deviation_id: UUID, *, name: str, data: bytes) -> Attachment:
    """Add a file to a deviation: by whoever raised it, or who may read it. Raises ``NotAllowed`` for what is not taken."""
    deviation = db.session.get(Deviation, deviation_id)
    if deviation is None or work.actor.person_id is None or not _may(work, deviation):
        raise NotFound("There is no such deviation at your sites.")
    of_deviation = select(func.count()).where(Attachment.deviation_id == deviation_id)
    is_open = deviation.state not in {State.CLOSED, State.REJECTED_DUPLICATE}
    check_may_attach(deviation.number, db.session.scalar(of_deviation) or 0, is_open=is_open)
    taken = take(name, data)
    digest = Storage.here().keep(taken.data)
    if db.session.scalar(of_deviation.where(Attachment.sha256 == digest)):
        raise NotAllowed(f"{deviation.number} has this very file already.", field="file")
    attachment = Attachment(
        deviation_id=deviation_id,
        site_id=deviation.site_id,
        name=taken.name,
        media_type=taken.media_type,
        size=len(taken.data),
        sha256=digest,
        added_at=work.at,
        added_by_id=work.actor.person_id,
    )
    work.add(attachment)
    return attachment


def _may(work: Work, deviation: Deviation) -> bool:
    own = deviation.reported_by_id == work.actor.person_id
    return own or work.actor.may(Permission.DEVIATION_SEE, deviation.site_id)
