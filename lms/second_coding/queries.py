"""Reading second codings within the reader's sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select

from lms.deviations.models import Deviation
from lms.deviations.rules import State
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within
from lms.second_coding.models import ClassifiedBy, SecondCoding

_TRIAGE = Permission.DEVIATION_TRIAGE
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


def _classified_by(reader: Actor) -> ColumnElement[bool]:
    own = select(ClassifiedBy.id).where(
        ClassifiedBy.deviation_id == SecondCoding.deviation_id, ClassifiedBy.person_id == reader.person_id
    )
    return own.exists()


#: Coded by nobody yet, of a record that stands. One rejected as recorded twice is not worth a second look.
_waits = and_(SecondCoding.coded_at.is_(None), Deviation.state.not_in([State.REJECTED_DUPLICATE, State.DOWNGRADED]))
_differs = and_(SecondCoding.coded_at.is_not(None), SecondCoding.settled_at.is_(None))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A deviation that waits for its second coding. It says nothing of the first."""

    id: UUID
    number: str
    title: str
    site_name: str
    zone: str
    drawn_at: datetime
    #: True if the reader classified it: somebody else codes it.
    own: bool


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A deviation that two people coded differently."""

    id: UUID
    number: str
    title: str
    site_name: str
    zone: str
    coded_at: datetime
    #: True if one of the two has proposed how to settle it.
    proposed: bool
    #: True if the reader is one of the two.
    own: bool


def waiting(reader: Actor) -> list[Waiting]:
    """Return what waits for a second coding, the oldest first."""
    columns: AnySelect = select(
        SecondCoding.id,
        Deviation.number,
        Deviation.title,
        Site.name,
        Site.zone,
        SecondCoding.drawn_at,
        _classified_by(reader),
    )
    statement = _joined(columns, reader).where(_waits).order_by(SecondCoding.drawn_at, Deviation.number)
    return [Waiting(*row) for row in db.session.execute(statement)]


def unsettled(reader: Actor) -> list[Unsettled]:
    """Return what two people coded differently and have not settled, the oldest first."""
    columns: AnySelect = select(
        SecondCoding.id,
        Deviation.number,
        Deviation.title,
        Site.name,
        Site.zone,
        SecondCoding.coded_at,
        SecondCoding.proposed_by_id.is_not(None),
        or_(_classified_by(reader), SecondCoding.coder_id == reader.person_id),
    )
    statement = _joined(columns, reader).where(_differs).order_by(SecondCoding.coded_at, Deviation.number)
    return [Unsettled(*row) for row in db.session.execute(statement)]


def due(reader: Actor) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """Return two columns for a statement of the home page: what the reader can code, and what they have to settle."""
    mine = _classified_by(reader)
    # whoever proposed waits for the other
    to_settle = and_(
        _differs,
        or_(mine, SecondCoding.coder_id == reader.person_id),
        or_(SecondCoding.proposed_by_id.is_(None), SecondCoding.proposed_by_id != reader.person_id),
    )
    return _count(reader, and_(_waits, ~mine)), _count(reader, to_settle)


def _count(reader: Actor, condition: ColumnElement[bool]) -> ScalarSelect[int]:
    return _joined(select(func.count(SecondCoding.id)), reader).where(condition).correlate(None).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Story:
    """What a second coder is shown: what happened, in the words of whoever saw it. Nothing that QA said about it."""

    id: UUID
    version: int
    number: str
    title: str
    site_id: UUID
    site_name: str
    zone: str
    description: str
    immediate_action: str
    occurred_at: datetime
    recorded_at: datetime
    state: str
    coded: bool
    #: True if the reader classified it.
    own: bool


def story(reader: Actor, coding_id: UUID) -> Story:
    """Return what is to be coded. Raises ``NotFound`` for one of another site."""
    columns: AnySelect = select(
        SecondCoding.id,
        SecondCoding.version,
        Deviation.number,
        Deviation.title,
        Site.id,
        Site.name,
        Site.zone,
        Deviation.description,
        Deviation.immediate_action,
        Deviation.occurred_at,
        Deviation.recorded_at,
        Deviation.state,
        SecondCoding.coded_at.is_not(None),
        _classified_by(reader),
    )
    row = db.session.execute(_joined(columns, reader).where(SecondCoding.id == coding_id)).first()
    if row is None:
        raise NotFound("There is no such second coding at your sites.")
    return Story(*row)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two codings side by side, and what the two make of them."""

    deviation_id: UUID
    first: Mapping[str, str]
    second: Mapping[str, str]
    agreed: Mapping[str, str]
    coded_at: datetime
    reason: str
    proposed: bool
    settled_at: datetime | None
    #: True if the reader is the second coder, who may settle with the first.
    is_second: bool
    #: True if the proposal comes from the reader's own side.
    proposed_by_own_side: bool


def comparison(reader: Actor, coding_id: UUID) -> Comparison:
    """Return both codings of one that is coded. Raises ``NotFound`` before, and for one of another site."""
    statement = _joined(select(SecondCoding), reader)
    found = db.session.scalar(statement.where(SecondCoding.id == coding_id, SecondCoding.coded_at.is_not(None)))
    if found is None:
        raise NotFound("There is no such second coding at your sites.")
    is_second = found.coder_id == reader.person_id
    return Comparison(
        found.deviation_id,
        found.first,
        found.second,
        found.agreed,
        found.coded_at,
        found.reason,
        found.proposed_by_id is not None,
        found.settled_at,
        is_second,
        found.proposed_by_id is not None and is_second == (found.proposed_by_id == found.coder_id),
    )


def _joined(statement: Select[Any], reader: Actor) -> Select[Any]:
    return (
        statement.select_from(SecondCoding)
        .join(Deviation, Deviation.id == SecondCoding.deviation_id)
        .join(Site, Site.id == SecondCoding.site_id)
        .where(within(SecondCoding.site_id, reader, _TRIAGE))
    )
