"""What another system may record of batches, of plans and of work by month: each once, by the commands of the pages."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select

from lms.api.commands import done_before, lock_site, remember
from lms.exposure.commands import record_batch
from lms.exposure.models import Batch
from lms.extensions import db
from lms.permissions import Permission
from lms.planning.commands import plan_batch, record_exposure
from lms.planning.models import ExposurePeriod, PlannedBatch
from lms.refusals import StaleForm
from lms.unit_of_work import Command, Work, command

Recorded = Batch | PlannedBatch | ExposurePeriod
R = TypeVar("R", Batch, PlannedBatch, ExposurePeriod)


@command(needs=Permission.EXPOSURE_RECORD)
def receive_batch(
    work: Work, *, site_id: UUID, key: str, fingerprint: str, values: dict[str, Any]
) -> tuple[Recorded, bool]:
    """Record a batch that has started, once for its number and once for its ``Idempotency-Key``.

    Returns the record and whether it is new, as the two below do. All three raise ``NotAllowed`` for a key that came with
    another request, and ``StaleForm`` if the same is recorded with other values: they create, and correct nothing.
    """
    known = select(Batch).where(Batch.number == values["number"])
    return _once(work, Batch, record_batch, known, key, fingerprint, {**values, "site_id": site_id})


@command(needs=Permission.EXPOSURE_RECORD)
def receive_planned_batch(
    work: Work, *, site_id: UUID, key: str, fingerprint: str, values: dict[str, Any]
) -> tuple[Recorded, bool]:
    """Plan a batch, without a roster, once for its number and once for its ``Idempotency-Key``."""
    known = select(PlannedBatch).where(PlannedBatch.number == values["number"])
    return _once(work, PlannedBatch, plan_batch, known, key, fingerprint, {**values, "site_id": site_id})


@command(needs=Permission.EXPOSURE_RECORD)
def receive_exposure(
    work: Work, *, site_id: UUID, key: str, fingerprint: str, values: dict[str, Any]
) -> tuple[Recorded, bool]:
    """Record the work of a month, once for site, team, month and unit and once for its ``Idempotency-Key``."""
    values = {"team_id": None, **values, "site_id": site_id}
    known = select(ExposurePeriod).filter_by(**{name: value for name, value in values.items() if name != "count"})
    return _once(work, ExposurePeriod, record_exposure, known, key, fingerprint, values)


def _once(
    work: Work,
    model: type[R],
    record: Command[..., R],
    known: Select[R],
    key: str,
    fingerprint: str,
    values: dict[str, Any],
) -> tuple[Recorded, bool]:
    lock_site(values["site_id"])
    done = done_before(work, key, fingerprint)
    if done is not None:
        return db.session.get_one(model, done), False
    there = db.session.scalar(known)
    if there is not None:
        if any(getattr(there, name) != value for name, value in values.items()):
            raise StaleForm("The same is recorded already, with other values. Compare, and correct it on its page.")
        return there, False
    made = record(work, **values)
    db.session.flush()
    remember(work, key, fingerprint, made.id)
    return made, True
