"""Taking qualifications over from paper: the change with which the demonstration network began to keep them here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from assessments.qualifications.models import Qualification
from assessments.qualifications.rules import check_not_oneself
from lms.extensions import db
from lms.network.models import Network, Site
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command


@command(needs=Permission.QUALIFICATION_GRANT)
def take_over_qualifications(work: Work, person_id: UUID, site_id: UUID, until: Mapping[UUID, datetime]) -> int:
    """Take over what a person is qualified for on paper, by task with its end, each signed; return how many.

    The reason of the command names the paper record. Raises ``NotAllowed`` outside a demonstration network.
    """
    marked = select(Network.is_demonstration).join(Site, Site.network_id == Network.id).where(Site.id == site_id)
    if not db.session.scalar(marked):
        raise NotAllowed("Paper records are taken over in a demonstration network only.")
    check_not_oneself(work.actor.person_id, person_id)
    for task_id, ends_at in until.items():
        qualification = Qualification(
            person_id=person_id,
            task_id=task_id,
            site_id=site_id,
            valid_from=work.at,
            valid_to=ends_at,
            granted_by_id=work.actor.person_id,
            evidence={"paper": work.reason, "modules": [], "runs": [], "runs_needed": 0},
            limited_by="grant",
        )
        work.add(qualification)
        sign(work, qualification, Meaning.APPROVED)
    return len(until)
