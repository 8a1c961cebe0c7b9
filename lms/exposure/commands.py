"""Changes of batches. Every rate divides by them, so a batch is recorded when it starts, whatever becomes of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from lms.exposure.models import Batch, Disposition
from lms.extensions import db
from lms.network.models import Site, Team
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.unit_of_work import Work, command


@command(needs=Permission.EXPOSURE_RECORD)
def record_batch(
    work: Work,
    *,
    site_id: UUID,
    number: str,
    product: str,
    started_on: date,
    team_id: UUID | None = None,
    process_version: str = "",
) -> Batch:
    """Record a batch that was started. Raises ``NotAllowed`` for a number that is taken or a team of another site."""
    if db.session.get(Site, site_id) is None or not work.actor.may(Permission.EXPOSURE_RECORD, site_id):
        raise NotFound("There is no such site among yours.")
    if db.session.scalar(select(Batch.id).where(Batch.number == number)) is not None:
        message = f"The batch number {number} is recorded already."
        raise NotAllowed(message, field="number")
    _check_team(site_id, team_id)
    batch = Batch(
        number=number,
        site_id=site_id,
        team_id=team_id,
        product=product,
        process_version=process_version,
        started_on=started_on,
        disposition=Disposition.PENDING,
    )
    work.add(batch)
    return batch


@command(needs=Permission.EXPOSURE_RECORD)
def finish_batch(work: Work, batch_id: UUID, *, version: int, finished_on: date, disposition: str) -> Batch:
    """Record the last day and what became of the batch. Raises ``NotAllowed`` for a day before its start."""
    batch = get_scoped(Batch, batch_id, work.actor, Permission.EXPOSURE_RECORD)
    if batch.version != version:
        raise StaleForm("Somebody changed this batch meanwhile. Compare and send again.")
    if finished_on < batch.started_on:
        raise NotAllowed("The batch cannot end before it started.", field="finished_on")
    if disposition not in set(Disposition):
        raise NotAllowed("Choose what became of the batch from the list.", field="disposition")
    batch.finished_on, batch.disposition = finished_on, disposition
    return batch


@command(needs=Permission.EXPOSURE_RECORD)
def correct_batch(
    work: Work, batch_id: UUID, *, product: str, started_on: date, team_id: UUID | None, process_version: str
) -> Batch:
    """Correct what was recorded about a batch; the old values stay in its history."""
    batch = get_scoped(Batch, batch_id, work.actor, Permission.EXPOSURE_RECORD)
    if batch.finished_on is not None and started_on > batch.finished_on:
        raise NotAllowed("The batch cannot start after it ended.", field="started_on")
    _check_team(batch.site_id, team_id)
    batch.product, batch.process_version = product, process_version
    batch.started_on, batch.team_id = started_on, team_id
    return batch


def _check_team(site_id: UUID, team_id: UUID | None) -> None:
    team = db.session.get(Team, team_id) if team_id else None
    if team_id and (team is None or team.site_id != site_id):
        raise NotAllowed("Choose a team of this site, or none.", field="team")
