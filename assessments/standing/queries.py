"""Collecting the facts on which the rule decides: of one person with every signature, or of many people at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from assessments.observations.models import Observation
from assessments.qualifications.models import Qualification, TrainingState
from assessments.qualifications.rules import Decision, Facts, Grant, Run, Signed, Status, decide
from assessments.records.queries import Draft, Records, records_of
from assessments.training.queries import is_asked_of, modules_asked, trainings
from lms.asking import WHOLE, ask, reach, reached, sites_of
from lms.audit.canonical import content_hash
from lms.extensions import db
from lms.identity.models import Account, Person, RoleAssignment
from lms.identity.rules import is_called
from lms.network.models import Site
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotFound
from lms.scope import within
from lms.signatures.models import Signable, Signature
from lms.web.times import local_day, start_of_day
from modules.api import TaskRow, TaskTraining

#: A qualification that ends within this many days is shown as running out.
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Worker:
    """A person as working at a site."""

    person_id: UUID
    employee_no: str
    name: str
    site_id: UUID
    site_name: str
    zone: str
    left_on: date | None
    roles: tuple[str, ...] = ()

    @property
    def left_at(self) -> datetime | None:
        """The first moment at which they no longer worked there."""
        return None if self.left_on is None else start_of_day(self.left_on, self.zone)


@dataclass(frozen=True, slots=True)
class Case:
    """One person, one task, one site, and everything known about them today."""

    worker: Worker
    task: TaskRow
    site_code: str
    #: Whether the person works or worked at the site; if not, it has no business showing them.
    belongs: bool
    facts: Facts


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands with a task at a moment, as shown in lists."""

    worker: Worker
    task: TaskRow
    required: bool
    decision: Decision
    facts: Facts
    drafts: tuple[Draft, ...]

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to show: it is asked for, or something was done."""
        return self.required or self.decision.status is not Status.NOT_STARTED

    def runs_out_within(self, days: int) -> bool:
        """Whether it holds and ends within some days."""
        holds = self.decision.status in {Status.QUALIFIED, Status.RESTRICTED}
        until = self.decision.until
        return holds and until is not None and until - self.decision.at <= timedelta(days=days)

    @property
    def versions(self) -> str:
        """The versions in force of the SOPs it rests on."""
        return ", ".join(f"{m.module.sop} v{m.version.number}" for m in self.decision.evidence.modules)

    @property
    def last_run_at(self) -> datetime | None:
        """When the newest observed run took place."""
        return max((run.observed_at for run in self.decision.evidence.runs), default=None)


def case_of(person_id: UUID, task_id: UUID, site_id: UUID, at: datetime, *, now: datetime | None = None) -> Case:
    """Return what is known about one person, task and site around a moment, with signatures. Raises ``NotFound``.

    With ``now`` what happened between the moment and now is there too, to be told apart as later.
    """
    role_there = exists().where(RoleAssignment.person_id == Person.id, RoleAssignment.site_id == site_id)
    head = db.session.execute(
        select(
            Person.id,
            Person.employee_no,
            Person.given_name,
            Person.family_name,
            Person.left_on,
            Site.id,
            Site.name,
            Site.zone,
            Site.code,
            or_(Person.site_id == site_id, role_there),
        )
        .select_from(Person)
        .join(Site, Site.id == site_id)
        .where(Person.id == person_id)
    ).first()
    records = records_of({person_id}, now or at)
    of_task = next(iter(trainings([task_id])), None)
    if head is None or of_task is None:
        raise NotFound("There is no such person, task or site.")
    worker = Worker(head[0], head[1], f"{head[2]} {head[3]}", head[5], head[6], head[7], head[4])
    needed, months = records.requirements.get(task_id, (0, 12))
    modules = modules_asked(of_task, at, worker.zone, site_id)
    wanted = {module.id for module in modules}
    facts = Facts(
        modules=modules,
        completions=tuple(c for c in records.completions[person_id] if c.module_id in wanted),
        runs=_signed_runs(person_id, task_id, site_id),
        grants=_signed_grants(person_id, task_id, site_id),
        pauses=(
            *records.standing(person_id, site_id, worker.zone),
            *records.pauses[person_id, site_id, task_id],
        ),
        runs_needed=needed,
        valid_months=months,
        left_at=worker.left_at,
    )
    return Case(worker, of_task.task, head[8], bool(head[9]), facts)


def _signed(record: Signable, signature: Signature | None) -> Signed | None:
    if signature is None:
        return None
    holds = content_hash(record.signed_content()) == signature.digest
    return Signed(signature.printed_name, signature.meaning, signature.signed_at, signature.zone, holds)


def _signed_grants(person_id: UUID, task_id: UUID, site_id: UUID) -> tuple[Grant, ...]:
    of_record = and_(Signature.record_type == "qualification", Signature.record_id == Qualification.id)
    rows = db.session.execute(
        select(Qualification, Signature)
        .outerjoin(Signature, of_record)
        .where(Qualification.person_id == person_id, Qualification.task_id == task_id, Qualification.site_id == site_id)
        .order_by(Qualification.valid_from)
    )
    return tuple(
        Grant(
            q.id,
            q.valid_from,
            q.valid_to,
            q.ended_at,
            q.ended_reason,
            signature.printed_name if signature else "",
            (q.limited_by, q.limited_name),
            _signed(q, signature),
        )
        for q, signature in rows
    )


def _signed_runs(person_id: UUID, task_id: UUID, site_id: UUID) -> tuple[Run, ...]:
    of_record = and_(Signature.record_type == "observation", Signature.record_id == Observation.id)
    assessor = aliased(Person)
    rows = db.session.execute(
        select(Observation, assessor.given_name, assessor.family_name, Signature)
        .join(assessor, assessor.id == Observation.assessor_id)
        .outerjoin(Signature, of_record)
        .where(
            Observation.trainee_id == person_id,
            Observation.task_id == task_id,
            Observation.site_id == site_id,
            Observation.signed_at.is_not(None),
        )
        .order_by(Observation.observed_at)
    )
    return tuple(
        Run(
            o.id,
            o.observed_at,
            o.signed_at,
            bool(o.passed),
            o.batch_reference,
            f"{given} {family}",
            o.assessor_by,
            o.assessor_until,
            _signed(o, signature),
        )
        for o, given, family, signature in rows
        if o.signed_at is not None
    )


@cache
def _workers(how_far: str, *, one: bool, of_site: bool) -> Select[*tuple[Any, ...]]:
    here = func.coalesce(RoleAssignment.site_id, Person.site_id)
    statement = (
        select(
            Person.id,
            Person.employee_no,
            Person.given_name,
            Person.family_name,
            Site.id,
            Site.name,
            Site.zone,
            Person.left_on,
            RoleAssignment.role,
            RoleAssignment.valid_from,
            RoleAssignment.valid_to,
            Person.joined_on,
        )
        .join(RoleAssignment, and_(RoleAssignment.person_id == Person.id, RoleAssignment.approved_at.is_not(None)))
        .join(Site, Site.id == here)
        .where(reached(Site.id, how_far))
        .order_by(Site.name, Person.family_name, Person.given_name, Person.id)
    )
    statement = statement.where(Person.id == bindparam("person") if one else RoleAssignment.role == Role.OPERATOR)
    return statement.where(Site.id == bindparam("site")) if of_site else statement


def workers(
    reader: Actor,
    permission: Permission | None,
    at: datetime,
    *,
    site_id: UUID | None = None,
    person_id: UUID | None = None,
) -> list[Worker]:
    """Return who worked as an operator at the reader's sites at a moment, by site and family name.

    With ``person_id`` that one person, whatever their role. Without a permission the caller has checked who may see them.
    """
    how_far = WHOLE if permission is None else reach(reader, permission)
    statement = _workers(how_far, one=person_id is not None, of_site=site_id is not None)
    sites = sites_of(reader, permission) if permission is not None else []
    found: dict[tuple[UUID, UUID], Worker] = {}
    for row in ask(statement, person=person_id, site=site_id, sites=sites):
        day = local_day(at, row[6])
        worked = row[11] <= day and (row[7] is None or day < row[7])
        if not worked or row[9] > day or (row[10] is not None and row[10] <= day):
            continue
        known = found.get((row[0], row[4]))
        roles = (*known.roles, row[8]) if known else (row[8],)
        found[row[0], row[4]] = Worker(
            row[0], row[1], f"{row[2]} {row[3]}", row[4], row[5], row[6], row[7], tuple(sorted(set(roles)))
        )
    return list(found.values())


def standings(people: Sequence[Worker], at: datetime, records: Records | None = None) -> list[Standing]:
    """Return where every one of these people stands with every task at a moment: a query or two, whatever their number.

    ``records`` are theirs, where a page that asks about several moments has read them already.
    """
    if not people:
        return []
    return _standings(people, records or records_of({worker.person_id for worker in people}, at), at)


def _standings(people: Sequence[Worker], records: Records, at: datetime) -> list[Standing]:
    every_task = trainings(stamp=records.stamp)
    facts = _facts_of_many(people, every_task, records, at)
    found = []
    for worker in people:
        day = local_day(at, worker.zone)
        for of_task in every_task:
            key = (worker.person_id, worker.site_id, of_task.task.id)
            known, drafts = facts[key], tuple(records.drafts[key])
            required = is_asked_of(of_task, worker.roles, worker.site_id, day)
            found.append(Standing(worker, of_task.task, required, decide(known, at), known, drafts))
    return found


def _facts_of_many(
    people: Sequence[Worker], every_task: Sequence[TaskTraining], records: Records, at: datetime
) -> dict[tuple[UUID, UUID, UUID], Facts]:
    asked = {
        (site_id, of_task.task.id): modules_asked(of_task, at, zone, site_id)
        for site_id, zone in {(worker.site_id, worker.zone) for worker in people}
        for of_task in every_task
    }
    facts: dict[tuple[UUID, UUID, UUID], Facts] = {}
    for worker in people:
        theirs = records.completions[worker.person_id]
        for of_task in every_task:
            modules = asked[worker.site_id, of_task.task.id]
            wanted = {module.id for module in modules}
            key = (worker.person_id, worker.site_id, of_task.task.id)
            needed, months = records.requirements.get(of_task.task.id, (0, 12))
            facts[key] = Facts(
                modules=modules,
                completions=tuple(c for c in theirs if c.module_id in wanted),
                runs=tuple(records.runs[key]),
                grants=tuple(records.grants[key]),
                pauses=(
                    *records.standing(worker.person_id, worker.site_id, worker.zone),
                    *records.pauses[key],
                ),
                runs_needed=needed,
                valid_months=months,
                left_at=worker.left_at,
            )
    return facts


def find_person(reader: Actor, words: str) -> list[Worker]:
    """Return the people at the reader's sites who are meant: by employee number or user name, or else all of that name."""
    wanted = words.strip().lower()
    named = or_(func.lower(Person.employee_no) == wanted, Account.login == wanted)
    found = _people(reader, named) or [
        row for row in _people(reader, _alike(words)) if is_called(words, row[2], row[3])
    ]
    return [Worker(row[0], row[1], f"{row[2]} {row[3]}", *row[4:]) for row in found]


