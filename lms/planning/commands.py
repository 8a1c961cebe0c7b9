"""Planning a batch, starting or cancelling it, and counting the work of a month."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from lms.exposure.commands import record_batch
from lms.exposure.models import Batch
from lms.extensions import db
from lms.network.models import Site, Team
from lms.permissions import Actor, Permission
from lms.planning import rules
from lms.planning.models import ExposurePeriod, PlannedBatch
from lms.planning.rules import State, Unit
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.standings.queries import state_of
from lms.unit_of_work import Work, command
from lms.web.times import local_day

_RECORD = Permission.EXPOSURE_RECORD


@command(needs=Permission.EXPOSURE_RECORD)
def plan_batch(
    work: Work,
    *,
    site_id: UUID,
    number: str,
    product: str,
    process: str,
    starts_at: datetime,
    ends_at: datetime,
    team_id: UUID | None = None,
    process_version: str = "",
) -> PlannedBatch:
    """Plan a batch at a site that works. Raises ``NotAllowed`` for a number that is taken, a time that is over, or a pause."""
    site = _site(work.actor, site_id)
    rules.check_times(starts_at, ends_at, work.at)
    _check_team(site_id, team_id)
    rules.check_works(site.name, site.state)
    taken = select(PlannedBatch.id).where(PlannedBatch.number == number)
    if db.session.scalar(taken) is not None or db.session.scalar(select(Batch.id).where(Batch.number == number)):
        message = f"The batch number {number} is taken."
        raise NotAllowed(message, field="number")
    planned = PlannedBatch(
        number=number,
        site_id=site_id,
        team_id=team_id,
        product=product,
        process=process,
        process_version=process_version,
        starts_at=starts_at,
        ends_at=ends_at,
        state=State.PLANNED,
    )
    work.add(planned)
    return planned


@command(needs=Permission.EXPOSURE_RECORD)
def start_planned_batch(work: Work, planned_id: UUID, *, version: int) -> Batch:
    """Record that a planned batch has started: from now on it is a batch. Refused while its site or team is held back."""
    planned = _current(work.actor, planned_id, version)
    site = _site(work.actor, planned.site_id)
    rules.check_works(site.name, site.state)
    if planned.team_id is not None:
        team = db.session.get_one(Team, planned.team_id)
        rules.check_works(team.name, state_of(site.id, team_id=team.id))
    batch = record_batch(
        work,
        site_id=planned.site_id,
        number=planned.number,
        product=planned.product,
        started_on=local_day(work.at, site.zone),
        team_id=planned.team_id,
        process_version=planned.process_version,
    )
    db.session.flush()
    planned.state, planned.batch_id = State.STARTED, batch.id
    return batch


@command(needs=Permission.EXPOSURE_RECORD)
def cancel_planned_batch(work: Work, planned_id: UUID, *, version: int) -> PlannedBatch:
    """Cancel a planned batch; the reason stands in the trail. Its roster binds nobody any more."""
    planned = _current(work.actor, planned_id, version)
    planned.state = State.CANCELLED
    return planned


@command(needs=Permission.EXPOSURE_RECORD)
def record_exposure(
    work: Work, *, site_id: UUID, team_id: UUID | None, month: date, unit: str, count: int
) -> ExposurePeriod:
    """Record, or correct, the work of a site or team in a month. The old count stays in its history."""
    site = _site(work.actor, site_id)
    _check_team(site_id, team_id)
    month = month.replace(day=1)
    rules.check_exposure(month, count, local_day(work.at, site.zone))
    if unit not in set(Unit):
        raise NotAllowed("Choose what is counted.", field="unit")
    of_team = ExposurePeriod.team_id.is_(None) if team_id is None else ExposurePeriod.team_id == team_id
    same = select(ExposurePeriod).where(
        ExposurePeriod.site_id == site_id, of_team, ExposurePeriod.month == month, ExposurePeriod.unit == unit
    )
    period = db.session.scalar(same)
    if period is None:
        period = ExposurePeriod(site_id=site_id, team_id=team_id, month=month, unit=unit, count=count)
        work.add(period)
    period.count = count
    return period


def _site(actor: Actor, site_id: UUID) -> Site:
    """Return the site, locked, so that no batch is planned or started beside a pause, and no month is counted twice."""
    site = db.session.get(Site, site_id, with_for_update=True, populate_existing=True)
    if site is None or not actor.may(_RECORD, site_id):
        raise NotFound("There is no such site among yours.")
    return site


def _check_team(site_id: UUID, team_id: UUID | None) -> None:
    team = db.session.get(Team, team_id) if team_id else None
    if team_id and (team is None or team.site_id != site_id):
        raise NotAllowed("Choose a team of this site, or none.", field="team")


def _current(actor: Actor, planned_id: UUID, version: int) -> PlannedBatch:
    planned = get_scoped(PlannedBatch, planned_id, actor, _RECORD)
    if planned.version != version:
        raise StaleForm("Somebody changed this planned batch meanwhile. Compare and send again.")
    rules.check_still_planned(planned.number, planned.state)
    return planned
