"""What happened before and after an action, counted from the records of its site as its plan says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from lms.capas.models import EffectivenessCheck
from lms.capas.rules import Seen
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED
from lms.exposure.models import Batch
from lms.extensions import db
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R3, Decision
from lms.refusals import NotAllowed
from lms.web.times import start_of_day


class CountedCapa(Protocol):
    """What the count needs to know of an action."""

    @property
    def id(self) -> UUID:
        """The action."""

    @property
    def site_id(self) -> UUID:
        """Its site."""

    @property
    def implemented_on(self) -> date | None:
        """The day on which it was in place."""

    @property
    def grace_days(self) -> int:
        """Days after it that do not count."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts, the days at the site over which they were made, and what is missing for a verdict."""

    seen: Seen
    before_from: date
    before_to: date
    after_from: date
    after_to: date
    #: How far the window has come, in words; empty if it is over.
    missing: str


def seen(capa: CountedCapa, check: EffectivenessCheck, *, zone: str, today: date) -> Counted:
    """Return what happened in the days before the action was in place and since, grace left out, up to today.

    Events are dated by the day on which they occurred at the site (``zone``), batches by the day on which they began. The
    days of grace belong to neither side. Raises ``NotAllowed`` if the action is not in place.
    """
    if capa.implemented_on is None:
        raise NotAllowed("The action is not in place yet, so there is nothing to compare.")
    before_from = capa.implemented_on - timedelta(days=check.baseline_days)
    before_to = capa.implemented_on - timedelta(days=1)
    after_from = capa.implemented_on + timedelta(days=capa.grace_days + 1)
    before = select(func.count(Deviation.id)).where(*_events(capa, check, before_from, before_to, zone))
    after = select(func.count(Deviation.id)).where(*_events(capa, check, after_from, today, zone))
    came_back = select(func.count(Recurrence.id)).where(
        Recurrence.capa_id == capa.id, Recurrence.rule == R3, Recurrence.decision == Decision.CONFIRMED
    )
    counts = (
        before,
        _batches(capa, before_from, before_to),
        after,
        _batches(capa, after_from, today),
        after.where(Deviation.severity == "critical"),
        came_back,
    )
    found = Seen(*db.session.execute(select(*(count.scalar_subquery() for count in counts))).one())
    days = max((today - after_from).days + 1, 0)
    short = days < check.window_days or found.batches_after < check.batches_needed
    missing = f"{days} of {check.window_days} days and {found.batches_after} of {check.batches_needed} batches"
    return Counted(found, before_from, before_to, after_from, today, missing if short else "")


def _events(
    capa: CountedCapa, check: EffectivenessCheck, first: date, last: date, zone: str
) -> list[ColumnElement[bool]]:
    codes = {
        Deviation.process_step: check.process_step,
        Deviation.category: check.category,
        Deviation.root_cause_class: check.root_cause_class,
    }
    return [
        Deviation.site_id == capa.site_id,
        Deviation.state.in_(CLASSIFIED),
        *(column == code for column, code in codes.items() if code),
        Deviation.occurred_at >= start_of_day(first, zone),
        Deviation.occurred_at < start_of_day(last + timedelta(days=1), zone),
    ]


def _batches(capa: CountedCapa, first: date, last: date) -> Select[int]:
    return select(func.count(Batch.id)).where(
        Batch.site_id == capa.site_id, Batch.started_on >= first, Batch.started_on <= last
    )
