"""Leaving: from a day on a person belongs to no team, holds no role and cannot sign in. Nothing of them is deleted."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from lms.extensions import db
from lms.identity.models import Account, Person, RoleAssignment
from lms.network.models import TeamMembership
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.scope import get_scoped
from lms.unit_of_work import Work, command


@command(needs=Permission.PEOPLE_MANAGE)
def record_leaving(work: Work, person_id: UUID, *, on: date) -> Person:
    """Record the first day on which somebody no longer works here. Raises ``NotAllowed`` if they left before or came later."""
    person = get_scoped(Person, person_id, work.actor, Permission.PEOPLE_MANAGE)
    if person.left_on is not None:
        raise NotAllowed(f"{person.name} left already.", field="on")
    if on < person.joined_on:
        raise NotAllowed(f"{person.name} came later than that day.", field="on")
    person.left_on = on
    roles = select(RoleAssignment).where(
        RoleAssignment.person_id == person_id, or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on)
    )
    teams = select(TeamMembership).where(
        TeamMembership.person_id == person_id, or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > on)
    )
    for lasting in (*db.session.scalars(roles), *db.session.scalars(teams)):
        lasting.valid_to = max(on, lasting.valid_from)
    for account in db.session.scalars(select(Account).where(Account.person_id == person_id)):
        account.is_active = False
    return person
