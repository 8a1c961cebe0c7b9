"""Sites with gates, standings, planned batches and rosters for tests, made by the application's own commands."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from assessments.qualifications.models import Qualification
from assessments.rosters.commands import put_on_roster
from assessments.rosters.models import RosterEntry
from lms import clock
from lms.extensions import db
from lms.gates.commands import confirm_gate, sign_activation
from lms.gates.models import SiteActivation
from lms.gates.rules import GATES
from lms.network import commands as network
from lms.network.models import Site, SiteState, Team
from lms.planning.commands import plan_batch
from lms.planning.models import PlannedBatch
from lms.standings.commands import change_standing
from lms.standings.models import StandingChange
from lms.standings.queries import state_of
from lms.unit_of_work import replay, run
from tests.factories.assessments import World, completed, plant
from tests.factories.people import INSTALLER, Someone, a_network, someone, utc

REASON = "three alerts in environmental monitoring"


def an_onboarding_site(code: str) -> Site:
    """Open a site that has its gates before it."""
    return run(
        network.open_site,
        INSTALLER,
        "test",
        a_network().id,
        code=code,
        name=f"Site {code}",
        zone="Europe/Berlin",
        state=SiteState.ONBOARDING,
    )


def qualified(world: World, person: Someone) -> None:
    """Plant the training and qualification of a person for the world's task, since 2024 and for years."""
    completed(world, person, utc(2024, 2, 1))
    plant(
        Qualification(
            person_id=person.person.id,
            task_id=world.task_id,
            site_id=world.site.id,
            valid_from=utc(2024, 3, 1),
            valid_to=utc(2035, 1, 1),
            limited_by="run",
        )
    )


def operators(world: World, number: int, *, team: Team | None = None) -> list[Someone]:
    """Return operators of the site who are qualified for its task."""
    found = [someone(site=world.site, team=team) for _ in range(number)]
    for person in found:
        qualified(world, person)
    return found


def stands(
    by: Someone,
    act: str,
    site: Site,
    *,
    team: Team | None = None,
    person: Someone | None = None,
    at: datetime | None = None,
    reason: str = REASON,
) -> StandingChange:
    """Sign a step now, or at a simulated moment."""
    team_id, person_id = team.id if team else None, person.person.id if person else None
    moment = at or clock.now()
    with replay() as day:
        return day.run(
            change_standing,
            by.signing_at(moment),
            moment,
            reason,
            site.id,
            act,
            reason=reason,
            seen=state_of(site.id, team_id=team_id, person_id=person_id),
            team_id=team_id,
            person_id=person_id,
        )


def confirm_all(by: Someone, site: Site, *, but: str = "") -> None:
    """Confirm every gate that is confirmed by hand, but for one."""
    for gate in GATES:
        if not gate.is_computed and gate.code != but:
            run(confirm_gate, by.signing, "test", site.id, gate.code, is_done=True, evidence=f"report {gate.code}")


def activated(by: Someone, site: Site) -> SiteActivation:
    """Sign that all gates are done."""
    return run(sign_activation, by.signing, "test", site.id)


def a_planned_batch(
    by: Someone, site: Site, number: str = "P-1", *, in_days: int = 3, hours: int = 8, team: Team | None = None
) -> PlannedBatch:
    """Plan a batch so many days ahead."""
    starts_at = (clock.now() + timedelta(days=in_days)).replace(microsecond=0)
    return run(
        plan_batch,
        by.actor,
        "test",
        site_id=site.id,
        number=number,
        product="CAR-T A",
        process="CAR-T",
        process_version="3",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        team_id=team.id if team else None,
    )


def rostered(by: Someone, planned_id: UUID, person: Someone, task_id: UUID) -> RosterEntry:
    """Put somebody on a roster."""
    return run(put_on_roster, by.actor, "test", planned_id, person_id=person.actor.person_id, task_id=task_id)


def state(site: Site) -> str:
    """Return the site's state as it stands in the database."""
    db.session.expire_all()
    return db.session.get_one(Site, site.id).state
