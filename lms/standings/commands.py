"""Pausing, suspending and lifting a site, a team or a person, and ending a site: each a signed step that stays on record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site, Team, TeamMembership
from lms.notifications.commands import notify
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.standings import rules
from lms.standings.models import StandingChange
from lms.standings.queries import state_of
from lms.standings.rules import Act, Signer, Subject
from lms.unit_of_work import Work, command
from lms.web.times import local_day

#: Who is told of a step beside those whom it holds back.
_OVERSEE = (Role.QA, Role.SITE_LEAD, Role.RESPONSIBLE_PERSON)


@command(needs=Permission.STANDING_CHANGE)
def change_standing(
    work: Work,
    site_id: UUID,
    act: str,
    *,
    reason: str,
    seen: str,
    team_id: UUID | None = None,
    person_id: UUID | None = None,
) -> StandingChange:
    """Pause, suspend, lift or cease, from now on, with reason and signature; those concerned are told.

    ``seen`` is the state that the signer had before their eyes. Raises ``NotAllowed`` for a signature that the act does
    not take or a state that it does not lead from (``rules.WAYS``), ``StaleForm`` if somebody was faster.
    """
    if act not in {Act.PAUSE, Act.SUSPEND, Act.LIFT, Act.CEASE}:
        raise NotAllowed("Choose what is to be done.", field="act")
    site = locked_site(work.actor, site_id, Permission.STANDING_CHANGE)
    subject, name = _subject(site, team_id, person_id)
    rules.check_signer(Act(act), signer_at(work.actor, site_id))
    rules.check_reason(reason)
    if person_id is not None and person_id == work.actor.person_id:
        raise NotAllowed("Nobody decides about their own standing. Ask a colleague.")
    present = state_of(site_id, team_id=team_id, person_id=person_id)
    if present != seen:
        raise StaleForm("Somebody changed this standing meanwhile. Look at it and send again.")
    state = rules.state_after(name, present, Act(act), subject)
    change = step(work, site, act, state, reason=reason, team_id=team_id, person_id=person_id)
    sign(work, change, Meaning.APPROVED, reason=reason.strip())
    for concerned, oversees in _concerned(site, team_id, person_id, work.at):
        if concerned != work.actor.person_id:
            target = f"/sites/{site_id}" if oversees else "/"
            notify(work, concerned, f"standing_{act}", target, name=name, reason=reason.strip()[:200])
    return change


def step(
    work: Work,
    site: Site,
    act: str,
    state: str,
    *,
    reason: str,
    team_id: UUID | None = None,
    person_id: UUID | None = None,
) -> StandingChange:
    """Write the step, and for a whole site the state that it led to. Whoever calls has checked and signs."""
    change = StandingChange(
        site_id=site.id,
        team_id=team_id,
        person_id=person_id,
        act=act,
        state=state,
        begins_at=work.at,
        reason=reason.strip(),
        by_person_id=work.actor.person_id,
    )
    work.add(change)
    if team_id is None and person_id is None:
        site.state = state
    return change


def locked_site(actor: Actor, site_id: UUID, permission: Permission) -> Site:
    """Return the site, locked until commit, so that steps and signatures at one site follow each other."""
    site = db.session.get(Site, site_id, with_for_update=True, populate_existing=True)
    if site is None or not actor.may(permission, site_id):
        raise NotFound("There is no such site among yours.")
    return site


def signer_at(actor: Actor, site_id: UUID) -> Signer:
    """Return as what somebody can sign at a site."""
    here = frozenset(str(grant.role) for grant in actor.grants if grant.site_id in {None, site_id})
    return Signer(here, frozenset(str(grant.role) for grant in actor.grants if grant.site_id is None))


def _subject(site: Site, team_id: UUID | None, person_id: UUID | None) -> tuple[Subject, str]:
    if team_id is not None:
        team = db.session.get(Team, team_id)
        if team is None or team.site_id != site.id:
            raise NotFound("There is no such team at this site.")
        return Subject.TEAM, f"{team.name} ({site.name})"
    if person_id is not None:
        person = db.session.get(Person, person_id)
        if person is None or person.site_id != site.id:
            raise NotFound("There is no such person at this site.")
        return Subject.PERSON, person.name
    return Subject.SITE, site.name


def _concerned(site: Site, team_id: UUID | None, person_id: UUID | None, at: datetime) -> list[tuple[UUID, bool]]:
    """Return who is told: those held back, and those who oversee the site, who may open its page."""
    today = local_day(at, site.zone)
    if team_id is not None:
        member = and_(
            TeamMembership.person_id == Person.id,
            TeamMembership.team_id == team_id,
            TeamMembership.valid_from <= today,
            or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > today),
        )
        held: ColumnElement[bool] = select(TeamMembership.id).where(member).exists()
    elif person_id is not None:
        held = Person.id == person_id
    else:
        held = Person.site_id == site.id
    oversees = and_(
        RoleAssignment.person_id == Person.id,
        RoleAssignment.role.in_(_OVERSEE),
        RoleAssignment.approved_at.is_not(None),
        or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id == site.id),
        RoleAssignment.valid_from <= today,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
    )
    here = or_(Person.left_on.is_(None), Person.left_on > today)
    overseeing = select(RoleAssignment.id).where(oversees).exists()
    statement = select(Person.id, overseeing).where(here, or_(held, overseeing)).order_by(Person.id)
    return [(row[0], bool(row[1])) for row in db.session.execute(statement)]
