"""The door to a knowledge check: whether it may be sat now, for whom and for which module."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from lms.refusals import NotFound
from modules.library.rules import KNOWLEDGE_CHECK
from modules.study.queries import Study, study_of
from modules.study.rules import Part, why_closed


@dataclass(frozen=True, slots=True)
class CheckDoor:
    """Whether a knowledge check may be sat now, for whom and for which module."""

    assignment_id: UUID
    part_id: UUID
    person_id: UUID
    site_id: UUID
    module_id: UUID
    module_version_id: UUID
    module_title: str
    #: Number of the SOP version.
    number: int
    passed: bool
    #: Why it may not be sat now, as a sentence; empty if it may.
    closed_because: str

    @property
    def is_open(self) -> bool:
        """Whether an attempt may start now."""
        return not self.closed_because


def check_door(assignment_id: UUID, part_id: UUID) -> CheckDoor:
    """Return whether the knowledge check of an assignment is open. Raises ``NotFound``. Two statements.

    The caller compares ``person_id`` with its actor: nobody sits for somebody else.
    """
    own = study_of(assignment_id)
    part = next((p for p in own.parts if p.id == part_id and p.kind == KNOWLEDGE_CHECK), None)
    if part is None:
        raise NotFound("There is no such knowledge check.")
    return door_of(own, part)


def door_of(own: Study, part: Part) -> CheckDoor:
    """Return the door to a knowledge check of an assignment that is read already."""
    return CheckDoor(
        own.id,
        part.id,
        own.person_id,
        own.site_id,
        own.module_id,
        own.module_version_id,
        own.module_title,
        own.number,
        part.finished,
        why_closed(own.state, own.parts, part),
    )
