"""Reading actions that are training: who is asked, how far they are, and what a deviation's actions are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from lms.capas import rules
from lms.capas.models import Capa
from lms.capas.rules import Kind
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site, Team, TeamMembership
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within
from lms.signatures.models import Meaning, Signature
from lms.web.times import local_day
from modules.action_training.models import ActionTrainee, ActionTraining
from modules.action_training.rules import Audience, Chosen, Trainee
from modules.assignments.models import Assignment, AssignmentState
from modules.curricula.models import Curriculum, CurriculumModule, Task
from modules.curricula.queries import on_day, required_of_people
from modules.documents.models import DocumentVersion
from modules.library.models import Module, ModuleVersion

#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


def people_asked(site_id: UUID, chosen: Chosen, *, at: datetime, zone: str) -> list[UUID]:
    """Return who works at a site on a day and belongs to its team, role or task: the whole site, if none is named."""
    today = local_day(at, zone)
    working = select(Person.id).where(Person.site_id == site_id, on_day(Person.joined_on, Person.left_on, today))
    if chosen.audience == Audience.TEAM:
        m = TeamMembership
        working = working.join(m, m.person_id == Person.id).join(Team, Team.id == m.team_id)
        working = working.where(
            Team.id == chosen.team_id, Team.site_id == site_id, on_day(m.valid_from, m.valid_to, today)
        )
    elif chosen.audience == Audience.ROLE:
        r = RoleAssignment
        held = select(r.id).where(
            r.person_id == Person.id,
            r.role == chosen.role,
            r.site_id.is_(None) | (r.site_id == site_id),
            r.approved_at <= at,
            on_day(r.valid_from, r.valid_to, today),
        )
        working = working.where(held.exists())
    elif chosen.audience == Audience.TASK:
        working = working.where(Person.id.in_(people_of_tasks([chosen.task_id] if chosen.task_id else [], at, site_id)))
    return list(db.session.scalars(working.order_by(Person.id)))


def people_of_tasks(task_ids: Collection[UUID], at: datetime, site_id: UUID | None = None) -> list[UUID]:
    """Return everybody whose curricula lead to one of the tasks, at one site or everywhere."""
    curricula = set(db.session.scalars(select(Curriculum.id).where(Curriculum.task_id.in_(task_ids))))
    asked_for = select(CurriculumModule.module_id).where(CurriculumModule.curriculum_id.in_(curricula))
    return [
        person.person_id
        for person in required_of_people(at, module_ids=asked_for)
        if site_id in {None, person.site_id}
        and any(curriculum_id in curricula for one in person.required for curriculum_id, _ in one.because)
    ]


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """The training of an action, with what its page says."""

    id: UUID
    capa_id: UUID
    site_id: UUID
    zone: str
    module_id: UUID
    module_code: str
    module_title: str
    audience: str
    team_name: str | None
    role: str
    task_title: str | None
    state: str
    deviation_id: UUID
    #: Whether the deviation has no other answer than training so far.
    only_training: bool
    trainees: tuple[Trainee, ...]

    @property
    def module(self) -> str:
        """The module as named in a sentence."""
        return f"{self.module_code} {self.module_title}"


def training_of_action(capa_id: UUID) -> TrainingFacts | None:
    """Return the training that an action asks for, or None. Two statements; the caller has checked who reads the action."""
    t, other = ActionTraining, aliased(Capa)
    on_the_cause = select(other.id).where(
        other.deviation_id == Capa.deviation_id,
        other.kind != Kind.TRAINING,
        other.state != rules.State.CANCELLED,
    )
    statement: AnySelect = (
        select(
            *(t.id, t.capa_id, t.site_id, Site.zone, t.module_id, Module.code, Module.title),
            *(t.audience, Team.name, t.role, Task.title, t.state, Capa.deviation_id, ~on_the_cause.exists()),
            t.asked_at,
        )
        .join(Site, Site.id == t.site_id)
        .join(Module, Module.id == t.module_id)
        .join(Capa, Capa.id == t.capa_id)
        .outerjoin(Team, Team.id == t.team_id)
        .outerjoin(Task, Task.id == t.task_id)
        .where(t.capa_id == capa_id)
    )
    row: Any = db.session.execute(statement).first()
    if row is None:
        return None
    values = (*row[:-1], trainees_of(row.id, row.module_id, row.asked_at, row.zone))
    return TrainingFacts(*values)


def trainees_of(training_id: UUID, module_id: UUID, asked_at: datetime, zone: str) -> tuple[Trainee, ...]:
    """Return everybody of whom it was asked, by name. Any completion of the module since then counts, also of a newer version."""
    done, made = aliased(Assignment), aliased(Assignment)
    statement: AnySelect = (
        select(
            *(Person.id, Person.given_name + " " + Person.family_name, made.due_on, done.completed_at),
            *(DocumentVersion.number, Signature.id, ActionTrainee.out_because),
        )
        .select_from(ActionTrainee)
        .join(Person, Person.id == ActionTrainee.person_id)
        .join(made, made.id == ActionTrainee.assignment_id)
        .outerjoin(
            done,
            (done.person_id == Person.id)
            & (done.module_id == module_id)
            & (done.state == AssignmentState.COMPLETED)
            & (done.completed_at >= asked_at),
        )
        .outerjoin(ModuleVersion, ModuleVersion.id == done.module_version_id)
        .outerjoin(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .outerjoin(
            Signature,
            (Signature.record_type == Assignment.__tablename__)
            & (Signature.record_id == done.id)
            & (Signature.meaning == Meaning.READ_AND_UNDERSTOOD),
        )
        .where(ActionTrainee.training_id == training_id)
        .order_by(Person.family_name, Person.given_name, Person.id, done.completed_at)
    )
    first: dict[UUID, Trainee] = {}
    for person_id, name, due_on, completed_at, number, signature_id, out in db.session.execute(statement):
        completed_on = local_day(completed_at, zone) if completed_at is not None else None
        first.setdefault(person_id, Trainee(person_id, name, due_on, completed_on, number, signature_id, out))
    return tuple(first.values())


def trainings_waiting_for(person_id: UUID, module_id: UUID) -> list[UUID]:
    """Return the open trainings of actions that ask a module of a person."""
    statement = (
        select(ActionTraining.id)
        .join(ActionTrainee, ActionTrainee.training_id == ActionTraining.id)
        .where(
            ActionTrainee.person_id == person_id, ActionTraining.module_id == module_id, ActionTraining.state == "open"
        )
    )
    return list(db.session.scalars(statement))


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form of a new action that is training offers: teams of the site and tasks, each as (id, words)."""

    teams: list[tuple[UUID, str]]
    tasks: list[tuple[UUID, str]]


def choices_at(reader: Actor, site_id: UUID) -> Choices:
    """Return what people of a site can be chosen by."""
    teams = select(Team.id, Team.name).where(
        Team.site_id == site_id, within(Team.site_id, reader, Permission.CAPA_MANAGE)
    )
    tasks = select(Task.id, Task.title).order_by(Task.title)
    return Choices(
        [(row[0], row[1]) for row in db.session.execute(teams.order_by(Team.name))],
        [(row[0], row[1]) for row in db.session.execute(tasks)],
    )


def exported(reader: Actor, capa_id: UUID) -> TrainingFacts:
    """Return the training of an action for a file. Raises ``NotFound`` for whoever does not manage actions at its site."""
    facts = training_of_action(capa_id)
    if facts is None or not reader.may(Permission.CAPA_MANAGE, facts.site_id):
        raise NotFound("There is no such action at your sites.")
    return facts


def last_day(trainees: Collection[Trainee]) -> date:
    """Return the day of the last completion."""
    return max(one.completed_on for one in trainees if one.completed_on is not None)