def _alike(words: str) -> ColumnElement[bool]:
    """Return the condition of names that may be meant, so that not everybody is read; ``is_called`` decides.

    Any letter will do for one beyond English, since SQLite knows no capitals but those of English.
    """
    text = " ".join(words.replace(",", ", ").split()).replace(" ,", ",")
    pattern = "".join(letter if letter.isascii() and letter not in "%_\\" else "_" for letter in text)
    given, family = Person.given_name, Person.family_name
    return or_(*(name.ilike(pattern) for name in (family, given + " " + family, family + ", " + given)))


def _people(reader: Actor, condition: ColumnElement[bool]) -> Sequence[Row[*tuple[Any, ...]]]:
    statement = (
        select(
            Person.id,
            Person.employee_no,
            Person.given_name,
            Person.family_name,
            Site.id,
            Site.name,
            Site.zone,
            Person.left_on,
        )
        .join(Site, Site.id == Person.site_id)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(condition)
        .order_by(Site.name, Person.employee_no)
    )
    if not reader.is_system:
        statement = statement.where(within(Site.id, reader, Permission.QUALIFICATION_SEE))
    return db.session.execute(statement).all()


def own_standings(reader: Actor, at: datetime, records: Records | None = None) -> list[Standing]:
    """Return where the reader stands with every task that is asked of them, or that they have begun.

    ``records`` are the reader's, where a page has read them already.
    """
    if reader.person_id is None:
        return []
    people = [_own_worker(reader)] if _works_at_home(reader) else workers(reader, None, at, person_id=reader.person_id)
    records = records or records_of([reader.person_id], at)
    return [row for row in _standings(people, records, at) if row.is_shown]


