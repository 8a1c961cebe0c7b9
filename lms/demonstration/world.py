"""What the simulation hands to the loader: frozen specifications that know natural keys and no ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lms.permissions import Role


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """A place: the control site, or one that makes batches."""

    code: str
    name: str
    zone: str
    is_control_site: bool = False


@dataclass(frozen=True, slots=True)
class TeamSpec:
    """A team, known by ``BRA/Heron``. ``follow_through`` is the true share of commitments it keeps."""

    key: str
    site: str
    name: str
    size: int
    follow_through: float


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role a person holds, at one site or (None) in the whole network; while they work there unless days are given."""

    role: Role
    site: str | None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class PersonSpec:
    """Somebody, known by their employee number. ``left_on`` is the first day no longer at work."""

    employee_no: str
    given_name: str
    family_name: str
    site: str
    joined_on: date
    left_on: date | None
    roles: tuple[RoleSpec, ...]
    login: str
    #: The team of an operator.
    team: str | None = None

    def works_on(self, day: date) -> bool:
        """Whether the person is there on a day."""
        return self.joined_on <= day and (self.left_on is None or day < self.left_on)


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """A batch, known by its number."""

    number: str
    site: str
    team: str
    product: str
    process_version: str
    started_on: date
    finished_on: date
    disposition: str


@dataclass(frozen=True, slots=True)
class HandlingSpec:
    """What QA does with a recorded event, and when. A match is decided between triage and closing, if the rule finds one."""

    triaged_at: datetime
    severity_rationale: str
    answer: str
    decided_at: datetime
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class EventSpec:
    """Something that truly happened; ``recorded_at`` is None when nobody ever wrote it down.

    ``is_repeat`` is the simulation's truth. Whether the application calls it a recurrence is for its rule to find.
    """

    key: str
    site: str
    team: str
    batch: str
    process_step: str
    category: str
    root_cause_class: str
    severity: str
    kind: str
    description: str
    immediate_action: str
    occurred_at: datetime
    is_repeat: bool
    channel: str
    recorded_at: datetime | None
    reporter: str
    people: tuple[str, ...]
    late_reason: str
    handling: HandlingSpec | None

    @property
    def is_primary(self) -> bool:
        """Whether the linkage's primary outcome counts it: found independently, or at least major."""
        return self.severity != "minor" or self.channel not in {"performer", "peer", "supervisor"}


@dataclass(frozen=True)
class World:
    """One simulated network with its whole history. Played from ``start`` to the day before ``today``."""

    seed: int
    start: date
    today: date
    sites: tuple[SiteSpec, ...]
    teams: tuple[TeamSpec, ...]
    people: tuple[PersonSpec, ...]
    batches: tuple[BatchSpec, ...]
    events: tuple[EventSpec, ...]
    #: Team -> month (``year * 12 + month - 1``) -> true climate.
    climate: Mapping[str, Mapping[int, float]]

    @property
    def end(self) -> datetime:
        """The moment at which history ends."""
        return datetime(self.today.year, self.today.month, self.today.day, tzinfo=UTC)

    @property
    def recorded(self) -> tuple[EventSpec, ...]:
        """The events that became deviations so far, in the order in which they were recorded."""
        known = [
            (e.recorded_at, e.key, e) for e in self.events if e.recorded_at is not None and e.recorded_at < self.end
        ]
        return tuple(event for *_, event in sorted(known, key=lambda row: row[:2]))

    def quarter_climate(self, team: str, quarter: int) -> float:
        """Return a team's true mean climate in a calendar quarter (``year * 4 + quarter - 1``)."""
        months = self.climate[team]
        return sum(months[quarter * 3 + n] for n in range(3)) / 3

    def holders(self, role: Role, site: str, day: date) -> tuple[PersonSpec, ...]:
        """Return who holds a role at a site (or everywhere) on a day, by employee number."""
        return tuple(
            person
            for person in self.people
            if person.works_on(day) and any(r.role is role and r.site in {None, site} for r in person.roles)
        )


def month_of(day: date) -> int:
    """Return the months since the year 0."""
    return day.year * 12 + day.month - 1


def quarter_of(day: date) -> int:
    """Return the calendar quarters since the year 0."""
    return month_of(day) // 3
