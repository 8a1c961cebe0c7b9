"""The analysis as it can be shown now: the newest run, whether records changed since, or why none is needed yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from uuid import UUID

from sqlalchemy import case, select

from behavior_metrics.climate.cells import Cell, ClimateReading
from behavior_metrics.frames.queries import ByTeam, Places
from behavior_metrics.linkage.estimates import every_estimate, needs_a_run
from behavior_metrics.linkage.kept import Input, Output, Results, Sources
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.linkage.rows import COUNTED, METHOD_VERSION, Row, TeamCounts, digest, fingerprint, rows_of
from behavior_metrics.sources.queries import Counted
from lms.extensions import db

NETWORK = "network"
#: A run that takes longer has failed, and may be asked for again.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Analysis:
    """Rows and results of one run, and how they stand to the records of now."""

    #: What went in, or how it is read where it is asked for: that of a large network has megabytes.
    given: Input | Callable[[], Input]
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

    @cached_property
    def input(self) -> Input:
        """What went in."""
        return self.given if isinstance(self.given, Input) else self.given()

    @property
    def results(self) -> Results | None:
        """The estimates alone."""
        return self.output.results if self.output else None


def scope_of(here: Places) -> str:
    """Name the sites an analysis is limited to."""
    return NETWORK if here.whole_network else " ".join(sorted(str(site.id) for site in here.sites))


def analysis_rows(frame: ByTeam, climate: ClimateReading) -> tuple[Row, ...]:
    """Return the analysis file of these counts and this climate."""
    counted = attrgetter(*COUNTED)
    teams = (
        TeamCounts(
            team.site.code, team.id, team.name, team.site.id,
            {quarter: counted(counts) for quarter, counts in frame.quarters_of(team).items()},
        )
        for team in frame.places.teams
    )  # fmt: skip
    return rows_of(teams, frame.window.quarters, frozenset(frame.window.closed_quarters), climate)


def analysis(frame: ByTeam, climate: ClimateReading) -> Analysis:
    """Return what can be shown of the linkage, in one statement. Where the gate is not met, that is counted here."""
    rows = analysis_rows(frame, climate)
    now_hash = fingerprint(rows)
    scope = AnalysisRun.scope == scope_of(frame.places)
    in_order = (AnalysisRun.asked_at.desc(), AnalysisRun.id.desc())
    newest = select(AnalysisRun.id).where(scope, AnalysisRun.made_at.is_not(None)).order_by(*in_order).limit(1)
    # of what a run holds only the newest one's answer is read
    answer = case((AnalysisRun.id == newest.scalar_subquery(), AnalysisRun.output))
    runs = db.session.execute(select(AnalysisRun, answer).where(scope).order_by(*in_order).limit(5)).all()
    made, output = next(((run, text) for run, text in runs if run.made_at is not None), (None, ""))
    asked = runs[0][0] if runs else None
    waiting = asked if asked and asked.made_at is None and frame.as_of - asked.asked_at < PATIENCE else None
    under_way = (waiting.id, waiting.asked_at) if waiting is not None else (None, None)
    given = Input(rows, None, frame.window.quarters[0].index, _switched_off(frame.places))
    if made is not None and made.input_hash == now_hash:
        # the rows that went in are these, so they are not read again
        same = replace(given, within_team_variance=made.within_team_variance)
        return _of(made, same, output, outdated=False, under_way=under_way)
    if made is not None and needs_a_run(rows):
        outdated = made.input_hash != fingerprint(rows, made.method_version)
        return _of(made, lambda: Input.from_text(made.input), output, outdated=outdated, under_way=under_way)
    counted = None if needs_a_run(rows) else Output(every_estimate(rows, None))
    return Analysis(given, counted, frame.as_of, now_hash, METHOD_VERSION, False, *under_way)  # noqa: FBT003 - a field


def of_run(run: AnalysisRun) -> Analysis:
    """Return what was kept of a run that is made."""
    return _of(run, Input.from_text(run.input), run.output, outdated=False, under_way=(None, None))


def _of(
    run: AnalysisRun,
    given: Input | Callable[[], Input],
    output: str,
    *,
    outdated: bool,
    under_way: tuple[UUID | None, datetime | None],
) -> Analysis:
    return Analysis(
        given, Output.from_text(output), run.made_at or run.asked_at, run.input_hash, run.method_version, outdated,
        *under_way,
    )  # fmt: skip


def given_now(frame: ByTeam, climate: ClimateReading, variance: float | None, records: Records) -> Input:
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