def _works_at_home(reader: Actor) -> bool:
    return reader.home is not None and all(grant.site_id in {None, reader.home.id} for grant in reader.grants)


def _own_worker(reader: Actor) -> Worker:
    """Return the reader as working at their own site: who is signed in works there today, and it is all known already."""
    if reader.person_id is None or reader.home is None:
        raise LookupError("a job of the system works nowhere")
    roles = tuple(sorted({str(grant.role) for grant in reader.grants}))
    return Worker(reader.person_id, "", reader.name, reader.home.id, reader.home.name, reader.zone, None, roles)


#: Rows of one's own standings on the home page; the rest is one click away.
FIRST = 5


def first_to_look_at(rows: Sequence[Standing]) -> list[Standing]:
    """Return the few that need their owner first: what does not hold, then what ends soonest."""

    def urgency(row: Standing) -> tuple[bool, bool, datetime]:
        until = row.decision.until or row.decision.at
        return row.decision.allowed, row.decision.status is Status.NOT_STARTED, until

    return sorted(rows, key=urgency)[:FIRST]


@dataclass(frozen=True, slots=True)
class FrozenState:
    """What people involved in a deviation were trained for, as frozen then: how many alike, never who."""

    people: int
    status: str
    task: str
    versions: str


def training_states(reader: Actor, deviation_id: UUID) -> list[FrozenState]:
    """Return the frozen states of those involved in a deviation at the reader's sites, alike ones counted together."""
    decisions = db.session.scalars(
        select(TrainingState.decision).where(
            TrainingState.deviation_id == deviation_id, within(TrainingState.site_id, reader, Permission.DEVIATION_SEE)
        )
    )
    found: Counter[tuple[str, str, str]] = Counter()
    for decision in decisions:
        plain: dict[str, Any] = decision
        versions = ", ".join(f"{module['sop']} v{module['version']}" for module in plain["modules"])
        found[str(plain["status"]), str(plain["task_title"]), versions] += 1
    return [FrozenState(people, *alike) for alike, people in sorted(found.items())]
