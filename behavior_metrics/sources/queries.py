"""The records that a frame's counts were made from, one by one: what a kept study is held against."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, select

from behavior_metrics.counting.queries import FIGURES, SEE, confirmed, spans
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.queries import Places, within_span
from lms.deviations.models import Deviation
from lms.deviations.taxonomy import CORE
from lms.exposure.models import Batch
from lms.extensions import db
from lms.network.models import Network, Site
from lms.permissions import Actor
from lms.scope import within


@dataclass(frozen=True, slots=True)
class Counted:
    """A confirmed recurrence or a batch that a frame counts: its number, its team and quarter, and as what it counts."""

    number: str
    team: UUID | None
    quarter: Quarter
    kinds: str


def counted_recurrences(reader: Actor, here: Places, window: Window) -> list[Counted]:
    """Return the recurrences behind a frame, by number. Their kinds are the outcomes each counts for."""
    span = spans({site.zone for site in here.sites} or {"UTC"}, [quarter.index for quarter in window.quarters])
    outcomes = ("self_reported", "independent", "major")
    columns = [case((FIGURES[name], 1), else_=0) for name in outcomes]
    statement = within_span(select(Deviation.number, Deviation.team_id, span.c.quarter, *columns), reader, span, None)
    statement = statement.where(confirmed).order_by(Deviation.number)
    return [
        Counted(
            number,
            team,
            Quarter(quarter),
            " ".join(name for name, is_one in zip(outcomes, ones, strict=True) if is_one),
        )
        for number, team, quarter, *ones in db.session.execute(statement)
    ]


def counted_batches(reader: Actor, window: Window) -> list[tuple[str, str, str]]:
    """Return site, number and first day of the batches behind a frame, in this order."""
    statement = (
        select(Site.code, Batch.number, Batch.started_on)
        .join(Site, Site.id == Batch.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(
            Network.taxonomy == CORE,
            within(Site.id, reader, SEE),
            Batch.started_on.between(window.quarters[0].first_day, window.quarters[-1].last_day),
        )
        .order_by(Site.code, Batch.number, Batch.started_on)
    )
    return [(site, number, str(day)) for site, number, day in db.session.execute(statement)]
