"""The life of an SOP version: what it is at a moment, and who may take it a step further."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed
from lms.web.times import show_day, start_of_day


class Standing(StrEnum):
    """What a version is at a moment. Only the first three and *approved* are stored; the rest follows from the days."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    WITHDRAWN = "withdrawn"
    #: Approved, and its day is still to come.
    APPROVED = "approved"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class VersionDates:
    """What decides about one version of an SOP."""

    id: UUID
    number: int
    state: str
    approved_at: datetime | None
    #: The day from which it holds, at each site from its own midnight.
    effective_on: date | None


def begins_at(approved_at: datetime, effective_on: date, zone: str) -> datetime:
    """Return the moment from which a version holds in a zone: midnight of its day there, never before its approval."""
    return max(approved_at, start_of_day(effective_on, zone))


def state_at(versions: Iterable[VersionDates], at: datetime, zone: str) -> dict[UUID, Standing]:
    """Return what each version of one SOP is at a moment, at a site in that zone."""
    standing: dict[UUID, Standing] = {}
    begun: list[VersionDates] = []
    for version in versions:
        if version.state != Standing.APPROVED or version.approved_at is None or version.effective_on is None:
            standing[version.id] = Standing(version.state)
        elif version.approved_at > at:
            standing[version.id] = Standing.IN_REVIEW
        elif begins_at(version.approved_at, version.effective_on, zone) > at:
            standing[version.id] = Standing.APPROVED
        else:
            begun.append(version)
    newest = max(begun, key=lambda version: version.number, default=None)
    for version in begun:
        standing[version.id] = Standing.EFFECTIVE if version is newest else Standing.SUPERSEDED
    return standing


def effective_at(versions: Iterable[VersionDates], at: datetime, zone: str) -> VersionDates | None:
    """Return the version that holds at a moment, at a site in that zone; None before the first."""
    versions = list(versions)
    standing = state_at(versions, at, zone)
    return next((version for version in versions if standing[version.id] is Standing.EFFECTIVE), None)


def check_editable(state: str, number: int) -> None:
    """Raise ``NotAllowed`` unless the version is a draft."""
    if state != Standing.DRAFT:
        raise NotAllowed(
            f"Version {number} is not a draft any more, so its text stays as it is. Draft the next version instead."
        )


def check_next_number(number: int, numbers: Iterable[int], open_number: int | None) -> None:
    """Raise ``NotAllowed`` for a number that is taken or lower than another, or while another version is still open."""
    highest = max(numbers, default=0)
    if open_number is not None:
        raise NotAllowed(
            f"Version {open_number} is still being written. Finish or withdraw it before drafting another.",
            field="number",
        )
    if number <= highest:
        raise NotAllowed(
            f"The newest version is {highest}: the next one needs a higher number than {number}.", field="number"
        )


def check_can_be_reviewed(*, state: str, number: int, source: str, change_summary: str) -> None:
    """Raise ``NotAllowed`` unless a draft has a text and, from the second version on, says what changed."""
    check_editable(state, number)
    if not source.strip():
        raise NotAllowed("There is no text yet. Write or upload it first.", field="source")
    if number > 1 and not change_summary.strip():
        raise NotAllowed("Say what changed: whoever is retrained reads that first.", field="change_summary")


def check_can_be_approved(
    *,
    state: str,
    number: int,
    writers: Iterable[UUID],
    approver: UUID | None,
    effective_on: date,
    today: date,
    last_effective_on: date | None,
) -> None:
    """Raise ``NotAllowed`` unless somebody who did not write the version approves it for a day not yet past."""
    if state != Standing.IN_REVIEW:
        raise NotAllowed(f"Version {number} is not in review, so it cannot be approved.")
    if approver is None or approver in set(writers):
        raise NotAllowed("Nobody approves a version they wrote or edited. Ask a colleague of QA to review it.")
    if effective_on < today:
        raise NotAllowed(
            f"{show_day(effective_on)} is past: a version takes effect today or later.", field="effective_on"
        )
    if last_effective_on is not None and effective_on <= last_effective_on:
        raise NotAllowed(
            f"The version before takes effect on {show_day(last_effective_on)}: choose a later day.",
            field="effective_on",
        )
