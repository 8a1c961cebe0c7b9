"""Taking files in: each kind is one command, one transaction, one run on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from lms.deviations.models import ImportRun
from lms.imports.batches import BatchTarget
from lms.imports.deviations import DeviationTarget
from lms.imports.engine import Fate, Progress, Report, Target, check, silent, take_in
from lms.imports.exposure import ExposureTarget
from lms.imports.kinds import NEEDED
from lms.imports.mapping import Mapping
from lms.imports.patients import refuse_patients, suspects
from lms.imports.people import PersonTarget
from lms.imports.planned_batches import PlannedBatchTarget
from lms.imports.reading import Table
from lms.permissions import Permission
from lms.refusals import NoPermission
from lms.unit_of_work import Command, Work, command


@command(needs=NEEDED["deviations"])
def import_deviations(
    work: Work,
    table: Table,
    mapping: Mapping,
    *,
    all_or_nothing: bool = False,
    network: str | None = None,
    create: bool = False,
    source_id: UUID | None = None,
    no_patient: str = "",
    progress: Progress = silent,
) -> Report:
    """Take deviations in. ``network`` names a study network, which ``create`` founds with the sites the file names.

    ``no_patient`` answers what looks like a patient's data (``lms.imports.patients``); without it such a file is refused.
    """
    if create and not work.actor.may(Permission.NETWORK_MANAGE):
        raise NoPermission("Only an administrator of the network founds one.")
    target = DeviationTarget(network=network, create=create)
    return _take_in(
        work,
        table,
        mapping,
        target,
        all_or_nothing=all_or_nothing,
        progress=progress,
        source_id=source_id,
        no_patient=no_patient,
    )


@command(needs=NEEDED["batches"])
def import_batches(
    work: Work,
    table: Table,
    mapping: Mapping,
    *,
    all_or_nothing: bool = False,
    source_id: UUID | None = None,
    progress: Progress = silent,
) -> Report:
    """Take batches in."""
    return _take_in(
        work, table, mapping, BatchTarget(), all_or_nothing=all_or_nothing, progress=progress, source_id=source_id
    )


@command(needs=NEEDED["planned-batches"])
def import_planned_batches(
    work: Work,
    table: Table,
    mapping: Mapping,
    *,
    all_or_nothing: bool = False,
    source_id: UUID | None = None,
    progress: Progress = silent,
) -> Report:
    """Take planned batches in, without rosters."""
    return _take_in(
        work,
        table,
        mapping,
        PlannedBatchTarget(),
        all_or_nothing=all_or_nothing,
        progress=progress,
        source_id=source_id,
    )


@command(needs=NEEDED["exposure"])
def import_exposure(
    work: Work,
    table: Table,
    mapping: Mapping,
    *,
    all_or_nothing: bool = False,
    source_id: UUID | None = None,
    progress: Progress = silent,
) -> Report:
    """Take work counted by month in."""
    return _take_in(
        work, table, mapping, ExposureTarget(), all_or_nothing=all_or_nothing, progress=progress, source_id=source_id
    )


@command(needs=NEEDED["people"])
def import_people(
    work: Work,
    table: Table,
    mapping: Mapping,
    *,
    all_or_nothing: bool = False,
    source_id: UUID | None = None,
    progress: Progress = silent,
) -> Report:
    """Take people in."""
    return _take_in(
        work, table, mapping, PersonTarget(), all_or_nothing=all_or_nothing, progress=progress, source_id=source_id
    )


#: Kind of import -> its command.
COMMANDS: dict[str, Command[..., Report]] = {
    "deviations": import_deviations,
    "batches": import_batches,
    "planned-batches": import_planned_batches,
    "exposure": import_exposure,
    "people": import_people,
}


def target_of(kind: str) -> Target:
    """Return what a file of this kind becomes, in the home network."""
    targets: dict[str, Callable[[], Target]] = {
        "deviations": DeviationTarget,
        "batches": BatchTarget,
        "planned-batches": PlannedBatchTarget,
        "exposure": ExposureTarget,
        "people": PersonTarget,
    }
    return targets[kind]()


def _take_in(
    work: Work,
    table: Table,
    mapping: Mapping,
    target: Target,
    *,
    all_or_nothing: bool,
    progress: Progress,
    source_id: UUID | None = None,
    no_patient: str = "",
) -> Report:
    """Check again inside the transaction, because the dry run may be old; then write and put the run on record."""
    checked = check(table, mapping, target, work.actor, work.at)
    refuse_patients(suspects(checked, target), no_patient)
    report = take_in(work, checked, target, all_or_nothing=all_or_nothing, progress=progress)
    days = [value for line in checked.lines if line.fate != Fate.REFUSED for value in line.values.values()]
    work.add(
        ImportRun(
            kind=target.name,
            file_name=table.name[-200:],
            sha256=table.sha256,
            rows_read=report.read,
            rows_accepted=report.new + report.changed,
            rows_unchanged=report.unchanged,
            rows_refused=report.refused,
            imported_at=work.at,
            by_person_id=work.actor.person_id,
            source_id=source_id,
            earliest_on=min((day for day in map(_day_of, days) if day is not None), default=None),
        )
    )
    return report


def _day_of(value: object) -> date | None:
    return date(value.year, value.month, value.day) if isinstance(value, date) else None
