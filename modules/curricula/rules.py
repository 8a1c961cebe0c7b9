"""Who has to complete which modules: roles held, curricula that hold for them, and the modules those ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from lms.refusals import NotAllowed


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role of a person, at one site or (None) in the whole network, from a day until a day."""

    role: str
    site_id: UUID | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Audience:
    """A role for which a curriculum holds, at one site or (None) everywhere, from a day until a day."""

    curriculum_id: UUID
    role: str
    site_id: UUID | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """A module of a curriculum, from a day until a day."""

    curriculum_id: UUID
    module_id: UUID
    #: Days one has for it from the day it is assigned.
    due_days: int
    #: Months its completion counts; None: until the SOP changes.
    valid_months: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Requirement:
    """A module that a person has to complete, and why. Where several curricula ask for it, the strictest days hold."""

    module_id: UUID
    due_days: int
    valid_months: int | None
    #: The curricula that ask for it, the strictest first, and the role of the person that each holds for.
    because: tuple[tuple[UUID, str], ...]

    @property
    def curriculum_id(self) -> UUID:
        """The curriculum that an assignment of it names."""
        return self.because[0][0]


def holds(valid_from: date, valid_to: date | None, on: date) -> bool:
    """Whether something that begins on a day and ends before another holds on a day."""
    return valid_from <= on and (valid_to is None or on < valid_to)


def required_modules(
    roles: Iterable[RoleHeld], home_site: UUID, audiences: Iterable[Audience], lines: Iterable[Line], on: date
) -> tuple[Requirement, ...]:
    """Return what a person has to complete on a day.

    A curriculum for one site reaches whoever holds the role there; a role held in the whole network counts at the
    person's home site.
    """
    held = {(role.role, role.site_id or home_site) for role in roles if holds(role.valid_from, role.valid_to, on)}
    asked: dict[UUID, str] = {}
    for audience in audiences:
        if holds(audience.valid_from, audience.valid_to, on):
            for role, site_id in sorted(held, key=str):
                if role == audience.role and audience.site_id in {None, site_id}:
                    asked.setdefault(audience.curriculum_id, role)
    by_module: dict[UUID, list[Line]] = {}
    for line in lines:
        if line.curriculum_id in asked and holds(line.valid_from, line.valid_to, on):
            by_module.setdefault(line.module_id, []).append(line)
    found = []
    for module_id, own in by_module.items():
        strictest = sorted(own, key=lambda line: (line.due_days, line.valid_months or 10_000, str(line.curriculum_id)))
        because = dict.fromkeys((line.curriculum_id, asked[line.curriculum_id]) for line in strictest)
        months = [line.valid_months for line in own if line.valid_months is not None]
        found.append(Requirement(module_id, strictest[0].due_days, min(months, default=None), tuple(because)))
    return tuple(sorted(found, key=lambda requirement: str(requirement.module_id)))


def check_days(valid_from: date, valid_to: date | None) -> None:
    """Raise ``NotAllowed`` for an end that is not after its beginning."""
    if valid_to is not None and valid_to <= valid_from:
        raise NotAllowed("The last day must come after the first.", field="valid_to")


def check_line(due_days: int, valid_months: int | None) -> None:
    """Raise ``NotAllowed`` for days or months that no curriculum can mean."""
    if not 1 <= due_days <= 365:
        raise NotAllowed("Give from 1 to 365 days.", field="due_days")
    if valid_months is not None and not 1 <= valid_months <= 60:
        raise NotAllowed("A completion counts from 1 to 60 months, or until the SOP changes.", field="valid_months")
