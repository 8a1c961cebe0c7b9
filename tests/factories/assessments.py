"""A small world of training for the tests of this room: an SOP in versions, its module, a task, people who completed it.

Rows of the room below are planted as they would stand after its own commands, so that a test may choose their moments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from assessments.checklists.commands import approve_checklist, write_checklist
from assessments.items.commands import import_quiz
from assessments.items.quiz_file import read_quiz
from assessments.observations.models import Checklist
from assessments.qualifications.commands import set_task_requirement
from lms.extensions import db
from lms.ids import new_id
from lms.network.models import Site
from lms.permissions import Permission, Role
from lms.unit_of_work import Work, run
from modules.assignments.models import Assignment, AssignmentState, PartProgress
from modules.curricula.models import Curriculum, CurriculumAudience, CurriculumModule, Task
from modules.documents.models import Document, DocumentState, DocumentVersion
from modules.library.models import Module, ModulePart, ModuleVersion
from tests.factories.people import INSTALLER, Someone, a_site, someone, utc

_numbers = count(1)
LONG_AGO = date(2024, 1, 1)


def _plant(work: Work, *rows: object) -> None:
    for row in rows:
        work.add(row)
        db.session.flush()


_plant.needs = Permission.SYSTEM_RUN  # type: ignore[attr-defined]
_plant.action = "tests.plant"  # type: ignore[attr-defined]


def plant(*rows: object) -> None:
    """Put rows of GMP records where a test wants them."""
    run(_plant, INSTALLER, "test", *rows)  # type: ignore[arg-type]


@dataclass
class Taught:
    """A version of the module, with its parts."""

    id: UUID
    number: int
    reading: UUID
    check: UUID
    sign_off: UUID


@dataclass
class World:
    """A site with one task, the module it asks for, and the people around it."""

    site: Site
    task_id: UUID
    task_code: str
    module_id: UUID
    document_id: UUID
    module_code: str
    sop: str
    versions: list[Taught] = field(default_factory=list)

    @property
    def newest(self) -> Taught:
        """The last version that was added."""
        return self.versions[-1]


def a_version(world: World, effective_on: date, approved_at: datetime) -> Taught:
    """Add an approved version of the SOP and its module."""
    number = len(world.versions) + 1
    document_version, version = new_id(), new_id()
    taught = Taught(version, number, new_id(), new_id(), new_id())
    plant(
        DocumentVersion(
            id=document_version, document_id=world.document_id, number=number, title="SOP", state=DocumentState.APPROVED,
            source="# One\n\nText.", html="<p>Text.</p>", sha256="0" * 64, approved_at=approved_at, effective_on=effective_on,
            effective_from=approved_at,
        ),
        ModuleVersion(id=version, module_id=world.module_id, document_version_id=document_version),
        ModulePart(id=taught.reading, module_version_id=version, position=1, kind="reading", title="Read"),
        ModulePart(id=taught.check, module_version_id=version, position=2, kind="knowledge_check", title="Check"),
        ModulePart(id=taught.sign_off, module_version_id=version, position=3, kind="sign_off", title="Sign"),
    )  # fmt: skip
    world.versions.append(taught)
    return taught


def a_world(
    site: Site | None = None, *, runs_needed: int = 2, valid_months: int = 12, process_step: str = "transduction"
) -> World:
    """Return a task with one module in its first version, effective since 2024, and its requirement."""
    site = site or a_site()
    n = next(_numbers)
    world = World(site, new_id(), f"T-{n}", new_id(), new_id(), f"MOD-{n}", f"SOP-{n}")
    curriculum = new_id()
    plant(
        Document(id=world.document_id, code=world.sop, title=f"Procedure {n}", process_step=process_step),
        Module(id=world.module_id, code=world.module_code, title=f"Module {n}", document_id=world.document_id),
        Task(id=world.task_id, code=world.task_code, title=f"Task {n}", process_step=process_step),
        Curriculum(id=curriculum, code=f"CUR-{n}", title="Curriculum", task_id=world.task_id),
        CurriculumModule(curriculum_id=curriculum, module_id=world.module_id, valid_from=LONG_AGO),
        CurriculumAudience(curriculum_id=curriculum, role=Role.OPERATOR, site_id=None, valid_from=LONG_AGO),
    )
    a_version(world, LONG_AGO, utc(2023, 12, 1))
    run(set_task_requirement, INSTALLER, "test", world.task_id, runs_needed=runs_needed, valid_months=valid_months)
    return world


def an_assignment(world: World, person: Someone, *, taught: Taught | None = None, read: bool = True) -> UUID:
    """Assign the module to a person; its reading is done unless said otherwise."""
    taught = taught or world.newest
    assignment = new_id()
    plant(
        Assignment(
            id=assignment, person_id=person.person.id, site_id=world.site.id, module_id=world.module_id,
            module_version_id=taught.id, reason="initial", assigned_at=utc(2024, 1, 2), due_on=date(2030, 1, 1),
        ),
        *[
            PartProgress(
                assignment_id=assignment, part_id=taught.reading, started_at=utc(2024, 1, 2), sections_read=[],
                finished_at=utc(2024, 1, 2),
            )
        ][: int(read)],
    )  # fmt: skip
    return assignment


def completed(
    world: World, person: Someone, at: datetime, *, taught: Taught | None = None, until: datetime | None = None
) -> UUID:
    """Plant a completed assignment of a module version."""
    assignment = new_id()
    plant(
        Assignment(
            id=assignment, person_id=person.person.id, site_id=world.site.id, module_id=world.module_id,
            module_version_id=(taught or world.newest).id, reason="initial", assigned_at=at, due_on=at.date(),
            state=AssignmentState.COMPLETED, completed_at=at, counts_until=until,
        )
    )  # fmt: skip
    return assignment


QUIZ = """
[quiz]
code = "QZ-{module}"
title = "Quiz of {module}"
module = "{module}"
draw = {draw}
pass_percent = 80
minutes = 15
attempts = 2
"""
ITEM = """
[[item]]
code = "IT-{module}-{n:02d}"
kind = "{kind}"
section = "7.{n}"
critical = {critical}
stem = "Stem number {n} of {module}?"
why = "Rationale-{module}-{n}."
"""
OPTION = """
[[item.option]]
text = "{text}"
correct = {correct}
"""


def a_quiz(world: World, *, items: int = 6, draw: int = 4) -> None:
    """Give the module a knowledge check; the right options read ``right …``, the others ``other …``."""
    text = QUIZ.format(module=world.module_code, draw=draw)
    for n in range(1, items + 1):
        kind = "multiple" if n % 3 == 0 else "single"
        text += ITEM.format(module=world.module_code, n=n, kind=kind, critical=str(n == 1).lower())
        rights = 2 if kind == "multiple" else 1
        for o in range(4):
            word = "right" if o < rights else "other"
            text += OPTION.format(text=f"{word} {n}-{o}", correct=str(o < rights).lower())
    run(import_quiz, INSTALLER, "test", read_quiz(text))


def a_checklist(world: World) -> None:
    """Put a checklist of two points in force, the first of them critical."""
    points = [("Checks the identity of the bag", True), ("Says aloud what comes next", False)]
    put_in_force(code=f"CL-{world.task_code}", title="Checklist", task_id=world.task_id, points=points)


def put_in_force(**given: Any) -> Checklist:
    """Write a checklist, or its next version, as a file does, and let somebody of quality assurance approve it."""
    sent = run(write_checklist, INSTALLER, "test", **given)
    return run(approve_checklist, someone(Role.QA, everywhere=True).signing, "test", sent.id)


def an_operator(world: World, name: str = "") -> Someone:
    """Return an operator of the site."""
    return someone(Role.OPERATOR, world.site, name=name)
