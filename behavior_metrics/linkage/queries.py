"""The analysis as it can be shown now: the newest run, whether records changed since, or why none is needed yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from behavior_metrics.climate.cells import Cell, ClimateReading
from behavior_metrics.frames.queries import Frame, Places
from behavior_metrics.linkage.estimates import every_estimate, needs_a_run
from behavior_metrics.linkage.kept import Input, Output, Results, Sources
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.linkage.rows import METHOD_VERSION, Row, TeamInQuarter, digest, fingerprint, rows_of
from behavior_metrics.sources.queries import Counted
from lms.extensions import db

NETWORK = "network"
#: A run that takes longer has failed, and may be asked for again.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Rows and results of one run, and how they stand to the records of now."""

    input: Input
    #: None while no run was made for records that need one.
    output: Output | None
    #: When the numbers were computed; the moment of asking where a count alone gives the answer.
    made_at: datetime
    input_hash: str
    #: The method by which they were computed.
    method_version: int
    #: True if records have changed since.
    outdated: bool
    #: The run under way and since when, if there is one.
    under_way: UUID | None
    asked_at: datetime | None

    @property
    def results(self) -> Results | None:
        """The estimates alone."""
        return self.output.results if self.output else None


def scope_of(here: Places) -> str:
    """Name the sites an analysis is limited to."""
    return NETWORK if here.whole_network else " ".join(sorted(str(site.id) for site in here.sites))


def analysis_rows(frame: Frame, climate: ClimateReading) -> tuple[Row, ...]:
    """Return the analysis file of these counts and this climate."""
    closed = set(frame.window.closed_quarters)
    quarters = [(quarter, quarter in closed) for quarter in frame.window.quarters]
    teams = (
        TeamInQuarter(
            team.site.code, team.id, team.name, quarter, is_closed, counts.batches, counts.recurrences,
            counts.self_reported, counts.independent, counts.major, team.site.id,
        )
        for team in frame.places.teams
        for quarter, is_closed in quarters
        for counts in (frame.of_team(team, quarter),)
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
        outdated = made.input_hash != fingerprint(rows, made.method_version)
        return of_run(made, outdated=outdated, under_way=under_way[0], asked_at=under_way[1])
    output = None if needs_a_run(rows) else Output(every_estimate(rows, None))
    given = Input(rows, None, frame.window.quarters[0].index, _switched_off(frame.places))
    return Analysis(given, output, frame.as_of, now_hash, METHOD_VERSION, False, *under_way)  # noqa: FBT003 - a field


def of_run(
    run: AnalysisRun,
    *,
    outdated: bool = False,
    under_way: UUID | None = None,
    asked_at: datetime | None = None,
) -> Analysis:
    """Return what was kept of a run that is made."""
    return Analysis(
        Input.from_text(run.input), Output.from_text(run.output), run.made_at or run.asked_at, run.input_hash,
        run.method_version, outdated, under_way, asked_at,
    )  # fmt: skip


def given_now(frame: Frame, climate: ClimateReading, variance: float | None, records: Records) -> Input:
    """Return everything an analysis goes by as it is now, with the records it was counted from."""
    names = {team.id: f"{team.site.code}: {team.name}" for team in frame.places.teams}
    found = {
        one.number: f"{names.get(one.team, '–') if one.team else '–'}, {one.quarter}, {one.kinds}"
        for one in records.recurrences
    }
    return Input(
        analysis_rows(frame, climate),
        variance,
        frame.window.quarters[0].index,
        _switched_off(frame.places),
        Sources(
            digest(sorted(_published(cell) for cell in climate.cells)),
            digest(sorted(found.items())),
            digest(records.batches),
            found,
        ),
    )


@dataclass(frozen=True, slots=True)
class Records:
    """What the frame's counts were made from."""

    recurrences: Sequence[Counted]
    batches: Sequence[tuple[str, str, str]]


def _switched_off(here: Places) -> tuple[str, ...]:
    return tuple(sorted(site.code for site in here.sites if not site.has_survey))


def _published(cell: Cell) -> tuple[str | int | float, ...]:
    return (
        cell.scope, str(cell.place or ""), cell.instrument, str(cell.first_month), str(cell.last_month), cell.n_low,
        cell.score, cell.rounding,
    )  # fmt: skip


def is_under_way(run_id: UUID, scope: str) -> bool:
    """Whether a run of this scope is still computed."""
    statement = select(AnalysisRun.made_at).where(AnalysisRun.id == run_id, AnalysisRun.scope == scope)
    row = db.session.execute(statement).first()
    return row is not None and row[0] is None
