"""Team-quarters for the linkage, built from counts and released climate, and the fingerprint of what went in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from behavior_metrics.climate.cells import ClimateReading
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.stats.panel import TeamQuarter

#: Raised whenever the meaning of an analysis changes, so that a kept run says which method made it.
METHOD_VERSION = 4
#: The first method's rows had fewer columns, and their fingerprint still is what it was.
_FIRST_FIELDS = 11
#: What is counted of a team-quarter.
COUNTED = ("batches", "recurrences", "self_reported", "independent", "major")
#: The analysis looks at the last three years and the quarter going on.
QUARTERS = 13


class Outcome(StrEnum):
    """Which recurrences are counted. The first is the declared primary outcome."""

    INDEPENDENT = "independent"
    SELF_REPORTED = "self_reported"


@dataclass(frozen=True, slots=True)
class TeamCounts:
    """A team's counts, by quarter: batches, recurrences, self-reported, independent and at least major ones."""

    site_code: str
    team_id: UUID
    team_name: str
    site_id: UUID | None
    counts: Mapping[Quarter, tuple[int, int, int, int, int]]


class Row(NamedTuple):
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


def rows_of(
    teams: Iterable[TeamCounts], quarters: Sequence[Quarter], closed: Container[Quarter], climate: ClimateReading
) -> tuple[Row, ...]:
    """Return the analysis file of these quarters, `closed` once they are over at every site; by site, team and quarter.

    A quarter that is not over yet adds no batches and no recurrences: its row only carries the climate of the quarter
    before, which another lag asks for. A team-quarter with neither batches nor climate is left out.
    """
    rows = []
    pools = {(pool.site, pool.quarter): pool.climate.score for pool in climate.pooled}
    window = [(quarter, quarter in closed, Quarter(quarter.index - 1)) for quarter in quarters]
    for team in teams:
        felt = climate.of(team.team_id)
        site, text, name = team.site_code, str(team.team_id), team.team_name
        for quarter, is_closed, last in window:
            counts = team.counts.get(quarter, _NOTHING) if is_closed else _NOTHING
            before = felt.get(last)
            if before is None and not counts[0]:
                continue
            score, rounding, n_low = (before.score, before.rounding, before.n_low) if before else _UNKNOWN
            batches, recurrences, self_reported, independent, major = counts
            pooled = pools.get((team.site_id, last), pools.get((None, last))) if pools and before is None else None
            rows.append(
                Row(
                    site, text, name, quarter.index, batches, recurrences, self_reported, independent, score, rounding,
                    n_low, major, pooled,
                )
            )  # fmt: skip
    return tuple(sorted(rows))


_NOTHING = (0, 0, 0, 0, 0)
_UNKNOWN = (None, 0.0, None)


def fingerprint(rows: Sequence[Row], method_version: int = METHOD_VERSION) -> str:
    """Return the SHA-256 of the method's version and every row, in order, as 64 hexadecimal digits."""
    return digest([method_version, *(rows if method_version > 1 else (row[:_FIRST_FIELDS] for row in rows))])


def digest(value: object) -> str:
    """Return the SHA-256 of a value written as JSON without spaces, as 64 hexadecimal digits."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
