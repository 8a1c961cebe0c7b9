"""A team's follow-through for tests: all five parts with enough cases for an index, by the application's own commands."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from lms.audit.models import Audited
from lms.extensions import db
from lms.network.models import Site, Team
from lms.permissions import Permission, Role
from lms.unit_of_work import Work, command, run
from lms.web.times import start_of_day
from modules.assignments.models import Assignment
from tests.factories.behavior import history, moment, qa_of_the_network, quarter
from tests.factories.capas import an_action
from tests.factories.modules import a_taught_sop, assigned
from tests.factories.people import INSTALLER, Someone, a_site, a_team, someone


@command(needs=Permission.SYSTEM_RUN)
def _change(work: Work, record: Audited, values: dict[str, Any]) -> None:
    found = db.session.get_one(type(record), record.id)
    for name, value in values.items():
        setattr(found, name, value)


def changed(record: Audited, **values: Any) -> None:
    """Give columns of a record the values that a longer story would have given them."""
    run(_change, INSTALLER, "test", record, values)


def an_assignment(person: Someone, due_on: date, completed_at: datetime | None, state: str = "completed") -> Assignment:
    """Assign a module of its own to a person, due on a day, completed at a moment or not."""
    found = assigned(person, a_taught_sop().module_id)
    changed(found, due_on=due_on, completed_at=completed_at, state=state)
    return found


def a_full_quarter(
    qa: Someone, site: Site, team: Team, *, back: int = 1, kept: int = 5, first: int = 6, later: int = 2
) -> list[Someone]:
    """Write a quarter in which a team of six has an index; return its people."""
    of = quarter(back)
    coach = someone(Role.COACH, site)
    people = [someone(Role.OPERATOR, site, team=team) for _ in range(6)]
    with history(qa) as past:
        past.batches(site, team, of, 4)
        for step in range(first):
            past.deviation(site, team, moment(of, 1 + step), channel="performer", hours_late=1 + 30 * (step == 0))
        for step in range(later):
            past.deviation(site, team, moment(of, 20 + step), channel="supervisor", step="harvest")
        for number, (of_kept, late) in enumerate(((3, 0), (kept - 3, 6 - kept))):
            past.commitments(coach, people[number], moment(of, 30 + number), kept=of_kept, late=late, open_=0)
        cause = past.deviation(site, None, moment(of, 40))
    due = of.last_day - timedelta(days=20)
    for step in range(5):
        action = an_action(qa, cause, people[0], days_ago=0)
        in_place = due + timedelta(days=step // 4)
        opened = due - timedelta(days=30)
        changed(action, opened_on=opened, due_on=due, state="implemented", implemented_on=in_place)
    for person in people:
        an_assignment(person, due, start_of_day(due, site.zone))
    return people


def qa_and_team_after_a_full_quarter() -> tuple[Someone, list[Someone]]:
    """Return quality assurance of the network and the people of a team at its site, after a quarter with an index."""
    qa = qa_of_the_network(a_site())
    return qa, a_full_quarter(qa, a_site(), a_team(a_site()))
