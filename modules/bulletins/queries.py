"""Reading bulletins: the secrets they must not tell, the sites they go to, and what followed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from lms.capas.models import Capa
from lms.capas.rules import State as CapaState
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED
from lms.exposure.models import Batch
from lms.extensions import db
from lms.identity.models import Account, Person
from lms.network.models import Network, Site, SiteState, Team
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotFound
from lms.scope import within
from modules.action_training.queries import people_asked, people_of_tasks
from modules.action_training.rules import Audience, Chosen
from modules.assignments.models import Assignment, AssignmentState
from modules.bulletins import rules
from modules.bulletins.anonymity import Secret, Tells
from modules.bulletins.effect import Effect
from modules.bulletins.models import Bulletin, BulletinSite
from modules.bulletins.rules import Question, SiteFacts, State, Text
from modules.curricula.models import Curriculum, CurriculumAudience, Task
from modules.curricula.queries import on_day
from modules.tasks.queries import tasks_of_step

#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]
EFFECT_DAYS = 365


def governs(reader: Actor) -> bool:
    """Whether the reader writes or approves bulletins for the whole network."""
    return any(
        reader.may(permission) and reader.sites_for(permission) is None
        for permission in (Permission.BULLETIN_DRAFT, Permission.BULLETIN_APPROVE)
    )


def drafts(reader: Actor) -> bool:
    """Whether the reader writes bulletins for the whole network, and so may know where they come from."""
    return reader.may(Permission.BULLETIN_DRAFT) and reader.sites_for(Permission.BULLETIN_DRAFT) is None


def secrets_of(deviation_id: UUID) -> list[Secret]:
    """Return everything that a bulletin from this record must not tell: its numbers, and every name of the network.

    One statement. Of batches, those of the record's site; whoever left is still named.
    """
    origin = select(Deviation.site_id).where(Deviation.id == deviation_id).scalar_subquery()

    def words(
        tells: Tells,
        column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
        *conditions: ColumnElement[bool],
    ) -> AnySelect:
        return select(literal(str(tells)), column).where(and_(true(), *conditions))

    parts = [
        *(words(Tells.PERSON, column) for column in (Person.given_name, Person.family_name, Person.employee_no)),
        words(Tells.PERSON, Account.login),
        words(Tells.SITE, Site.name),
        words(Tells.SITE, Site.code),
        words(Tells.TEAM, Team.name),
        words(Tells.NUMBER, Deviation.number, Deviation.id == deviation_id),
        words(Tells.NUMBER, Deviation.external_id, Deviation.id == deviation_id, Deviation.external_id.is_not(None)),
        words(Tells.NUMBER, Capa.number, Capa.deviation_id == deviation_id),
        words(Tells.NUMBER, Batch.number, Batch.site_id == origin),
    ]
    found: list[Any] = list(db.session.execute(union_all(*parts)))
    return [Secret(Tells(row[0]), row[1]) for row in sorted(set(map(tuple, found)))]


@dataclass(frozen=True, slots=True)
class Answer:
    """An action of the record, for the draft."""

    title: str
    description: str


def answers_to(deviation_id: UUID) -> list[Answer]:
    """Return what was changed after a deviation, oldest action first."""
    statement = select(Capa.title, Capa.description).where(
        Capa.deviation_id == deviation_id, Capa.state != CapaState.CANCELLED
    )
    return [Answer(*row) for row in db.session.execute(statement.order_by(Capa.number))]


def site_facts(process_step: str, now: datetime) -> list[SiteFacts]:
    """Return what is known of every site of the home network about a process step, by name. One statement."""
    today = now.date()
    batches = select(func.count(Batch.id)).where(
        Batch.site_id == Site.id, Batch.started_on > today - timedelta(days=rules.BATCH_DAYS), Batch.started_on <= today
    )
    deviations = select(func.count(Deviation.id)).where(
        Deviation.site_id == Site.id,
        Deviation.process_step == process_step,
        Deviation.state.in_(CLASSIFIED),
        Deviation.occurred_at > now - timedelta(days=rules.DEVIATION_DAYS),
    )
    a = CurriculumAudience
    taught = (
        select(a.id)
        .join(Curriculum, Curriculum.id == a.curriculum_id)
        .join(Task, Task.id == Curriculum.task_id)
        .where(
            Task.process_step == process_step,
            or_(a.site_id.is_(None), a.site_id == Site.id),
            on_day(a.valid_from, a.valid_to, today),
        )
    )
    statement: AnySelect = (
        select(Site.id, Site.name, batches.scalar_subquery(), deviations.scalar_subquery(), taught.exists())
        .join(Network, Network.id == Site.network_id)
        .where(Network.taxonomy == "core", ~Site.is_control_site, Site.state != SiteState.CEASED)
        .order_by(Site.name)
    )
    return [SiteFacts(row[0], row[1], row[2], row[3], bool(row[4])) for row in db.session.execute(statement)]


def readers_at(process_step: str, site_ids: Collection[UUID], at: datetime) -> list[UUID]:
    """Return who does the step at some sites: whose curricula lead to a task of it; where there is nobody, all operators."""
    doing = set(people_of_tasks(tasks_of_step(process_step), at))
    zones = select(Person.id, Person.site_id, Site.zone).join(Site, Site.id == Person.site_id)
    by_site: dict[tuple[UUID, str], list[UUID]] = {}
    for person_id, site_id, zone in db.session.execute(zones.where(Person.site_id.in_(site_ids)).order_by(Person.id)):
        found = by_site.setdefault((site_id, zone), [])
        if person_id in doing:
            found.append(person_id)
    operators = Chosen(Audience.ROLE, role=Role.OPERATOR)
    return [
        person_id
        for (site_id, zone), own in by_site.items()
        for person_id in own or people_asked(site_id, operators, at=at, zone=zone)
    ]


def text_of(bulletin: Bulletin) -> Text:
    """Return what a bulletin says."""
    stored: list[Any] = list(bulletin.questions)
    questions = tuple(Question(one["stem"], one["right"], tuple(one["wrong"]), one["why"]) for one in stored)
    return Text(
        bulletin.title, bulletin.what_happened, bulletin.why, bulletin.what_changed, bulletin.look_for, questions
    )


@dataclass(frozen=True, slots=True)
class BulletinRow:
    """A bulletin in the list."""

    id: UUID
    number: str
    title: str
    process_step: str
    category: str
    state: str
    drafted_at: datetime
    approved_at: datetime | None
    due_on: date
    #: Sites of the reader that it goes to, and people there who have it and who completed it.
    sites: int
    of: int
    done: int


def _seen_by(reader: Actor) -> ColumnElement[bool]:
    """Return the condition that a bulletin may be seen: all by those who govern, what came to their sites by others."""
    if governs(reader):
        return true()
    here = select(BulletinSite.id).where(
        BulletinSite.bulletin_id == Bulletin.id,
        BulletinSite.chosen,
        within(BulletinSite.site_id, reader, Permission.BULLETIN_SEE),
    )
    return and_(Bulletin.approved_at.is_not(None), here.exists())


def _sites_seen(reader: Actor) -> ColumnElement[bool]:
    return true() if governs(reader) else within(BulletinSite.site_id, reader, Permission.BULLETIN_SEE)


def bulletins(reader: Actor, state: str = "") -> list[BulletinRow]:
    """Return the bulletins that the reader may see, newest first, optionally of one state."""
    mine = and_(BulletinSite.bulletin_id == Bulletin.id, BulletinSite.chosen, _sites_seen(reader))
    sites = select(func.count(BulletinSite.id)).where(mine).scalar_subquery()
    had = (
        select(func.count(Assignment.id))
        .join(BulletinSite, BulletinSite.site_id == Assignment.site_id)
        .where(mine, Assignment.module_id == Bulletin.module_id)
    )
    of = had.where(Assignment.state != AssignmentState.CANCELLED).scalar_subquery()
    done = had.where(Assignment.state == AssignmentState.COMPLETED).scalar_subquery()
    b = Bulletin
    statement: AnySelect = (
        select(
            *(b.id, b.number, b.title, b.process_step, b.category, b.state, b.drafted_at, b.approved_at, b.due_on),
            *(sites, of, done),
        )
        .where(_seen_by(reader), b.state == state if state else true())
        .order_by(b.drafted_at.desc(), b.number.desc())
    )
    return [BulletinRow(*row) for row in db.session.execute(statement)]


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site of a bulletin: why it goes there, how many have completed it, and what happened before and since."""

    site_id: UUID
    name: str
    zone: str
    chosen: bool
    by_hand: bool
    reason: str
    not_applicable: str
    answered_by: str | None
    answered_at: datetime | None
    of: int
    done: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class BulletinFacts:
    """A bulletin with its names and its sites, as far as the reader may see them."""

    bulletin: Bulletin
    text: Text
    drafted_by: str
    approved_by: str | None
    #: Number of the record it comes from; None for whoever may not know.
    origin: str | None
    sites: tuple[SiteRow, ...]


