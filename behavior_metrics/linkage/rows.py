"""Team-quarters for the linkage, built from counts and released climate, and the fingerprint of what went in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from operator import attrgetter
from uuid import UUID

from behavior_metrics.climate.cells import ClimateReading
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.stats.panel import TeamQuarter

#: Raised whenever the meaning of an analysis changes, so that a kept run says which method made it.
METHOD_VERSION = 3
#: The first method's rows had fewer columns, and their fingerprint still is what it was.
_FIRST_FIELDS = 11
#: The analysis looks at the last three years and the quarter going on.
QUARTERS = 13


class Outcome(StrEnum):
    """Which recurrences are counted. The first is the declared primary outcome."""

    INDEPENDENT = "independent"
    SELF_REPORTED = "self_reported"


@dataclass(frozen=True, slots=True)
class TeamInQuarter:
    """A team's counts in a quarter; `closed` once the quarter is over at every site."""

    site_code: str
    team_id: UUID
    team_name: str
    quarter: Quarter
    closed: bool
    batches: int
    recurrences: int
    self_reported: int
    independent: int
    major: int = 0
    site_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the analysis file: a team-quarter with both outcomes and the climate of the quarter before."""

    site: str
    team: str
    team_name: str
    quarter: int
    batches: int
    recurrences: int
    self_reported: int
    independent: int
    climate: float | None
    rounding: float
    n_low: int | None
    #: Recurrences of at least major severity, however they were detected; None in rows of the first method.
    major: int | None = None
    #: What its small teams gave together in the quarter before, at the site or else in the network; for a row without
    #: a climate of its own, and used in one declared test alone.
    pooled: float | None = None

    def for_outcome(self, outcome: Outcome) -> TeamQuarter:
        """Return the row as the estimator takes it."""
        return self.counting(self.independent if outcome is Outcome.INDEPENDENT else self.self_reported)

    def counting(self, events: int) -> TeamQuarter:
        """Return the row as the estimator takes it, with another count of events."""
        return TeamQuarter(
            self.site, self.team, self.quarter, events, float(self.batches), self.climate, self.rounding, self.n_low
        )


def rows_of(teams: Iterable[TeamInQuarter], climate: ClimateReading) -> tuple[Row, ...]:
    """Return the analysis file, by site, team and quarter.

    A quarter that is not over yet adds no batches and no recurrences: its row only carries the climate of the quarter
    before, which another lag asks for. A team-quarter with neither batches nor climate is left out.
    """
    rows, quarters = [], dict[Quarter, Quarter]()
    pools = {(pool.site, pool.quarter): pool.climate.score for pool in climate.pooled}
    for team in teams:
        last = quarters.get(team.quarter)
        if last is None:
            last = quarters[team.quarter] = Quarter(team.quarter.index - 1)
        before = climate.teams.get((team.team_id, last))
        if not (team.closed and team.batches) and before is None:
            continue
        counted = (
            (team.batches, team.recurrences, team.self_reported, team.independent) if team.closed else (0, 0, 0, 0)
        )
        pooled = pools.get((team.site_id, last), pools.get((None, last))) if pools and not before else None
        rows.append(
            Row(
                team.site_code, str(team.team_id), team.team_name, team.quarter.index, *counted,
                before.score if before else None, before.rounding if before else 0.0, before.n_low if before else None,
                team.major if team.closed else 0, pooled,
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.site, row.team, row.quarter)))


def fingerprint(rows: Sequence[Row], method_version: int = METHOD_VERSION) -> str:
    """Return the SHA-256 of the method's version and every row, in order, as 64 hexadecimal digits."""
    values = attrgetter(*(field.name for field in fields(Row)[: _FIRST_FIELDS if method_version == 1 else None]))
    return digest([method_version, *map(values, rows)])


def digest(value: object) -> str:
    """Return the SHA-256 of a value written as JSON without spaces, as 64 hexadecimal digits."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
