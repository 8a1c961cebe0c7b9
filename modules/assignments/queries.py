"""Reading assignments: what a person has and had, what a trainer oversees, and what a completion was worth at a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, bindparam, false, func, or_, select, true
from sqlalchemy.orm import aliased

from lms.asking import ask, written
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within
from lms.web.times import local_day
from modules.assignments import rules
from modules.assignments.impact import Concerned, Impact, impact_of
from modules.assignments.models import Assignment, AssignmentState, PartProgress
from modules.assignments.rules import Held
from modules.curricula.models import Curriculum
from modules.curricula.queries import Modules, curriculum_names, required_of_people
from modules.documents.models import Document, DocumentVersion
from modules.library.models import Module, ModulePart, ModuleVersion, PartKind
from modules.library.rules import TaughtVersion


@dataclass(frozen=True, slots=True)
class Completion:
    """A module as one person completed it once: which version, when, and until when it counts."""

    assignment_id: UUID
    person_id: UUID
    module_id: UUID
    module_version_id: UUID
    #: Number of the SOP version.
    number: int
    completed_at: datetime
    #: None: until the SOP changes.
    counts_until: datetime | None
    #: What the knowledge check left as evidence, such as ``{"attempt": "…", "percent": 90}``; empty where there was none.
    check: dict[str, object]

    def counts_at(self, at: datetime) -> bool:
        """Whether it had been made and had not lapsed at a moment. Whether its version held then is another question."""
        return self.completed_at <= at and (self.counts_until is None or at < self.counts_until)


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """An assignment in a list."""

    id: UUID
    version: int
    person_id: UUID
    person: str
    employee_no: str
    site_name: str
    zone: str
    module_id: UUID
    module_code: str
    module_title: str
    document_code: str
    number: int
    cycle: int
    reason: str
    curriculum: str | None
    state: str
    assigned_at: datetime
    due_on: date
    completed_at: datetime | None
    counts_until: datetime | None
    overdue: bool

    @property
    def standing(self) -> str:
        """What is shown: the state, or *overdue*."""
        return "overdue" if self.overdue else self.state


@dataclass(frozen=True, slots=True)
class Filter:
    """What a trainer looks at. An empty text leaves a field open."""

    site_id: UUID | None = None
    module_id: UUID | None = None
    #: ``open``, ``overdue``, ``due_14``, ``completed_30``, ``completed``, ``cancelled`` or empty.
    standing: str = "open"
    words: str = ""


#: The standings whose numbers stand above the list; each opens its list.
FIGURES = ("open", "overdue", "due_14", "completed_30")


def held_by(module_ids: Modules | None = None, person_ids: Collection[UUID] | None = None) -> list[Held]:
    """Return every assignment, of all or of the named modules and people, oldest first."""
    statement = (
        select(
            Assignment.id,
            Assignment.person_id,
            Assignment.module_id,
            Assignment.module_version_id,
            DocumentVersion.number,
            Assignment.cycle,
            Assignment.reason,
            Assignment.state,
            Assignment.due_on,
            Assignment.completed_at,
            Assignment.counts_until,
            Assignment.curriculum_id,
        )
        .join(ModuleVersion, ModuleVersion.id == Assignment.module_version_id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .where(Assignment.module_id.in_(module_ids) if module_ids is not None else true())
        .where(Assignment.person_id.in_(person_ids) if person_ids is not None else true())
        .order_by(Assignment.assigned_at, Assignment.id)
    )
    rows: Iterable[Any] = db.session.execute(statement)
    return [Held(*row) for row in rows]


def completed() -> Subquery:
    """Return all that was ever completed, for this or another room's statement to take from.

    Columns: id, person_id, module_id, module_version_id, number, completed_at, counts_until, evidence.
    """
    a, taught = aliased(Assignment, name="a"), aliased(ModuleVersion, name="v")
    sop, part, done = aliased(DocumentVersion, name="s"), aliased(ModulePart, name="p"), aliased(PartProgress, name="e")
    return (
        select(a.id, a.person_id, a.module_id, a.module_version_id, sop.number, a.completed_at, a.counts_until)
        .add_columns(done.evidence)
        .join(taught, taught.id == a.module_version_id)
        .join(sop, sop.id == taught.document_version_id)
        .outerjoin(
            part, (part.module_version_id == a.module_version_id) & (part.kind == written(PartKind.KNOWLEDGE_CHECK))
        )
        .outerjoin(done, (done.assignment_id == a.id) & (done.part_id == part.id))
        .where(a.state == written(AssignmentState.COMPLETED))
        .subquery("d")
    )


@cache
def _completions(*, of_people: bool, of_modules: bool) -> Select[*tuple[Any, ...]]:
    done = completed()
    d = done.c
    return (
        select(done)
        .where(d.completed_at <= bindparam("at"))
        .where(d.person_id.in_(bindparam("people", expanding=True)) if of_people else true())
        .where(d.module_id.in_(bindparam("modules", expanding=True)) if of_modules else true())
        .order_by(d.completed_at, d.id)
    )


def completions_of(
    person_ids: Collection[UUID] | None, module_ids: Collection[UUID] | None, at: datetime
) -> list[Completion]:
    """Return what people had completed by a moment, of all or of the named modules, oldest first, lapsed ones included."""
    statement = _completions(of_people=person_ids is not None, of_modules=module_ids is not None)
    rows = ask(statement, at=at, people=list(person_ids or ()), modules=list(module_ids or ()))
    return [Completion(*(*row[:7], row[7] or {})) for row in rows]


def assignments(
    reader: Actor, now: datetime, wanted: Filter, *, page: int = 1, per_page: int | None = 50
) -> tuple[list[AssignmentRow], dict[str, int]]:
    """Return a page of the assignments at the reader's sites, by due day, and the figures above the list.

    The figures are counted with the same conditions as the list, so that a figure and the list it opens never differ.
    ``per_page=None`` returns all rows, for exports.
    """
    days = _days_by_site(now)
    own = _scope(reader, wanted)
    counts = db.session.execute(
        _joined(*(func.count().filter(_standing(name, days, now)) for name in (*FIGURES, wanted.standing))).where(own)
    ).one()
    figures = dict(zip((*FIGURES, "listed"), counts, strict=True))
    statement = _joined(*_ROW).where(own, _standing(wanted.standing, days, now))
    order = Assignment.completed_at.desc() if wanted.standing.startswith("completed") else Assignment.due_on
    statement = statement.order_by(order, Person.family_name, Person.given_name, Assignment.id)
    if per_page is not None:
        statement = statement.limit(per_page).offset((page - 1) * per_page)
    return [_row(row, now) for row in db.session.execute(statement)], figures


def assignment_row(reader: Actor, assignment_id: UUID, now: datetime) -> AssignmentRow:
    """Return one assignment at the reader's sites, or raise ``NotFound``."""
    statement = _joined(*_ROW).where(
        Assignment.id == assignment_id, within(Assignment.site_id, reader, Permission.ASSIGNMENT_MANAGE)
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such assignment at your sites.")
    return _row(row, now)


def training_of(reader: Actor, person_id: UUID, now: datetime) -> list[AssignmentRow]:
    """Return everything that was ever assigned to a person at the reader's sites, open ones first."""
    overseen = or_(
        within(Assignment.site_id, reader, Permission.ASSIGNMENT_MANAGE),
        within(Assignment.site_id, reader, Permission.MATRIX_SEE),
    )
    statement = _joined(*_ROW).where(Assignment.person_id == person_id, overseen).order_by(*_OPEN_FIRST)
    return [_row(row, now) for row in db.session.execute(statement)]


def assignments_of(person_id: UUID, now: datetime) -> list[AssignmentRow]:
    """Return everything that was ever assigned to a person, open ones first, by due day. The caller checks who asks."""
    statement = _joined(*_ROW).where(Assignment.person_id == person_id).order_by(*_OPEN_FIRST)
    return [_row(row, now) for row in db.session.execute(statement)]


_OPEN_FIRST = (Assignment.state != AssignmentState.OPEN, Assignment.due_on, Module.title, Assignment.id)
_ROW = (
    Assignment.id,
    Assignment.version,
    Assignment.person_id,
    Person.given_name,
    Person.family_name,
    Person.employee_no,
    Site.name,
    Site.zone,
    Assignment.module_id,
    Module.code,
    Module.title,
    Document.code,
    DocumentVersion.number,
    Assignment.cycle,
    Assignment.reason,
    Curriculum.title,
    Assignment.state,
    Assignment.assigned_at,
    Assignment.due_on,
    Assignment.completed_at,
    Assignment.counts_until,
)
#: The same columns by the names of ``AssignmentRow``.
_NAMES = (
    *("id", "version", "person_id", "given_name", "family_name", "employee_no", "site_name", "zone", "module_id"),
    *("module_code", "module_title", "document_code", "number", "cycle", "reason", "curriculum", "state"),
    *("assigned_at", "due_on", "completed_at", "counts_until"),
)


def _joined(*columns: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - columns of any type
    return (
        select(*columns)
        .select_from(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .join(Site, Site.id == Assignment.site_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(ModuleVersion, ModuleVersion.id == Assignment.module_version_id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .join(Document, Document.id == DocumentVersion.document_id)
        .outerjoin(Curriculum, Curriculum.id == Assignment.curriculum_id)
    )


def _row(row: Any, now: datetime) -> AssignmentRow:  # noqa: ANN401 - a row of the columns above
    named: Any = dict(zip(_NAMES, row, strict=True))
    person = f"{named.pop('given_name')} {named.pop('family_name')}"
    overdue = rules.is_overdue(named["state"], named["due_on"], local_day(now, named["zone"]))
    return AssignmentRow(person=person, overdue=overdue, **named)


def _days_by_site(now: datetime) -> dict[date, list[UUID]]:
    """Return which sites have which day at a moment: two or three groups in the whole world."""
    days: dict[date, list[UUID]] = {}
    for site_id, zone in db.session.execute(select(Site.id, Site.zone)):
        days.setdefault(local_day(now, zone), []).append(site_id)
    return days


def _standing(name: str, days: dict[date, list[UUID]], now: datetime) -> ColumnElement[bool]:
    open_ = Assignment.state == AssignmentState.OPEN

    def due(low: int | None, high: int) -> ColumnElement[bool]:
        parts = []
        for day, site_ids in days.items():
            until = Assignment.due_on <= day + timedelta(days=high)
            since = Assignment.due_on >= day + timedelta(days=low) if low is not None else true()
            parts.append(and_(Assignment.site_id.in_(site_ids), until, since))
        return or_(false(), *parts)

    match name:
        case "open":
            return open_
        case "overdue":
            return open_ & due(None, -1)
        case "due_14":
            return open_ & due(0, 14)
        case "completed_30":
            return (Assignment.state == AssignmentState.COMPLETED) & (
                Assignment.completed_at > now - timedelta(days=30)
            )
        case "":
            return true()
        case _:
            return Assignment.state == name


def _scope(reader: Actor, wanted: Filter) -> ColumnElement[bool]:
    conditions = [within(Assignment.site_id, reader, Permission.ASSIGNMENT_MANAGE)]
    if wanted.site_id is not None:
        conditions.append(Assignment.site_id == wanted.site_id)
    if wanted.module_id is not None:
        conditions.append(Assignment.module_id == wanted.module_id)
    if wanted.words:
        named = (Person.given_name, Person.family_name, Person.employee_no)
        conditions += [
            or_(*(column.icontains(word, autoescape=True) for column in named)) for word in wanted.words.split()
        ]
    return and_(*conditions)


@dataclass(frozen=True, slots=True)
class TrainingReminder:
    """An open assignment that its person should hear about today, and how urgent it is."""

    assignment_id: UUID
    person_id: UUID
    module_title: str
    due_on: date
    #: ``due_in_14``, ``due_in_3``, ``due_today``, ``overdue_1`` or ``overdue_7``.
    stage: str


def reminders_on(day: date) -> list[TrainingReminder]:
    """Return the open assignments that deserve a reminder on a day, see ``rules.REMINDERS``."""
    days = [day + timedelta(days=distance) for distance in rules.REMINDERS]
    statement = (
        select(Assignment.id, Assignment.person_id, Module.title, Assignment.due_on)
        .join(Module, Module.id == Assignment.module_id)
        .where(Assignment.state == AssignmentState.OPEN, Assignment.due_on.in_(days))
        .order_by(Assignment.person_id, Assignment.due_on, Assignment.id)
    )
    return [TrainingReminder(*row, stage=rules.reminder(row[3], day)) for row in db.session.execute(statement)]


def impact(reader: Actor, document_id: UUID, number: int, effective_on: date, now: datetime) -> Impact:
    """Return whom version ``number`` of an SOP would concern if it were approved now for a day. Three statements."""
    taught_by = select(Module.id).where(Module.document_id == document_id)
    held: dict[UUID, list[Held]] = {}
    for one in held_by(taught_by):
        held.setdefault(one.person_id, []).append(one)
    people = [
        Concerned(
            person.person_id,
            person.name,
            person.site_id,
            person.site_name,
            person.zone,
            next(iter(person.required), None),
            held.get(person.person_id, ()),
        )
        for person in required_of_people(now, module_ids=taught_by)
    ]
    new = TaughtVersion(document_id, document_id, document_id, number, now, effective_on)
    visible = {person.site_id: reader.may(Permission.PEOPLE_SEE, person.site_id) for person in people}
    return impact_of(people, new, now, visible)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a person has to complete a module now: a curriculum, the role it holds for, and the task it leads to."""

    curriculum_id: UUID
    curriculum: str
    role: str
    task: str | None


def why(row: AssignmentRow, now: datetime) -> list[Why]:
    """Return every curriculum that asks a person for a module now; empty if it was assigned by hand or is not asked for."""
    person = next(iter(required_of_people(now, [row.person_id], [row.module_id])), None)
    required = person.of(row.module_id) if person else None
    if required is None:
        return []
    names = curriculum_names([curriculum_id for curriculum_id, _ in required.because])
    return [
        Why(curriculum_id, names[curriculum_id].title, role, names[curriculum_id].task_title)
        for curriculum_id, role in required.because
    ]


def people(reader: Actor) -> list[tuple[UUID, str, str]]:
    """Return the people at work at the reader's sites as (id, name, site), by name, for a select field."""
    statement = (
        select(Person.id, Person.given_name, Person.family_name, Site.name)
        .join(Site, Site.id == Person.site_id)
        .where(Person.left_on.is_(None), within(Person.site_id, reader, Permission.ASSIGNMENT_MANAGE))
        .order_by(Person.family_name, Person.given_name)
    )
    return [(row[0], f"{row[1]} {row[2]}", row[3]) for row in db.session.execute(statement)]
