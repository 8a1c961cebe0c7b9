"""What time brings, in a network of 100,000 people: the nightly look for due reviews, from the job to the last proposal.

``python -m bench.proposals PEOPLE`` writes a network of so many people into the empty PostgreSQL database of its
environment, runs two nights as the scheduler does, and prints what it found. The network is no true record: no command
made its people, so they stand in no trail.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, func, insert, select

from bench.figures import Goal, Verdict
from bench.hosting import installed
from coaching.occasions.rules import OF_TIME
from coaching.reviews.models import CoachingReview
from coaching.triggers.commands import change_trigger_rule
from coaching.triggers.jobs import look_for_due_reviews
from coaching.triggers.models import ReviewProposal
from coaching.triggers.queries import rules_in_force
from lms import clock, schema
from lms.app import create_app
from lms.extensions import Base, db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site, Team, TeamMembership
from lms.outbox.delivery import deliver_outbox
from lms.outbox.models import OutboxMessage
from lms.permissions import Actor, Role
from lms.unit_of_work import run, run_job, transaction
from tests.factories.people import a_site

#: People of a site, and coaches among them: a full-time coach looks after at most 20.
OF_A_SITE, COACHES = 200, 12
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Asia/Singapore")
#: A qualified person's last review lies at most so many days back, so that one in so many is due each day.
CADENCE = 35
#: Of a hundred operators this many joined within half a year and are not signed off.
STARTERS = 2
#: Reviews that each operator has had.
HELD = 6
NIGHTS = ("first night", "second night")
#: What must hold: people, seconds, and by how many MiB a night may make its process larger.
PEOPLE, NIGHT_S, NIGHT_MIB = 100_000, 60.0, 150.0
#: With a load average above so many for each processor, what takes too long says nothing.
BUSY = 1.5
_INSTALLER = Actor.system("bench")


@dataclass(frozen=True, slots=True)
class Night:
    """One nightly look over all sites."""

    seconds: float
    #: Of them, this process's own: what is left is the database's, or was waited for.
    processor: float
    mebibytes: float
    parts: int
    proposed: int
    without_coach: int
    load: float


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything measured."""

    people: int
    loaded_seconds: float
    nights: list[Night]


