"""Reading observed runs and checklists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from assessments.observations.models import Checklist, ChecklistPoint, Observation
from assessments.observations.rules import Point
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotFound
from lms.scope import within
from lms.signatures.queries import SignatureRow, signatures_on

#: A version of a checklist that waits for approval, beside whatever is in force.
WAITS = Checklist.sent_at.is_not(None) & Checklist.approved_at.is_(None) & Checklist.ended_at.is_(None)


@dataclass(frozen=True, slots=True)
class ObservationRow:
    """An observed run in a list."""

    id: UUID
    task_id: UUID
    trainee_name: str
    assessor_id: UUID
    assessor_name: str
    site_name: str
    batch: str
    observed_at: datetime
    state: str
    passed: bool | None


@dataclass(frozen=True, slots=True)
class ObservationPage:
    """An observed run with its checklist."""

    id: UUID
    version: int
    task_id: UUID
    checklist_code: str
    checklist_number: int
    checklist_title: str
    trainee_id: UUID
    trainee_name: str
    assessor_id: UUID
    assessor_name: str
    site_id: UUID
    site_name: str
    zone: str
    batch: str
    observed_at: datetime
    state: str
    marks: dict[str, dict[str, str]]
    remarks: str
    assessor_by: str
    assessor_until: datetime | None
    passed: bool | None
    signed_at: datetime | None
    points: tuple[Point, ...]
    signatures: tuple[SignatureRow, ...]


@dataclass(frozen=True, slots=True)
class ChecklistRow:
    """A checklist in its current version."""

    id: UUID
    code: str
    number: int
    title: str
    task_id: UUID


def points_of(checklist_id: UUID) -> list[Point]:
    """Return the points of a checklist version, in order."""
    statement = select(ChecklistPoint.position, ChecklistPoint.text, ChecklistPoint.critical)
    rows = db.session.execute(
        statement.where(ChecklistPoint.checklist_id == checklist_id).order_by(ChecklistPoint.position)
    )
    return [Point(*row) for row in rows]


def current_points() -> dict[UUID, list[Point]]:
    """Return the points of every current checklist, in order, by checklist."""
    statement = (
        select(ChecklistPoint.checklist_id, ChecklistPoint.position, ChecklistPoint.text, ChecklistPoint.critical)
        .join(Checklist, Checklist.id == ChecklistPoint.checklist_id)
        .where(Checklist.is_current)
        .order_by(ChecklistPoint.checklist_id, ChecklistPoint.position)
    )
    found: dict[UUID, list[Point]] = {}
    for checklist_id, position, text, critical in db.session.execute(statement):
        found.setdefault(checklist_id, []).append(Point(position, text, critical))
    return found


def checklists() -> list[ChecklistRow]:
    """Return the current checklists, by code."""
    statement = select(Checklist.id, Checklist.code, Checklist.number, Checklist.title, Checklist.task_id)
    rows = db.session.execute(statement.where(Checklist.is_current).order_by(Checklist.code))
    return [ChecklistRow(*row) for row in rows]


def observations(reader: Actor, *, limit: int = 100) -> list[ObservationRow]:
    """Return the runs at the reader's sites, drafts first and then the newest; drafts only if they are the reader's own."""
    trainee, assessor = aliased(Person), aliased(Person)
    own_draft = and_(Observation.state == "open", Observation.assessor_id == reader.person_id)
    statement = (
        select(
            Observation.id,
            Observation.task_id,
            trainee.given_name,
            trainee.family_name,
            Observation.assessor_id,
            assessor.given_name,
            assessor.family_name,
            Site.name,
            Observation.batch_reference,
            Observation.observed_at,
            Observation.state,
            Observation.passed,
        )
        .join(trainee, trainee.id == Observation.trainee_id)
        .join(assessor, assessor.id == Observation.assessor_id)
        .join(Site, Site.id == Observation.site_id)
        .where(or_(own_draft, Observation.state == "signed"))
        .where(within(Observation.site_id, reader, Permission.QUALIFICATION_SEE))
        .order_by(Observation.state, Observation.observed_at.desc())
        .limit(limit)
    )
    return [
        ObservationRow(r[0], r[1], f"{r[2]} {r[3]}", r[4], f"{r[5]} {r[6]}", r[7], r[8], r[9], r[10], r[11])
        for r in db.session.execute(statement).all()
    ]


def observation_page(reader: Actor, observation_id: UUID) -> ObservationPage:
    """Return one run. Its trainee may see it once it is signed, its assessor always, others of the site once it is signed."""
    trainee, assessor = aliased(Person), aliased(Person)
    statement = (
        select(Observation, Checklist, trainee, assessor, Site.name, Site.zone)
        .join(Checklist, Checklist.id == Observation.checklist_id)
        .join(trainee, trainee.id == Observation.trainee_id)
        .join(assessor, assessor.id == Observation.assessor_id)
        .join(Site, Site.id == Observation.site_id)
        .where(
            Observation.id == observation_id,
            or_(
                Observation.assessor_id == reader.person_id,
                and_(
                    Observation.state == "signed",
                    or_(
                        Observation.trainee_id == reader.person_id,
                        within(Observation.site_id, reader, Permission.QUALIFICATION_SEE),
                    ),
                ),
            ),
        )
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such observed run at your sites.")
    o, checklist, of, by, site_name, zone = row
    return ObservationPage(
        o.id,
        o.version,
        o.task_id,
        checklist.code,
        checklist.number,
        checklist.title,
        of.id,
        of.name,
        by.id,
        by.name,
        o.site_id,
        site_name,
        zone,
        o.batch_reference,
        o.observed_at,
        o.state,
        o.marks,
        o.remarks,
        o.assessor_by,
        o.assessor_until,
        o.passed,
        o.signed_at,
        tuple(points_of(o.checklist_id)),
        tuple(signatures_on(o)),
    )


def trainees(reader: Actor) -> list[tuple[UUID, str, UUID, str]]:
    """Return the operators at the sites where the reader records runs: person, name, site, site name; never the reader."""
    statement = (
        select(Person.id, Person.given_name, Person.family_name, Site.id, Site.name)
        .join(Site, Site.id == Person.site_id)
        .join(RoleAssignment, (RoleAssignment.person_id == Person.id) & (RoleAssignment.role == Role.OPERATOR))
        .where(
            within(Site.id, reader, Permission.OBSERVATION_RECORD),
            Person.id != reader.person_id,
            Person.left_on.is_(None),
            RoleAssignment.valid_to.is_(None),
        )
        .distinct()
        .order_by(Site.name, Person.family_name, Person.given_name)
    )
    return [(r[0], f"{r[1]} {r[2]}", r[3], r[4]) for r in db.session.execute(statement)]
