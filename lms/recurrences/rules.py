"""When a deviation is the same one again: rules R1, R2 and R3. Values in, matches out.

A rule looks at facts and at nothing else: it never sees who did it, in which order things were recorded, or what anybody
decided. A version that was ever used stays in ``RULES``, so that an old answer can be had again from the same facts.

Source: rule set of the network's deviation procedure; *repeat deviation* as in GMP practice, with its window and key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby, pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

#: Site, process step, category, root cause class. Who did it is never part of it.
RecurrenceKey = tuple[UUID, str, str, str]

#: The same site has had it before.
R1 = "R1"
#: Another site of the network has had it before.
R2 = "R2"
#: It came back after a corrective action was in place.
R3 = "R3"
#: Days after the earlier occurrence (R3: after the action was in place) within which a match counts.
WINDOW_DAYS = 365
#: Shorter windows that a list can be narrowed to.
SHORTER_WINDOWS = (90, 180)
#: The present version of each rule. Raised whenever its meaning changes; the old one stays in ``RULES``.
VERSIONS: Mapping[str, int] = {R1: 1, R2: 1, R3: 1}


class Decision(StrEnum):
    """What became of a match that a rule proposed."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    OVERRULED = "overruled"
    #: One of the two was classified anew, and they no longer match.
    WITHDRAWN = "withdrawn"


DECIDED = frozenset({Decision.CONFIRMED, Decision.OVERRULED})


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What a rule may look at. There is no person in it."""

    id: UUID
    site_id: UUID
    process_step: str
    category: str
    root_cause_class: str
    occurred_at: datetime

    @property
    def key(self) -> RecurrenceKey:
        """What must be equal for two of them to be the same again at one site."""
        return (self.site_id, self.process_step, self.category, self.root_cause_class)


@dataclass(frozen=True, slots=True)
class ActionInPlace:
    """A corrective action that was put in place after a deviation."""

    capa_id: UUID
    #: The deviation that it was opened from, as it is classified now.
    deviation: Occurrence
    #: The day at the site on which it was in place.
    implemented_on: date
    #: Days after it that do not count yet: material in the pipeline, shifts still to be told.
    grace_days: int


@dataclass(frozen=True, slots=True)
class Match:
    """A later occurrence and an earlier one that it repeats."""

    later_id: UUID
    earlier_id: UUID
    #: Whole days between the two occurrences, counted at the site of the later one.
    days_between: int
    #: R3: the action after which it came back.
    capa_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a rule is given."""

    occurrences: Sequence[Occurrence]
    actions: Sequence[ActionInPlace]
    #: Site -> IANA zone.
    zones: Mapping[UUID, str]


def days_between(earlier: datetime, later: datetime, zone: str) -> int:
    """Return the calendar days between two moments at a site, so that a clock change moves nothing over the limit."""
    place = ZoneInfo(zone)
    return (later.astimezone(place).date() - earlier.astimezone(place).date()).days


def repeats(later: Occurrence, earlier: Occurrence, zone: str, window_days: int = WINDOW_DAYS) -> int | None:
    """Return the days between if the later one repeats the earlier one under R1, else None.

    R1: same site, process step, category and root cause class, occurred after the earlier one and at most
    ``window_days`` days after it *occurred*. An incomplete classification matches nothing.
    """
    return _days(later, earlier, zone, window_days) if later.site_id == earlier.site_id else None


def repeats_elsewhere(later: Occurrence, earlier: Occurrence, zone: str, window_days: int = WINDOW_DAYS) -> int | None:
    """Return the days between if the later one repeats another site's earlier one under R2, else None.

    R2: as R1, but at another site of the network. Days are counted at the later one's site.
    """
    return _days(later, earlier, zone, window_days) if later.site_id != earlier.site_id else None


def _days(later: Occurrence, earlier: Occurrence, zone: str, window_days: int) -> int | None:
    if later.key[1:] != earlier.key[1:] or not all(later.key) or earlier.occurred_at >= later.occurred_at:
        return None
    days = days_between(earlier.occurred_at, later.occurred_at, zone)
    return days if days <= window_days else None


