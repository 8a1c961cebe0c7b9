"""The newest nightly answers: climate with recurrence from the linkage, and those that hold follow-through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from behavior_metrics.follow_through.tallies import Counted
from behavior_metrics.frames.queries import Frame
from behavior_metrics.linkage import kept
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.linkage.queries import NETWORK
from behavior_metrics.linkage.rows import Outcome
from behavior_metrics.sentence.associations import Found, IndexByQuarter, from_text
from behavior_metrics.sentence.lines import team_places
from behavior_metrics.sentence.models import FollowThroughRun
from behavior_metrics.stats.followthrough import NotEnoughYet, index_value
from behavior_metrics.stats.panel import DECLARED_LAG
from lms.extensions import db


@dataclass(frozen=True, slots=True)
class Nightly:
    """The newest run of the whole network: its answers, when and with which weights it was made."""

    recurrence: dict[Outcome, kept.Result]
    recurrence_at: datetime | None
    found: Found | None
    found_at: datetime | None
    weights_number: int | None


def newest_run() -> FollowThroughRun | None:
    """Return the newest run."""
    return db.session.scalar(select(FollowThroughRun).order_by(FollowThroughRun.made_at.desc()).limit(1))


def nightly() -> Nightly:
    """Return what the last night found, in two statements. Only for readers of the whole network."""
    linkage = db.session.execute(
        select(AnalysisRun.output, AnalysisRun.made_at)
        .where(AnalysisRun.scope == NETWORK, AnalysisRun.made_at.is_not(None))
        .order_by(AnalysisRun.made_at.desc())
        .limit(1)
    ).first()
    own = newest_run()
    results = kept.Output.from_text(linkage[0]).results if linkage else {}
    return Nightly(
        {outcome: lags[DECLARED_LAG] for outcome, lags in results.items()},
        linkage[1] if linkage else None,
        from_text(own.output) if own else None,
        own.made_at if own else None,
        own.weights_number if own else None,
    )


def index_by_quarter(frame: Frame, counted: Counted, weights: Mapping[str, int]) -> IndexByQuarter:
    """Return the index of every team in every quarter that is over, where it can be told."""
    names = {team.id: team.site.code for team in frame.places.teams}
    found = {}
    for place in team_places(frame.places):
        for quarter in frame.window.closed_quarters:
            value = index_value(
                counted.tallies(place, quarter.index), counted.people(place, quarter.index), weights=weights
            )
            if not isinstance(value, NotEnoughYet) and place.team is not None:
                found[names[place.team], str(place.team), quarter.index] = value
    return found
