"""Signed studies within the reader's sites, each with its run, its signatures and the times it was made anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import undefer

from behavior_metrics.frames.queries import Places
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.linkage.queries import scope_of
from behavior_metrics.snapshots.models import SnapshotCheck, StudySnapshot
from behavior_metrics.snapshots.rules import Change, Difference, Signed
from lms.extensions import db
from lms.identity.models import Person
from lms.refusals import NotFound
from lms.signatures.queries import SignatureRow, signatures_on, signatures_on_many


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One time that a study was made anew."""

    checked_at: datetime
    by: str
    verdict: str
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A signed study in the list."""

    snapshot: StudySnapshot
    signatures: Sequence[SignatureRow]
    #: What came of making it anew the last time; None before anybody did.
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Study:
    """A signed study with everything that was kept of it."""

    snapshot: StudySnapshot
    run: AnalysisRun
    signatures: Sequence[SignatureRow]
    checks: Sequence[CheckRow]


def snapshots(here: Places) -> list[SnapshotRow]:
    """Return the studies of the reader's sites, newest first, in three statements."""
    found = db.session.scalars(
        select(StudySnapshot).where(_visible(here)).order_by(StudySnapshot.taken_at.desc(), StudySnapshot.id)
    ).all()
    newest = (
        select(SnapshotCheck.snapshot_id, SnapshotCheck.verdict)
        .join(StudySnapshot, StudySnapshot.id == SnapshotCheck.snapshot_id)
        .where(_visible(here))
        .order_by(SnapshotCheck.checked_at)
    )
    # of several, the newest stays
    verdicts: dict[UUID, str] = {row.snapshot_id: row.verdict for row in db.session.execute(newest)}
    signed = signatures_on_many(found)
    return [SnapshotRow(one, signed[one.id], verdicts.get(one.id)) for one in found]


def study(here: Places, snapshot_id: UUID) -> Study:
    """Return one, in three statements. Raises ``NotFound`` for a study of other sites than the reader's."""
    row = db.session.execute(
        select(StudySnapshot, AnalysisRun)
        .options(undefer(AnalysisRun.input), undefer(AnalysisRun.output))
        .join(AnalysisRun, AnalysisRun.id == StudySnapshot.run_id)
        .where(StudySnapshot.id == snapshot_id, _visible(here))
    ).first()
    if row is None:
        raise NotFound("There is no such signed study of your sites.")
    checks = db.session.execute(
        select(SnapshotCheck, Person.given_name, Person.family_name)
        .join(Person, Person.id == SnapshotCheck.checked_by_id)
        .where(SnapshotCheck.snapshot_id == snapshot_id)
        .order_by(SnapshotCheck.checked_at.desc())
    )
    return Study(
        row[0],
        row[1],
        signatures_on(row[0]),
        [
            CheckRow(
                one.checked_at,
                f"{given} {family}",
                one.verdict,
                tuple(Difference(**line) for line in json.loads(one.differences)),
                tuple(Change(**line) for line in json.loads(one.changes)),
            )
            for one, given, family in checks
        ],
    )


def stored(snapshot_id: UUID) -> tuple[StudySnapshot, AnalysisRun]:
    """Return a study and its run, for a program that acts for no reader. Raises ``NotFound``."""
    snapshot = db.session.get(StudySnapshot, snapshot_id)
    if snapshot is None:
        raise NotFound("There is no signed study with this id.")
    return snapshot, db.session.get_one(AnalysisRun, snapshot.run_id)


def signed_of(snapshot: StudySnapshot) -> Signed:
    """Return what was signed of a study's content."""
    return Signed(snapshot.input_hash, snapshot.output_hash, snapshot.method_version)


def _visible(here: Places) -> ColumnElement[Any]:
    """Who answers for all sites sees every study; others those of exactly their sites."""
    return true() if here.whole_network else StudySnapshot.scope == scope_of(here)
