"""Opening a closed deviation again: because its action did not work, or because QA says so."""

from __future__ import annotations

from uuid import UUID

from lms.deviations import rules
from lms.deviations.models import Deviation, DeviationReopening
from lms.extensions import db
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.refusals import NotAllowed
from lms.unit_of_work import Work


def reopen_for_action(work: Work, deviation_id: UUID, capa_id: UUID, capa_number: str) -> None:
    """Open the deviation again from which an action was opened that is shown not to have worked, if it is closed.

    The decision that says so is signed where it was made. Should it be taken back, QA closes the deviation anew: that
    somebody doubted it stays on record.
    """
    deviation = db.session.get_one(Deviation, deviation_id)
    if deviation.state == rules.State.CLOSED:
        open_again(work, deviation, reason=f"{capa_number} did not keep it away.", capa_id=capa_id)


def open_again(work: Work, deviation: Deviation, *, reason: str, capa_id: UUID | None = None) -> DeviationReopening:
    """Open a closed deviation again with a clock of its own; the first due moment and the first closing stay on record."""
    if deviation.state != rules.State.CLOSED:
        message = f"{deviation.number} is not closed."
        raise NotAllowed(message)
    reopening = DeviationReopening(
        deviation_id=deviation.id,
        site_id=deviation.site_id,
        reopened_at=work.at,
        closed_at=deviation.closed_at,
        capa_id=capa_id,
        reason=reason,
    )
    work.add(reopening)
    deviation.state, deviation.closed_at = rules.State.REOPENED, None
    deviation.extended_to = rules.calendar_days_later(work.at, rules.CLOSING_DAYS, zone_of(deviation.site_id))
    if deviation.lead_id is not None and deviation.lead_id != work.actor.person_id:
        target = f"/deviations/{deviation.id}"
        notify(work, deviation.lead_id, "deviation_reopened", target, number=deviation.number, reason=reason[:300])
    return reopening
