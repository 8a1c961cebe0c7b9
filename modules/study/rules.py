"""The order of studying: read, check, sign. What is read is kept section by section; nothing is skipped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms.refusals import NotAllowed, NotFound
from modules.documents.changes import Change
from modules.documents.sections import Section
from modules.library.rules import KNOWLEDGE_CHECK, READING, SIGN_OFF


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an assignment and how far its person is."""

    id: UUID
    position: int
    kind: str
    title: str
    statement: str
    sections_read: tuple[str, ...]
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether it is done."""
        return self.finished_at is not None


@dataclass(frozen=True, slots=True)
class ToRead:
    """One thing to mark as read: a section of the SOP, or a change of it."""

    slug: str
    name: str


def reading_list(sections: Sequence[Section], changes: Sequence[Change] | None) -> tuple[ToRead, ...]:
    """Return what has to be read: the changes for whoever was trained on an earlier version, else every main section.

    ``changes`` is None for a first reading. A revision without a change of text is read whole.
    """
    worth_reading = [change for change in changes or () if change.kind != "renumbered"]
    if worth_reading:
        return tuple(ToRead(change.slug, change.name) for change in worth_reading)
    tops = dict.fromkeys(section.top for section in sections)
    names = {section.slug: section.name for section in sections}
    return tuple(ToRead(top, names.get(top, "")) for top in tops)


def next_part(parts: Sequence[Part]) -> Part | None:
    """Return the part that is open now: the first that is not finished; None when all are."""
    return next((part for part in sorted(parts, key=lambda p: p.position) if not part.finished), None)


def check_open(state: str) -> None:
    """Raise ``NotAllowed`` for an assignment that is completed or cancelled."""
    if state == "completed":
        raise NotAllowed("This training is completed. What was signed stays as it is.")
    if state == "cancelled":
        raise NotAllowed("This training was cancelled. Look at your list for what takes its place.")


def why_closed(state: str, parts: Sequence[Part], check: Part) -> str:
    """Return why a knowledge check cannot be sat now, as a sentence; an empty text if it can."""
    if state != "open":
        return "This training is not open any more."
    if check.finished:
        return "This knowledge check is passed already."
    if next_part(parts) is not check:
        return "Read everything first: the knowledge check opens after the reading."
    return ""


def check_can_finish(parts: Sequence[Part], part_id: UUID, evidence: Collection[str]) -> Part:
    """Return the knowledge check to finish. Raises ``NotAllowed`` out of turn or without evidence of a passed check."""
    part = next((p for p in parts if p.id == part_id), None)
    if part is None or part.kind != KNOWLEDGE_CHECK:
        raise NotFound("There is no such knowledge check in this training.")
    if closed := why_closed("open", parts, part):
        raise NotAllowed(closed)
    if not evidence:
        raise NotAllowed("A knowledge check is passed by an attempt only; there is none.")
    return part


def check_can_read(parts: Sequence[Part], part_id: UUID, slug: str, to_read: Sequence[ToRead]) -> Part:
    """Return the reading part. Raises ``NotFound`` for a section that is not on the reading list."""
    part = next((p for p in parts if p.id == part_id and p.kind == READING), None)
    if part is None or slug not in {one.slug for one in to_read}:
        raise NotFound("There is no such section in this training.")
    return part


def check_can_sign(parts: Sequence[Part]) -> Part:
    """Return the sign-off. Raises ``NotAllowed`` while anything before it is open."""
    part = next_part(parts)
    if part is None or part.kind != SIGN_OFF:
        what = f"“{part.title}” is not done yet. " if part else ""
        raise NotAllowed(f"{what}You sign when everything before it is done.", field="password")
    return part
