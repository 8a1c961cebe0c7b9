"""Everything a pack is made of, as counted from the records: values alone, before anything is said about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from behavior_metrics.coding.lines import FieldLine
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import NOTHING, Counts, Frame
from behavior_metrics.linkage.answers import Answer
from behavior_metrics.linkage.queries import Analysis
from behavior_metrics.programme.lines import SiteLine
from coaching.api import ReleasedRow, ReliabilityRow


@dataclass(frozen=True, slots=True)
class Raised:
    """A deviation or good catch of two quarters: where, when, how it was found. ``quarter`` is its site's own."""

    site_id: UUID
    quarter: Quarter
    kind: str
    severity: str
    self_reported: bool
    detection_channel: str
    delay_hours: float


@dataclass(frozen=True, slots=True)
class Closed:
    """A deviation closed in one of the two quarters: after how many days, and whether by its original due day."""

    site_id: UUID
    quarter: Quarter
    days: float
    on_time: bool | None


@dataclass(frozen=True, slots=True)
class Action:
    """An action: the quarter of its original due day, whether it was in place by then, and whether it was extended."""

    site_id: UUID
    due_in: Quarter
    on_time: bool
    extended: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What was found out about an action in a quarter: a signed verdict, or that the deviation came back after it (R3)."""

    site_id: UUID
    quarter: Quarter
    outcome: str


@dataclass(frozen=True, slots=True)
class Currency:
    """Operators by status, and what ends within some days: qualifications and how many people hold them."""

    statuses: Mapping[str, int]
    ending: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits on the as-of date, by site."""

    late: Counter[UUID]
    undecided: Counter[UUID]
    actions_late: Counter[UUID]
    actions_returned: Counter[UUID]
    codings_unsettled: int


@dataclass(frozen=True, slots=True)
class Programme:
    """Coaching of one quarter: by site, and all together."""

    sites: Sequence[SiteLine]
    total: SiteLine


@dataclass(frozen=True, slots=True)
class Survey:
    """Released cells of the quarter, its reliability, and the teams that had none of their own."""

    cells: Sequence[ReleasedRow]
    without: Sequence[str]
    reliability: Sequence[ReliabilityRow]


@dataclass(frozen=True, slots=True)
class Counted:
    """All of it, for one quarter and the one before."""

    as_of: datetime
    quarter: Quarter
    frame: Frame
    raised: Sequence[Raised]
    closed: Sequence[Closed]
    actions: Sequence[Action]
    effects: Sequence[Effect]
    waiting: Waiting
    currency: Currency
    programme: Programme
    programme_before: Programme
    survey: Survey
    coding: Sequence[FieldLine]
    linkage: Analysis
    answer: Answer | None

    @property
    def before(self) -> Quarter:
        """The quarter before."""
        return Quarter(self.quarter.index - 1)

    @property
    def year(self) -> tuple[Quarter, ...]:
        """The four quarters that end with this one."""
        return tuple(Quarter(self.quarter.index - back) for back in (3, 2, 1, 0))

    def of_site(self, site_id: UUID, *quarters: Quarter) -> Counts:
        """Counts of one site over some quarters."""
        return sum((self.frame.of_site(site_id, quarter) for quarter in quarters), NOTHING)

    def of_all(self, *quarters: Quarter) -> Counts:
        """Counts of all sites together over some quarters."""
        return sum((self.of_site(site.id, *quarters) for site in self.frame.places.sites), NOTHING)
