"""The sites, teams and batches that the lines of a file speak of, within the reader's reach."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from lms.deviations.taxonomy import CORE
from lms.exposure.models import Batch
from lms.extensions import db
from lms.imports.engine import in_parts, quoted
from lms.imports.mapping import Mapping
from lms.network.commands import can_be_site_code
from lms.network.models import Network, Site, Team
from lms.permissions import Actor, Permission
from lms.refusals import NotAllowed
from lms.scope import within


@dataclass(frozen=True, slots=True)
class Place:
    """A site; ``id`` is None for one that is opened when the lines are written."""

    id: UUID | None
    code: str
    zone: str


@dataclass(slots=True)
class Places:
    """What is known of the network that a file belongs to. Codes and names are compared without regard to case."""

    mapping: Mapping
    network_id: UUID | None
    #: Unknown sites are opened instead of refused.
    opening: bool
    sites: dict[str, Place] = field(default_factory=dict)
    teams: dict[tuple[UUID, str], UUID] = field(default_factory=dict)
    batches: dict[tuple[UUID, str], UUID] = field(default_factory=dict)

    def site(self, text: str) -> Place | None:
        """Return the site a cell names, or None."""
        code = self.mapping.site_prefix + text
        found = self.sites.get(code.casefold())
        if found is None and self.opening and can_be_site_code(code):
            found = self.sites[code.casefold()] = Place(None, code, self.mapping.zone)
        return found

    def no_site(self, text: str) -> str:
        """Return the sentence for a cell that names no site."""
        said = quoted(self.mapping, "site", text)
        if self.opening:
            return f"{said} cannot be a site's code. Use letters, digits and hyphens, 20 at most with what is put before it."
        near = difflib.get_close_matches(text.upper(), [place.code for place in self.sites.values()], 1)
        return f"{said} is none of your sites. " + (f"Did you mean {near[0]}?" if near else "Use the site's code.")


def find_places(
    reader: Actor, permission: Permission, mapping: Mapping, *, network: str | None = None, create: bool = False
) -> Places:
    """Return the places of a named network, or of the home network.

    Raises ``NotAllowed`` for a network that does not exist, and for codes of a study in a network with another taxonomy.
    """
    if network is None and mapping.taxonomy != CORE:
        sentence = "This source has codes of its own and needs a network of its own: name it with --network."
        raise NotAllowed(sentence, field="network")
    wanted = select(Network.id, Network.taxonomy)
    wanted = wanted.where(Network.taxonomy == CORE if network is None else Network.name == network).order_by(Network.id)
    found = db.session.execute(wanted).first()
    if found is None and not create:
        message = (
            f"There is no network called {network}. Add --create to found it." if network else "There is no network."
        )
        raise NotAllowed(message, field="network")
    if found is not None and found.taxonomy != mapping.taxonomy:
        message = (
            f"The network uses the taxonomy “{found.taxonomy}”, the file “{mapping.taxonomy}”. Choose another network."
        )
        raise NotAllowed(message, field="network")
    if create and mapping.taxonomy == CORE:
        raise NotAllowed("Only a study with a taxonomy of its own founds a network by a file.", field="network")
    places = Places(mapping, found.id if found else None, opening=create)
    if found is None:
        return places
    statement = (
        select(Site.id, Site.code, Site.zone, Team.id, Team.name)
        .outerjoin(Team, Team.site_id == Site.id)
        .where(Site.network_id == found.id, within(Site.id, reader, permission))
    )
    for site_id, code, zone, team_id, team_name in db.session.execute(statement):
        places.sites[code.casefold()] = Place(site_id, code, zone)
        if team_id is not None:
            places.teams[site_id, team_name.casefold()] = team_id
    return places


def load_batches(places: Places, numbers: Iterable[str]) -> None:
    """Load the batches of these numbers."""
    for part in in_parts(number for number in numbers if number):
        statement = select(Batch.id, Batch.site_id, Batch.number).where(Batch.number.in_(part))
        places.batches.update({(row.site_id, row.number): row.id for row in db.session.execute(statement)})
