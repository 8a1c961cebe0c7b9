"""Baselines of a site: the one in force, and every version there ever was with its signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from behavior_metrics.baselines.models import RateBaseline
from behavior_metrics.baselines.watching import Baseline
from behavior_metrics.counting.queries import SEE
from behavior_metrics.months.rules import Month
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor
from lms.scope import within
from lms.signatures.queries import SignatureRow, signatures_on_many


@dataclass(frozen=True, slots=True)
class BaselineRow:
    """A version as listed, with who froze it, when, why, and the signatures on it."""

    baseline: Baseline
    reason: str
    frozen_by: str
    frozen_at: datetime
    method_version: int
    signed: Sequence[SignatureRow]

    @property
    def months(self) -> list[tuple[Month, int, int, int]]:
        """Its months as they were signed."""
        return [(Month(row[0]), *row[1:]) for row in self.baseline.months]


def in_force(reader: Actor, site_id: UUID) -> Baseline | None:
    """Return the newest baseline of a site; None without any, and of a site that is not the reader's."""
    found = db.session.scalar(
        select(RateBaseline)
        .where(RateBaseline.site_id == site_id, within(RateBaseline.site_id, reader, SEE))
        .order_by(RateBaseline.number.desc())
        .limit(1)
    )
    return _read(found) if found else None


def versions(reader: Actor, site_id: UUID) -> list[BaselineRow]:
    """Return every version of a site's baseline, newest first, in two statements."""
    rows = db.session.execute(
        select(RateBaseline, Person.given_name, Person.family_name)
        .join(Person, Person.id == RateBaseline.frozen_by_id)
        .where(RateBaseline.site_id == site_id, within(RateBaseline.site_id, reader, SEE))
        .order_by(RateBaseline.number.desc())
    ).all()
    signed = signatures_on_many([row[0] for row in rows])
    return [
        BaselineRow(_read(b), b.reason, f"{given} {family}", b.frozen_at, b.method_version, signed[b.id])
        for b, given, family in rows
    ]


def newest_number(site_id: UUID) -> int:
    """Return the number of the newest baseline of a site, 0 without any."""
    return db.session.scalar(select(func.max(RateBaseline.number)).where(RateBaseline.site_id == site_id)) or 0


def _read(found: RateBaseline) -> Baseline:
    months = tuple((row[0], row[1], row[2], row[3]) for row in found.months)
    return Baseline(found.number, Month.of(found.first_day), Month.of(found.last_day), months, found.thresholds)
