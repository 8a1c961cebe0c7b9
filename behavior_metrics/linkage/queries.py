"""The analysis as it can be shown now: the newest run, whether records changed since, or why none is needed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from behavior_metrics.climate.cells import ClimateReading
from behavior_metrics.frames.queries import Frame, Places
from behavior_metrics.linkage.estimates import every_estimate, needs_a_run
from behavior_metrics.linkage.kept import Input, Results, from_text
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.linkage.rows import Row, TeamInQuarter, fingerprint, rows_of
from lms.extensions import db

NETWORK = "network"
#: A run that takes longer has failed, and may be asked for again.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Rows and results of one run, and how they stand to the records of now."""

    input: Input
    #: None while no run was made for records that need one.
    results: Results | None
    #: When the numbers were computed; the moment of asking where a count alone gives the answer.
    made_at: datetime
    input_hash: str
    #: True if records have changed since.
    outdated: bool
    #: The run under way and since when, if there is one.
    under_way: UUID | None
    asked_at: datetime | None


def scope_of(here: Places) -> str:
    """Name the sites an analysis is limited to."""
    return NETWORK if here.whole_network else " ".join(sorted(str(site.id) for site in here.sites))


def analysis_rows(frame: Frame, climate: ClimateReading) -> tuple[Row, ...]:
    """Return the analysis file of these counts and this climate."""
    closed = set(frame.window.closed_quarters)
    teams = []
    for team in frame.places.teams:
        for quarter in frame.window.quarters:
            counts = frame.of_team(team, quarter)
            teams.append(
                TeamInQuarter(
                    team.site.code, team.id, team.name, quarter, quarter in closed, counts.batches,
                    counts.recurrences, counts.self_reported, counts.independent,
                )
            )  # fmt: skip
    return rows_of(teams, climate)


def analysis(frame: Frame, climate: ClimateReading) -> Analysis:
    """Return what can be shown of the linkage, in one statement. Where the gate is not met, that is counted here."""
    rows = analysis_rows(frame, climate)
    now_hash = fingerprint(rows)
    newest = (
        select(AnalysisRun)
        .where(AnalysisRun.scope == scope_of(frame.places))
        .order_by(AnalysisRun.asked_at.desc(), AnalysisRun.id.desc())
        .limit(5)
    )
    runs = db.session.scalars(newest).all()
    made = next((run for run in runs if run.made_at is not None), None)
    waiting = runs[0] if runs and runs[0].made_at is None and frame.as_of - runs[0].asked_at < PATIENCE else None
    under_way = (waiting.id, waiting.asked_at) if waiting is not None else (None, None)
    if made is not None and made.made_at is not None and (made.input_hash == now_hash or needs_a_run(rows)):
        kept, outdated = Input.from_text(made.input), made.input_hash != now_hash
        return Analysis(kept, from_text(made.output), made.made_at, made.input_hash, outdated, *under_way)
    results = None if needs_a_run(rows) else every_estimate(rows, None)
    return Analysis(Input(rows, None), results, frame.as_of, now_hash, False, *under_way)  # noqa: FBT003 - a field


def is_under_way(run_id: UUID, scope: str) -> bool:
    """Whether a run of this scope is still computed."""
    statement = select(AnalysisRun.made_at).where(AnalysisRun.id == run_id, AnalysisRun.scope == scope)
    row = db.session.execute(statement).first()
    return row is not None and row[0] is None
