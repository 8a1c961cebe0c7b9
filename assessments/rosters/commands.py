"""Putting people on the roster of a planned batch, and taking them off."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from assessments.qualifications.rules import decide
from assessments.rosters import rules
from assessments.rosters.models import RosterEntry
from assessments.standing.queries import case_of
from assessments.words import reason_of
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site, Team
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.planning.models import PlannedBatch
from lms.planning.rules import State, check_still_planned, check_works
from lms.refusals import NotAllowed, NotFound
from lms.scope import get_scoped
from lms.standings.queries import state_of
from lms.unit_of_work import Work, command


@command(needs=Permission.EXPOSURE_RECORD)
def put_on_roster(work: Work, planned_id: UUID, *, person_id: UUID, task_id: UUID) -> RosterEntry:
    """Plan a person for a task of a planned batch; they are told.

    Raises ``NotAllowed`` with the reason if ``may`` says no for the planned start, if the site or the batch's team is not
    active, or if the person is on the roster of a run at the same time.
    """
    planned = get_scoped(PlannedBatch, planned_id, work.actor, Permission.EXPOSURE_RECORD)
    check_still_planned(planned.number, planned.state)
    # locked in this order everywhere: nobody is rostered beside a pause of the site, nor twice at once
    site = db.session.get_one(Site, planned.site_id, with_for_update=True, populate_existing=True)
    check_works(site.name, site.state)
    if planned.team_id is not None:
        team = db.session.get_one(Team, planned.team_id)
        check_works(team.name, state_of(site.id, team_id=team.id))
    person = db.session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound("There is no such person at your sites.")
    case = case_of(person_id, task_id, site.id, planned.starts_at)
    if not case.belongs:
        raise NotFound("There is no such person at your sites.")
    decision = decide(case.facts, planned.starts_at)
    rules.check_qualified(person.name, case.task.title, reason_of(decision), is_qualified=decision.allowed)
    rules.check_free(person.name, planned.starts_at, planned.ends_at, _taken(person_id, planned_id))
    same = select(RosterEntry).where(
        RosterEntry.planned_batch_id == planned_id, RosterEntry.person_id == person_id, RosterEntry.task_id == task_id
    )
    entry = db.session.scalar(same)
    if entry is None:
        entry = RosterEntry(planned_batch_id=planned_id, site_id=site.id, person_id=person_id, task_id=task_id)
        work.add(entry)
    elif entry.struck_at is None:
        message = f"{person.name} is on this roster for “{case.task.title}” already."
        raise NotAllowed(message, field="person")
    entry.struck_at = None
    notify(work, person_id, "rostered", "/my-qualifications", number=planned.number, task=case.task.title)
    return entry


@command(needs=Permission.EXPOSURE_RECORD)
def take_off_roster(work: Work, entry_id: UUID) -> RosterEntry:
    """Take somebody off a roster. Raises ``NotAllowed`` once the batch has started."""
    entry = get_scoped(RosterEntry, entry_id, work.actor, Permission.EXPOSURE_RECORD)
    planned = db.session.get_one(PlannedBatch, entry.planned_batch_id)
    check_still_planned(planned.number, planned.state)
    if entry.struck_at is None:
        entry.struck_at = work.at
    return entry


def _taken(person_id: UUID, planned_id: UUID) -> list[rules.Taken]:
    statement = (
        select(PlannedBatch.number, PlannedBatch.starts_at, PlannedBatch.ends_at)
        .join(RosterEntry, RosterEntry.planned_batch_id == PlannedBatch.id)
        .where(
            RosterEntry.person_id == person_id,
            RosterEntry.struck_at.is_(None),
            PlannedBatch.id != planned_id,
            PlannedBatch.state == State.PLANNED,
        )
    )
    return [rules.Taken(*row) for row in db.session.execute(statement)]
