"""What a module asks for, and which of its versions is taught at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from lms.web.times import show_day
from modules.documents.rules import VersionDates, begins_at, effective_at

READING, KNOWLEDGE_CHECK, SIGN_OFF = "reading", "knowledge_check", "sign_off"
_TITLES = {READING: "Read the SOP", KNOWLEDGE_CHECK: "Knowledge check", SIGN_OFF: "Read and understood"}
#: What a change of each risk class asks for before one may work to it. *Observed* adds a run on the floor, elsewhere.
_KINDS = {
    "read": (READING, SIGN_OFF),
    "quiz": (READING, KNOWLEDGE_CHECK, SIGN_OFF),
    "observed": (READING, KNOWLEDGE_CHECK, SIGN_OFF),
}


@dataclass(frozen=True, slots=True)
class PartText:
    """A part of a module: its kind, its title and, for the sign-off, the sentence that is signed."""

    kind: str
    title: str
    statement: str = ""


@dataclass(frozen=True, slots=True)
class TaughtVersion:
    """A version of a module with what decides when it holds."""

    id: UUID
    module_id: UUID
    document_version_id: UUID
    #: Number of the SOP version.
    number: int
    approved_at: datetime
    #: The day from which it holds, at each site from its own midnight.
    effective_on: date

    def holds_from(self, zone: str) -> datetime:
        """Return the moment from which it holds in a zone."""
        return begins_at(self.approved_at, self.effective_on, zone)


def parts_for(risk_class: str, previous: Sequence[PartText]) -> tuple[PartText, ...]:
    """Return the parts of a module version: those its risk class asks for, in the words of the version before."""
    words = {part.kind: part for part in previous}
    return tuple(words.get(kind) or PartText(kind, _TITLES[kind]) for kind in _KINDS[risk_class])


def effective_versions(versions: Iterable[TaughtVersion], at: datetime, zone: str) -> dict[UUID, TaughtVersion]:
    """Return for each module the version that holds at a moment in a zone. Versions approved later do not count."""
    by_module: dict[UUID, list[TaughtVersion]] = {}
    for version in versions:
        by_module.setdefault(version.module_id, []).append(version)
    found: dict[UUID, TaughtVersion] = {}
    for module_id, own in by_module.items():
        dates = [VersionDates(v.id, v.number, "approved", v.approved_at, v.effective_on) for v in own]
        holding = effective_at(dates, at, zone)
        if holding is not None:
            found[module_id] = next(version for version in own if version.id == holding.id)
    return found


def coming_versions(versions: Iterable[TaughtVersion], at: datetime, zone: str) -> dict[UUID, TaughtVersion]:
    """Return for each module the newest version that is approved at a moment and does not yet hold in a zone."""
    found: dict[UUID, TaughtVersion] = {}
    for version in versions:
        if version.approved_at <= at < version.holds_from(zone):
            known = found.get(version.module_id)
            found[version.module_id] = max(version, known, key=lambda v: v.number) if known else version
    return found


def statement(own: str, *, code: str, title: str, number: int, effective_on: date | None) -> str:
    """Return the sentence that read-and-understood signs: the trainer's own words, or the usual ones."""
    if own.strip():
        return own.strip()
    since = f" from {show_day(effective_on)}" if effective_on else ""
    return f"I have read and understood version {number} of {code}, {title}, and will work to it{since}."
