"""Whom a new version of an SOP will hit, before it is approved: the same rule as the assignment after it, asked earlier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from modules.assignments.rules import Held, retraining
from modules.curricula.rules import Requirement
from modules.library.rules import TaughtVersion


@dataclass(frozen=True, slots=True)
class Concerned:
    """A person at work with what decides whether a new version concerns them."""

    person_id: UUID
    name: str
    site_id: UUID
    site_name: str
    zone: str
    required: Requirement | None
    held: Sequence[Held]


@dataclass(frozen=True, slots=True)
class Hit:
    """What a new version means for one person."""

    person_id: UUID
    name: str
    site_id: UUID
    site_name: str
    zone: str
    reason: str
    due_on: date
    #: Number of the version they were trained on; None if on none.
    trained_on: int | None
    #: From when they may not work to the task alone unless trained; None if they may not now either.
    restricted_from: datetime | None


@dataclass(frozen=True, slots=True)
class SiteCount:
    """How many people of a site a new version concerns, and how many of them it would restrict."""

    site_name: str
    people: int
    restricted: int


@dataclass(frozen=True, slots=True)
class Impact:
    """Whom a version will hit: people at the reader's sites by name, everybody by number."""

    hits: tuple[Hit, ...]
    sites: tuple[SiteCount, ...]
    people: int
    restricted: int
    #: People and sites beyond the reader's own, by number only.
    elsewhere: int
    elsewhere_sites: int


def impact_of(people: Sequence[Concerned], new: TaughtVersion, now: datetime, visible: Mapping[UUID, bool]) -> Impact:
    """Return whom a version will hit. ``visible`` says of each site whether the reader may see its people."""
    hits = []
    for person in people:
        meant = retraining(person.required, person.held, new, now, person.zone)
        if meant is not None:
            hits.append(
                Hit(
                    person.person_id,
                    person.name,
                    person.site_id,
                    person.site_name,
                    person.zone,
                    meant.assign.reason,
                    meant.assign.due_on,
                    meant.trained_on,
                    meant.restricted_from,
                )
            )
    own = [hit for hit in hits if visible.get(hit.site_id, False)]
    others = [hit for hit in hits if not visible.get(hit.site_id, False)]
    by_site: dict[str, list[Hit]] = {}
    for hit in own:
        by_site.setdefault(hit.site_name, []).append(hit)
    return Impact(
        hits=tuple(sorted(own, key=lambda hit: (hit.site_name, hit.name))),
        sites=tuple(
            SiteCount(site_name, len(found), sum(hit.restricted_from is not None for hit in found))
            for site_name, found in sorted(by_site.items())
        ),
        people=len(hits),
        restricted=sum(hit.restricted_from is not None for hit in hits),
        elsewhere=len(others),
        elsewhere_sites=len({hit.site_id for hit in others}),
    )
