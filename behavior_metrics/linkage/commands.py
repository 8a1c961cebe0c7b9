"""Running the analysis: every night for the network, and whenever somebody who may see it asks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from behavior_metrics.climate.queries import climate, within_team_variance
from behavior_metrics.frames.queries import places, team_frame
from behavior_metrics.linkage.estimates import METHODS
from behavior_metrics.linkage.kept import Input
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.linkage.queries import NETWORK, PATIENCE, Records, given_now, scope_of
from behavior_metrics.linkage.rows import COUNTED, METHOD_VERSION, QUARTERS, fingerprint
from behavior_metrics.sources.queries import counted_batches, counted_recurrences
from lms.extensions import db
from lms.permissions import Actor, Grant, Permission, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import Work, command


@command(needs=Permission.METRICS_SEE)
def ask_for_analysis(work: Work) -> AnalysisRun:
    """Ask for a run over the asker's sites; it is made after this, outside the request.

    Raises ``NotAllowed`` while one is under way.
    """
    scope = scope_of(places(work.actor))
    under_way = select(AnalysisRun.id).where(
        AnalysisRun.scope == scope, AnalysisRun.made_at.is_(None), AnalysisRun.asked_at > work.at - PATIENCE
    )
    if db.session.scalar(under_way.limit(1)) is not None:
        raise NotAllowed("This analysis is under way already. Its answer appears here when it is ready.")
    run = AnalysisRun(scope=scope, method_version=METHOD_VERSION, asked_at=work.at)
    work.add(run)
    db.session.flush()
    work.follow_up(make_analysis, key=str(run.id), run_id=run.id)
    return run


@command(needs=Permission.SYSTEM_RUN)
def make_analysis(work: Work, *, run_id: str) -> None:
    """Make the run that was asked for. A second time changes nothing."""
    run = db.session.get_one(AnalysisRun, UUID(run_id))
    if run.made_at is None:
        _make(work, run)


@command(needs=Permission.SYSTEM_RUN)
def make_nightly_analysis(work: Work) -> str:
    """Make the network's run, unless nothing that goes into it has changed since the last one."""
    last = db.session.scalar(
        select(AnalysisRun)
        .where(AnalysisRun.scope == NETWORK, AnalysisRun.made_at.is_not(None))
        .order_by(AnalysisRun.made_at.desc())
        .limit(1)
    )
    run = AnalysisRun(scope=NETWORK, method_version=METHOD_VERSION, asked_at=work.at)
    _make(work, run, unless=last.input_hash if last else "")
    if run.made_at is None:
        return "nothing changed since the last run"
    work.add(run)
    return f"run {run.input_hash[:12]}"


def _make(work: Work, run: AnalysisRun, *, unless: str = "") -> None:
    given = current_input(reader_of(run.scope, work.actor), work.at)
    run.input_hash = fingerprint(given.rows)
    if run.input_hash == unless:
        return
    make_of(run, given, work.at)


def make_of(run: AnalysisRun, given: Input, at: datetime) -> None:
    """Compute a run from its input by the present method."""
    run.input, run.output = given.as_text(), METHODS[METHOD_VERSION](given).as_text()
    run.within_team_variance = given.within_team_variance
    run.input_hash, run.method_version, run.made_at = fingerprint(given.rows), METHOD_VERSION, at


def current_input(reader: Actor, at: datetime) -> Input:
    """Return what an analysis of the reader's sites would go by now."""
    counted = team_frame(reader, at, QUARTERS, COUNTED)
    released = climate(reader, counted.places)
    records = Records(
        counted_recurrences(reader, counted.places, counted.window), counted_batches(reader, counted.window)
    )
    return given_now(counted, released, within_team_variance(released.instrument), records)


def reader_of(scope: str, system: Actor) -> Actor:
    """Return a reader of the run's sites: who asked may be gone by the time it is made."""
    if scope == NETWORK:
        return system
    return Actor(system.id, system.name, grants=tuple(Grant(Role.QA, UUID(site)) for site in scope.split()))
