"""The simulated network as a whole: seed and last day in, the same world out, every time.

Pure: no clock and no database. The truth it follows stands in ``truth.py`` and ``docs/demo-network.md``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from lms.demonstration import truth
from lms.demonstration.climate import climate_of
from lms.demonstration.happenings import happenings
from lms.demonstration.loose_ends import loose_ends
from lms.demonstration.places import control_site, places
from lms.demonstration.production import batches_of
from lms.demonstration.staffing import form_teams, staff
from lms.demonstration.world import World, month_of

DEFAULT_SEED = 2026


def simulate(seed: int, today: date, *, days: int | None = None, sites: tuple[str, ...] | None = None) -> World:
    """Return the network whose history ends at the start of ``today``.

    ``days`` and ``sites`` make a smaller world with the same rates, for tests. Same arguments, same world.
    """
    full_start = months_before(today, truth.MONTHS)
    start = full_start if days is None else today - timedelta(days=days)
    chosen = tuple(place for place in places() if sites is None or place.spec.code in sites)
    teams = form_teams(seed, chosen)
    operators = sum(team.size for team in teams)
    everybody = sum(size for place in places() for _, size in place.teams)
    world = World(
        seed=seed,
        start=start,
        today=today,
        sites=(control_site(), *(place.spec for place in chosen)),
        teams=teams,
        people=staff(seed, chosen, teams, start, today),
        batches=batches_of(
            seed, chosen, teams, start, today, operators / everybody * ((today - start) / (today - full_start))
        ),
        events=(),
        climate=climate_of(seed, teams, month_of(start), month_of(today)),
    )
    world = replace(world, events=happenings(seed, world))
    return replace(world, events=(*world.events, *loose_ends(world)))


def months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last day if it is shorter."""
    month = month_of(day) - months
    last = (date((month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(month // 12, month % 12 + 1, min(day.day, last))
