"""Reading who opened the published figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from coaching.openings.models import AggregateOpening
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.scope import within

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """Who opened what, when; ``site_name`` is None where the figures of the whole network were opened."""

    name: str
    at: datetime
    page: str
    site_name: str | None


def openings(reader: Actor, page: int | None = None) -> tuple[int, list[OpeningRow]]:
    """Return how many openings concern the reader's sites, and a page of them (all of them: None), newest first.

    An opening of the whole network's figures concerns everybody.
    """
    concerns = or_(AggregateOpening.site_id.is_(None), within(Site.id, reader, Permission.OPENINGS_SEE))
    statement = (
        select(
            Person.given_name + " " + Person.family_name,
            AggregateOpening.at,
            AggregateOpening.page,
            Site.name,
            func.count().over(),
        )
        .join(Person, Person.id == AggregateOpening.person_id)
        .outerjoin(Site, Site.id == AggregateOpening.site_id)
        .where(concerns)
        .order_by(AggregateOpening.at.desc(), AggregateOpening.id)
    )
    if page is not None:
        statement = statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    rows = db.session.execute(statement).all()
    return (rows[0][-1] if rows else 0), [OpeningRow(*row[:-1]) for row in rows]