def write_people(people: int) -> None:
    """Write a network of so many people into this application's empty database; the same people every time."""
    chance = random.Random(f"candor {people}")  # noqa: S311 - a fixture, no secret
    now = clock.now()
    control = a_site("S000", is_control_site=True)
    sites = [(_id(chance), ZONES[number % len(ZONES)]) for number in range(people // OF_A_SITE)]
    _write(
        Site,
        [
            {"id": site_id, "version": 1, "network_id": control.network_id, "code": f"P{number:04}",
             "name": f"Site {number:04}", "zone": zone, "state": "active", "is_control_site": False}
            for number, (site_id, zone) in enumerate(sites)
        ],
    )  # fmt: skip
    task = {"id": _id(chance), "version": 1, "code": "T-1", "title": "Task", "process_step": "transduction"}
    _write_table(Base.metadata.tables["task"], [task])
    for number, (site_id, _zone) in enumerate(sites):
        _write_site(chance, now, number, site_id, cast("UUID", task["id"]))
    with transaction() as connection:
        connection.exec_driver_sql("analyze")


def _write_site(chance: random.Random, now: datetime, number: int, site_id: UUID, task_id: UUID) -> None:
    today, long_ago = now.date(), now.date() - timedelta(days=900)
    team_id = _id(chance)
    people, roles, members, qualified, reviews = [], [], [], [], []
    ids = [_id(chance) for _ in range(OF_A_SITE)]
    for nth, person_id in enumerate(ids):
        is_coach = nth < COACHES
        starter = not is_coach and chance.random() * 100 < STARTERS
        joined = today - timedelta(days=chance.randrange(180)) if starter else long_ago
        people.append(
            {"id": person_id, "version": 1, "employee_no": f"{number:04}-{nth:03}", "given_name": f"Given{nth}",
             "family_name": f"Family{nth}", "email": "", "site_id": site_id, "joined_on": joined, "left_on": None}
        )  # fmt: skip
        roles.append(
            {"id": _id(chance), "version": 1, "person_id": person_id, "role": Role.COACH if is_coach else Role.OPERATOR,
             "site_id": site_id, "valid_from": joined, "valid_to": None, "granted_by_id": None, "approved_at": now,
             "approved_by_id": None}
        )  # fmt: skip
        members.append(
            {"id": _id(chance), "version": 1, "team_id": team_id, "person_id": person_id, "valid_from": joined,
             "valid_to": None}
        )  # fmt: skip
        if is_coach or starter:
            continue
        qualified.append(
            {"id": _id(chance), "version": 1, "person_id": person_id, "task_id": task_id, "site_id": site_id,
             "valid_from": now - timedelta(days=600), "valid_to": now + timedelta(days=200), "granted_by_id": None,
             "evidence": {}, "limited_by": "grant", "limited_name": "", "ended_at": None, "ended_reason": "",
             "ended_by_id": None}
        )  # fmt: skip
        last = now - timedelta(days=chance.randrange(CADENCE + 1))
        reviews += list(_reviews(chance, site_id, team_id, ids[chance.randrange(COACHES)], person_id, last))
    _write(Team, [{"id": team_id, "version": 1, "site_id": site_id, "name": "Team"}])
    for model, rows in ((Person, people), (RoleAssignment, roles), (TeamMembership, members)):
        _write(model, rows)
    _write_table(Base.metadata.tables["qualification"], qualified)
    _write(CoachingReview, reviews)


def _reviews(
    chance: random.Random, site_id: UUID, team_id: UUID, coach_id: UUID, coachee_id: UUID, last: datetime
) -> Iterator[dict[str, object]]:
    for nth in range(HELD):
        held = last - timedelta(days=CADENCE * nth)
        yield {
            "id": _id(chance), "version": 1, "proposal_id": None, "site_id": site_id, "team_id": team_id,
            "deviation_id": None, "coach_id": coach_id, "coachee_id": coachee_id, "state": "closed", "own_account": "",
            "own_account_at": None, "coach_account": "", "barrier": "", "support_owed": "", "support_due_on": None,
            "held_at": held, "follow_up_on": None, "closed_at": held, "outcome": "kept", "agreed": "",
        }  # fmt: skip


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _write(model: type[Base], rows: list[dict[str, object]]) -> None:
    _write_table(cast("Table", model.__table__), rows)


def _write_table(table: Table, rows: list[dict[str, object]]) -> None:
    if rows:
        with transaction() as connection:
            connection.execute(insert(table), rows)


def measure_proposals(people: int) -> Looked:
    """Write the network, switch the rules of time on, and run two nights."""
    schema.create_everything()
    begun = time.perf_counter()
    write_people(people)
    loaded = time.perf_counter() - begun
    for code in sorted(OF_TIME):
        rule = rules_in_force()[code]
        run(
            change_trigger_rule,
            _INSTALLER,
            "measuring",
            code,
            number=rule.number,
            is_on=True,
            figures=rule.figures,
            cool_down_days=rule.cool_down_days,
            alerts=rule.alerts,
            reason="measuring",
            would_have_fired=0,
        )
    return Looked(people, loaded, [_night(night) for night in NIGHTS])


def _night(night: str) -> Night:
    """Look as the scheduler does: the job asks for the parts, the outbox runs them."""
    db.session.remove()
    before, proposed = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, _count()
    begun, worked = time.perf_counter(), time.process_time()
    run_job(f"look, {night}", clock.now(), look_for_due_reviews)
    parts = 0
    while done := deliver_outbox():
        parts += done
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    failed = db.session.scalar(
        select(func.count(OutboxMessage.id)).where(OutboxMessage.kind == "command", OutboxMessage.done_at.is_(None))
    )
    if failed:
        message = f"{failed} parts of a night failed"
        raise RuntimeError(message)
    alone = db.session.scalar(select(func.count()).where(ReviewProposal.coach_id.is_(None))) or 0
    return Night(seconds, worked, grown, parts, _count() - proposed, alone, os.getloadavg()[0])


def _count() -> int:
    return db.session.scalar(select(func.count()).select_from(ReviewProposal)) or 0


def read_looked(text: str) -> Looked:
    """Return what a measuring process printed."""
    values: dict[str, Any] = json.loads(text)
    return Looked(**{**values, "nights": [Night(**one) for one in values["nights"]]})


def judged_proposals(looked: Looked) -> Goal:
    """Hold a night against what was promised: both nights in time, and the second finds nothing new."""
    first, second = looked.nights
    must = looked.people >= PEOPLE
    slowest = max(first, second, key=lambda night: night.seconds)
    right = first.proposed > 0 and second.proposed == 0 and max(first.mebibytes, second.mebibytes) <= NIGHT_MIB
    holds = right and slowest.seconds <= NIGHT_S
    busy = right and slowest.load > BUSY * (os.cpu_count() or 1)
    verdict = Verdict.HOLDS if holds else Verdict.INVALID if busy else Verdict.DOES_NOT
    found = (
        f"{first.seconds:.0f} s and {second.seconds:.0f} s ({first.processor:.0f} s and {second.processor:.0f} s of this process) "
        f"in {first.parts} parts, {first.proposed} proposals, "
        f"{first.without_coach} of them without a coach, then {second.proposed}; {first.mebibytes:.0f} MiB; load {slowest.load:.1f}"
    )
    bound = f"at most {NIGHT_S:.0f} s and {NIGHT_MIB:.0f} MiB, nothing new the second time"
    what = f"nightly look for due reviews, {looked.people:,} people"
    return Goal("scale", what, bound, verdict if must else Verdict.PRINTED, found, must)


def main() -> None:
    """Measure a network of so many people in this environment's database and print what was found as JSON."""
    with redirect_stdout(sys.stderr):
        app = create_app(installed())
        with app.app_context():
            looked = measure_proposals(int(sys.argv[1]))
    sys.stdout.write(json.dumps(asdict(looked)))


if __name__ == "__main__":
    main()