def came_back(later: Occurrence, action: ActionInPlace, zone: str, window_days: int = WINDOW_DAYS) -> int | None:
    """Return the days since the action was in place if the deviation came back after it under R3, else None.

    R3: same site, process step, category and root cause class as the deviation that the action was opened from, and
    occurred after the day on which the action was in place plus its days of grace, at most ``window_days`` days after it.
    """
    first = action.deviation
    if later.id == first.id or later.key != first.key or not all(later.key) or first.occurred_at >= later.occurred_at:
        return None
    days = (later.occurred_at.astimezone(ZoneInfo(zone)).date() - action.implemented_on).days
    return days if action.grace_days < days <= window_days else None


def find_local(facts: Facts, window_days: int = WINDOW_DAYS) -> list[Match]:
    """R1: return for each occurrence the nearest earlier one at its site that it repeats."""
    found: list[Match] = []
    for same in _by_key(facts.occurrences, lambda o: o.key):
        nearest: Occurrence | None = None  # the last one strictly before the moment of the present one
        for before, later in pairwise(same):
            if before.occurred_at < later.occurred_at:
                nearest = before
            days = None if nearest is None else repeats(later, nearest, facts.zones[later.site_id], window_days)
            if nearest is not None and days is not None:
                found.append(Match(later.id, nearest.id, days))
    return found


def find_network(facts: Facts, window_days: int = WINDOW_DAYS) -> list[Match]:
    """R2: return for each occurrence the nearest earlier one of each *other* site that it repeats, nearest first."""
    found: list[Match] = []
    for same in _by_key(facts.occurrences, lambda o: o.key[1:]):
        last: dict[UUID, Occurrence] = {}
        for _, together in groupby(same, lambda o: o.occurred_at):
            now = list(together)
            for later in now:
                zone = facts.zones[later.site_id]
                near = [(repeats_elsewhere(later, other, zone, window_days), other) for other in last.values()]
                matches = [Match(later.id, other.id, days) for days, other in near if days is not None]
                found.extend(sorted(matches, key=lambda m: (m.days_between, m.earlier_id)))
            for occurrence in now:
                last[occurrence.site_id] = occurrence
    return found


def find_after_action(facts: Facts, window_days: int = WINDOW_DAYS) -> list[Match]:
    """R3: return for each occurrence the action that was put in place last before it and did not keep it away."""
    by_key: defaultdict[RecurrenceKey, list[ActionInPlace]] = defaultdict(list)
    for action in sorted(facts.actions, key=lambda a: (a.implemented_on, a.capa_id), reverse=True):
        by_key[action.deviation.key].append(action)
    found: list[Match] = []
    for later in facts.occurrences:
        zone = facts.zones[later.site_id]
        for action in by_key.get(later.key, ()):
            if came_back(later, action, zone, window_days) is not None:
                days = days_between(action.deviation.occurred_at, later.occurred_at, zone)
                found.append(Match(later.id, action.deviation.id, days, action.capa_id))
                break
    return found


#: Rule and version -> what it finds in the facts. Nothing is ever taken out of here.
RULES: Mapping[tuple[str, int], Callable[[Facts, int], list[Match]]] = {
    (R1, 1): find_local,
    (R2, 1): find_network,
    (R3, 1): find_after_action,
}


def find(rule: str, facts: Facts) -> list[Match]:
    """Return what the present version of a rule finds."""
    return RULES[rule, VERSIONS[rule]](facts, WINDOW_DAYS)


def _by_key(
    occurrences: Iterable[Occurrence], key: Callable[[Occurrence], tuple[UUID | str, ...]]
) -> list[list[Occurrence]]:
    by_key: defaultdict[tuple[UUID | str, ...], list[Occurrence]] = defaultdict(list)
    for occurrence in occurrences:
        by_key[key(occurrence)].append(occurrence)
    for same in by_key.values():
        same.sort(key=lambda o: (o.occurred_at, o.id))
    return list(by_key.values())
