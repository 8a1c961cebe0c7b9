"""What waits for somebody on the day on which the history ends, so that each role finds work to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from lms.demonstration.chance import chance
from lms.demonstration.places import Kind, kinds_of_event
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.telling import handle, tell
from lms.demonstration.world import EventSpec, PersonSpec, World
from lms.permissions import Role


def loose_ends(world: World) -> tuple[EventSpec, ...]:
    """Return a good catch that QA has not classified yet, and a repeat that QA has classified but not decided.

    Both happen in the team of the operator whose account has a password; in none if that site is not in the world.
    """
    own = [person for person in world.people if person.login == ACCOUNTS[Role.OPERATOR]]
    earlier = [event for event in world.recorded if own and event.site == own[0].site]
    if not earlier:
        return ()
    catches = [kind for kind, told in kinds_of_event().items() if all(text["kind"] == "good_catch" for text in told)]
    again = next(event for event in reversed(earlier) if (world.end - event.occurred_at).days > 30)
    known = (again.process_step, again.category, again.root_cause_class)
    catch = _tell(world, own[0], "catch", catches[0], hours_ago=12)
    repeat = _tell(world, own[0], "again", known, hours_ago=60)
    return (_untouched_until(catch, world.end, triaged=11), _untouched_until(repeat, world.end, triaged=-13))


def _tell(world: World, reporter: PersonSpec, key: str, kind: Kind, *, hours_ago: int) -> EventSpec:
    going = world.today - timedelta(days=4)
    batch = next(
        batch for batch in reversed(world.batches) if batch.team == reporter.team and batch.started_on <= going
    )
    site = next(site for site in world.sites if site.code == batch.site)
    at = world.end - timedelta(hours=hours_ago)
    rng = chance(world.seed, key)
    event = tell(world, site, batch, f"{batch.number}/{key}", kind, at, rng, is_repeat=key == "again")
    return replace(
        event,
        channel="performer",
        reporter=reporter.employee_no,
        people=(reporter.employee_no,),
        recorded_at=at + timedelta(minutes=25),
        late_reason="",
        handling=handle(at + timedelta(minutes=25), event.severity, event.kind, "performer", site.zone, rng),
    )


def _untouched_until(event: EventSpec, end: datetime, *, triaged: int) -> EventSpec:
    """Return the event, classified so many hours after the end of history, and decided and closed after that."""
    if event.handling is None:
        return event
    moments = [end + timedelta(hours=hours) for hours in (triaged, 24, 240)]
    handling = replace(event.handling, triaged_at=moments[0], decided_at=moments[1], closed_at=moments[2])
    return replace(event, handling=handling)
