"""The newest run, and what goes into the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import Places
from behavior_metrics.months.queries import monthly
from behavior_metrics.months.rules import Month, until
from behavior_metrics.rollout.estimates import SiteMonth, SiteStart, Told, from_text
from behavior_metrics.rollout.models import RolloutRun
from coaching.api import first_held
from lms.extensions import db
from lms.permissions import Actor
from lms.web.times import local_day

#: Months that a run looks back.
MONTHS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One site by name, when its coaching began, and what went with it."""

    name: str
    start: Month | None
    told: Mapping[str, Told]

    @property
    def quarter(self) -> Quarter | None:
        """The quarter of the first review."""
        return Quarter.of(self.start.first_day) if self.start else None


@dataclass(frozen=True, slots=True)
class Rollout:
    """What the last night found, for the reader's sites; `network` is None for a reader of some sites alone."""

    made_at: datetime
    lines: Sequence[Line]
    network: Mapping[str, Told] | None


def rollout(here: Places) -> Rollout | None:
    """Return the newest run as far as it speaks of the reader's sites, in one statement; None before the first."""
    run = newest_run()
    if run is None:
        return None
    found = from_text(run.output)
    lines = [_line(site.name, found.sites[str(site.id)]) for site in here.sites if str(site.id) in found.sites]
    return Rollout(run.made_at, lines, found.network if here.whole_network else None)


def newest_run() -> RolloutRun | None:
    """Return the newest run."""
    return db.session.scalar(select(RolloutRun).order_by(RolloutRun.made_at.desc()).limit(1))


def gathered(reader: Actor, here: Places, at: datetime) -> tuple[list[SiteMonth], dict[str, int]]:
    """Return the months that are over at every site, those with batches, and the month of each site's first review."""
    zones = here.zones or {"UTC"}
    counted = monthly(reader, zones, until(min(local_day(at, zone) for zone in zones), MONTHS))
    rows = [
        SiteMonth(str(site), month.index, one.batches, one.independent, one.self_reported)
        for site, months in sorted(counted.items())
        for month, one in sorted(months.items())
        if one.batches
    ]
    return rows, {str(site): Month.of(day).index for site, day in first_held(reader).items()}


def _line(name: str, found: SiteStart) -> Line:
    return Line(name, None if found.start is None else Month(found.start), found.told)
