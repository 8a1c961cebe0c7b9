"""Signing a study as it is shown, and making a signed one anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import places
from behavior_metrics.linkage.commands import current_input, make_of, reader_of
from behavior_metrics.linkage.estimates import needs_a_run
from behavior_metrics.linkage.kept import Input
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.linkage.queries import scope_of
from behavior_metrics.linkage.rows import METHOD_VERSION, fingerprint
from behavior_metrics.snapshots import rules
from behavior_metrics.snapshots.models import SnapshotCheck, StudySnapshot
from behavior_metrics.snapshots.queries import signed_of, study
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command


@command(needs=Permission.METRICS_SEE)
def take_snapshot(work: Work, *, shown: str, remark: str) -> StudySnapshot:
    """Sign the study that is shown, named by its hash, so that it can be made anew later.

    Raises ``NotAllowed`` without a remark or where nothing was computed yet, ``StaleForm`` where another study is shown now.
    """
    if not remark.strip():
        raise NotAllowed("Say how you read the study: it is part of what you sign.", field="remark")
    scope = scope_of(places(work.actor))
    run = db.session.scalar(
        select(AnalysisRun)
        .where(AnalysisRun.scope == scope, AnalysisRun.input_hash == shown, AnalysisRun.made_at.is_not(None))
        .order_by(AnalysisRun.made_at.desc(), AnalysisRun.id)
        .limit(1)
    )
    if run is None:
        run = _counted(work, scope, shown)
    given = Input.from_text(run.input)
    if given.sources is None or run.made_at is None:
        raise NotAllowed(
            "This study was made by an earlier method. Compute it anew, and sign that one.", field="remark"
        )
    quarter = max((row.quarter for row in given.rows if row.batches), default=None)
    snapshot = StudySnapshot(
        run_id=run.id,
        scope=scope,
        quarter=str(Quarter(quarter)) if quarter else "",
        method_version=run.method_version,
        known_at=run.made_at,
        taken_at=work.at,
        rows_hash=run.input_hash,
        input_hash=rules.hash_of(run.input),
        output_hash=rules.hash_of(run.output),
        cells_hash=given.sources.cells,
        deviations_hash=given.sources.deviations,
        exposure_hash=given.sources.exposure,
        remark=remark.strip(),
    )
    work.add(snapshot)
    sign(work, snapshot, Meaning.REVIEWED, reason=remark.strip())
    return snapshot


@command(needs=Permission.METRICS_SEE)
def check_snapshot(work: Work, snapshot_id: UUID) -> SnapshotCheck:
    """Make a signed study anew from what was kept of it, say whether it is the same, and what has changed since."""
    if work.actor.person_id is None:
        raise NotAllowed("A person makes a study anew, not a job.")
    found = study(places(work.actor), snapshot_id)
    verdict, differences = rules.regenerate(signed_of(found.snapshot), found.run.input, found.run.output)
    now = current_input(reader_of(found.snapshot.scope, work.actor), work.at)
    changes = rules.changes(Input.from_text(found.run.input), now)
    check = SnapshotCheck(
        snapshot_id=snapshot_id,
        checked_at=work.at,
        checked_by_id=work.actor.person_id,
        verdict=verdict,
        differences=json.dumps([asdict(one) for one in differences]),
        changes=json.dumps([asdict(one) for one in changes]),
    )
    work.add(check)
    return check


def _counted(work: Work, scope: str, shown: str) -> AnalysisRun:
    """Keep a study that is no more than a count, which the page makes itself."""
    given = current_input(work.actor, work.at)
    if fingerprint(given.rows) != shown:
        raise StaleForm("The records have changed while you read. Look at the study again before you sign it.")
    if needs_a_run(given.rows):
        raise NotAllowed("This study is not computed yet. Ask for it, and sign it when it is there.", field="remark")
    run = AnalysisRun(scope=scope, method_version=METHOD_VERSION, asked_at=work.at)
    make_of(run, given, work.at)
    work.add(run)
    db.session.flush()
    return run