def bulletin_facts(reader: Actor, bulletin_id: UUID, now: datetime) -> BulletinFacts:
    """Return one bulletin within the reader's sites. Raises ``NotFound``. Two statements, whatever the number of sites."""
    drafter, approver = aliased(Person), aliased(Person)
    statement: AnySelect = (
        select(
            Bulletin,
            drafter.given_name + " " + drafter.family_name,
            approver.given_name + " " + approver.family_name,
            Deviation.number,
            Deviation.site_id,
        )
        .join(drafter, drafter.id == Bulletin.drafted_by_id)
        .join(Deviation, Deviation.id == Bulletin.deviation_id)
        .outerjoin(approver, approver.id == Bulletin.approved_by_id)
        .where(Bulletin.id == bulletin_id, _seen_by(reader))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such bulletin for your sites.")
    bulletin, drafted_by, approved_by, number, origin_site = row
    knows = drafts(reader) and reader.may(Permission.DEVIATION_SEE, origin_site)
    return BulletinFacts(
        bulletin,
        text_of(bulletin),
        drafted_by,
        approved_by,
        number if knows else None,
        tuple(_sites_of(reader, bulletin, now)),
    )


def _sites_of(reader: Actor, bulletin: Bulletin, now: datetime) -> list[SiteRow]:
    since = bulletin.approved_at or now
    had = select(func.count(Assignment.id)).where(
        Assignment.module_id == bulletin.module_id if bulletin.module_id else false(), Assignment.site_id == Site.id
    )
    events = select(func.count(Deviation.id)).where(
        Deviation.site_id == Site.id,
        Deviation.process_step == bulletin.process_step,
        Deviation.category == bulletin.category,
        Deviation.state.in_(CLASSIFIED),
    )
    made = select(func.count(Batch.id)).where(Batch.site_id == Site.id)
    first, last = since - timedelta(days=EFFECT_DAYS), since + timedelta(days=EFFECT_DAYS)
    counts = (
        had.where(Assignment.state != AssignmentState.CANCELLED),
        had.where(Assignment.state == AssignmentState.COMPLETED),
        events.where(Deviation.occurred_at >= first, Deviation.occurred_at < since),
        made.where(Batch.started_on >= first.date(), Batch.started_on < since.date()),
        events.where(Deviation.occurred_at >= since, Deviation.occurred_at < min(last, now)),
        made.where(Batch.started_on >= since.date(), Batch.started_on <= min(last, now).date()),
    )
    s = BulletinSite
    statement: AnySelect = (
        select(
            *(Site.id, Site.name, Site.zone, s.chosen, s.by_hand, s.reason, s.not_applicable),
            *(Person.given_name + " " + Person.family_name, s.answered_at),
            *(count.scalar_subquery() for count in counts),
        )
        .select_from(s)
        .join(Site, Site.id == s.site_id)
        .outerjoin(Person, Person.id == s.answered_by_id)
        .where(s.bulletin_id == bulletin.id, _sites_seen(reader))
        .order_by(s.chosen.desc(), Site.name)
    )
    found: list[Any] = list(db.session.execute(statement))
    return [SiteRow(*(*row[:11], Effect(*row[11:]))) for row in found]


def chosen_sites(bulletin_id: UUID) -> list[BulletinSite]:
    """Return every site that was decided about."""
    return list(db.session.scalars(select(BulletinSite).where(BulletinSite.bulletin_id == bulletin_id)))


def to_approve(reader: Actor) -> int:
    """Return how many bulletins wait for a trainer who did not write them."""
    if not reader.may(Permission.BULLETIN_APPROVE) or reader.sites_for(Permission.BULLETIN_APPROVE) is not None:
        return 0
    waiting = select(func.count(Bulletin.id)).where(
        Bulletin.state == State.IN_REVIEW, Bulletin.drafted_by_id != reader.person_id
    )
    return db.session.scalar(waiting) or 0


def control_site() -> tuple[UUID, str]:
    """Return the control site of the home network, with its zone. Raises ``NotFound`` before there is one."""
    statement = (
        select(Site.id, Site.zone)
        .join(Network, Network.id == Site.network_id)
        .where(Site.is_control_site, Network.taxonomy == "core")
    )
    row = db.session.execute(statement.order_by(Site.code)).first()
    if row is None:
        raise NotFound("There is no control site yet: open it first, it numbers the bulletins.")
    return row[0], row[1]
