"""Opening published figures is an act that is written down."""

from __future__ import annotations

from coaching.openings.models import AggregateOpening
from lms.ids import new_id
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.unit_of_work import Work, command


@command(needs=Permission.CLIMATE_SEE)
def open_aggregates(work: Work, *, page: str) -> None:
    """Write down who opened which published figures, and of which sites."""
    if work.actor.person_id is None:
        raise NotAllowed("A person opens the figures, not a job.")
    sites = work.actor.sites_for(Permission.CLIMATE_SEE)
    for site_id in [None] if sites is None else sorted(sites):
        work.add(AggregateOpening(id=new_id(), person_id=work.actor.person_id, at=work.at, page=page, site_id=site_id))
