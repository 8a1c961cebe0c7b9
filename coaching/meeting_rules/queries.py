"""Reading what sites permit at remote reviews."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from coaching.meeting_rules.models import MeetingRules
from coaching.meeting_rules.rules import Permitted
from lms.extensions import db
from lms.network.models import Network, Site
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within


@dataclass(frozen=True, slots=True)
class RulesRow:
    """A site with its rules, or those that hold where nothing was said."""

    site_id: UUID
    site_code: str
    site_name: str
    #: 0 where nothing was said yet.
    version: int
    permitted: Permitted


def rules_of_sites(reader: Actor, site_id: UUID | None = None) -> list[RulesRow]:
    """Return the rules of the reader's sites, by name; of one site if it is named."""
    statement = (
        select(Site.id, Site.code, Site.name, MeetingRules)
        .join(Network, Network.id == Site.network_id)
        .outerjoin(MeetingRules, MeetingRules.site_id == Site.id)
        .where(Network.taxonomy == "core", within(Site.id, reader, Permission.NETWORK_SEE))
        .order_by(Site.name)
    )
    if site_id is not None:
        statement = statement.where(Site.id == site_id)
    return [
        RulesRow(
            row[0],
            row[1],
            row[2],
            row[3].version if row[3] is not None else 0,
            row[3].permitted() if row[3] is not None else Permitted(),
        )
        for row in db.session.execute(statement)
    ]


def rules_of_site(reader: Actor, site_id: UUID) -> RulesRow:
    """Return the rules of one site. Raises ``NotFound`` outside the reader's sites."""
    rows = rules_of_sites(reader, site_id)
    if not rows:
        raise NotFound("There is no such site among yours.")
    return rows[0]
