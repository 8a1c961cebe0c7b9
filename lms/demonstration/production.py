"""The batches of the simulated network: more where teams are larger, fewer in August and around the turn of the year."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from lms.demonstration import truth
from lms.demonstration.chance import chance
from lms.demonstration.places import Place
from lms.demonstration.world import BatchSpec, TeamSpec

PRODUCT = "CT-19, autologous T cells"
#: What becomes of a finished batch, with weights.
_DISPOSITIONS = {"released": 92.0, "released_under_exception": 3.0, "rejected": 2.5, "terminated": 2.5}
_LASTS = (9, 13)


def batches_of(
    seed: int, places: tuple[Place, ...], teams: tuple[TeamSpec, ...], start: date, today: date, whole: float
) -> tuple[BatchSpec, ...]:
    """Return the batches between two days, by first day. ``whole`` is the share of the full network's output to make."""
    starts: list[tuple[date, TeamSpec]] = []
    days = [start + timedelta(days=n) for n in range((today - start).days)]
    few = {place.spec.code: place.batches_a_year for place in places if place.batches_a_year is not None}
    many = [team for team in teams if team.site not in few]
    slots = [(day, team) for day in days if day.weekday() < 5 for team in many]
    weights = [truth.BATCH_SEASON[day.month] * team.size for day, team in slots]
    if slots:
        starts += chance(seed, "batches").choices(slots, weights, k=round(truth.BATCHES * whole))
    for team in teams:
        if team.site in few:
            starts += [(day, team) for day in _few_days(seed, team, few[team.site] or 0, start, today)]
    numbers: Counter[tuple[str, int]] = Counter()
    found = []
    for day, team in sorted(starts, key=lambda row: (row[0], row[1].key)):
        numbers[team.site, day.year] += 1
        number = f"{team.site}-{day.year % 100}-{numbers[team.site, day.year]:04d}"
        rng = chance(seed, "batch", number)
        version = "P2" if day >= start + (today - start) / 2 else "P1"
        disposition = rng.choices(list(_DISPOSITIONS), list(_DISPOSITIONS.values()))[0]
        finished = day + timedelta(days=rng.randint(*_LASTS))
        found.append(BatchSpec(number, team.site, team.key, PRODUCT, version, day, finished, disposition))
    return tuple(found)


def _few_days(seed: int, team: TeamSpec, a_year: int, start: date, today: date) -> list[date]:
    """Return evenly spread working days, a few each year, some days earlier or later by chance."""
    rng = chance(seed, "few", team.key)
    gap = 365 / a_year
    found: list[date] = []
    position = rng.uniform(0, gap)
    while True:
        day = start + timedelta(days=round(position + rng.uniform(-9, 9)))
        day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
        if day >= today:
            return found
        if day >= start:
            found.append(day)
        position += gap
