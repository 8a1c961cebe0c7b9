"""Team-quarters for the linkage, built from counts and released climate, and the fingerprint of what went in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from uuid import UUID

from behavior_metrics.climate.cells import ClimateReading
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.stats.panel import TeamQuarter

#: Raised whenever the meaning of an analysis changes, so that a kept run says which method made it.
METHOD_VERSION = 1
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

    def for_outcome(self, outcome: Outcome) -> TeamQuarter:
        """Return the row as the estimator takes it."""
        events = self.independent if outcome is Outcome.INDEPENDENT else self.self_reported
        return TeamQuarter(
            self.site, self.team, self.quarter, events, float(self.batches), self.climate, self.rounding, self.n_low
        )


def rows_of(teams: Iterable[TeamInQuarter], climate: ClimateReading) -> tuple[Row, ...]:
    """Return the analysis file, by site, team and quarter.

    A quarter that is not over yet adds no batches and no recurrences: its row only carries the climate of the quarter
    before, which another lag asks for. A team-quarter with neither batches nor climate is left out.
    """
    rows = []
    for team in teams:
        before = climate.teams.get((team.team_id, Quarter(team.quarter.index - 1)))
        if not (team.closed and team.batches) and before is None:
            continue
        counted = (
            (team.batches, team.recurrences, team.self_reported, team.independent) if team.closed else (0, 0, 0, 0)
        )
        rows.append(
            Row(
                team.site_code, str(team.team_id), team.team_name, team.quarter.index, *counted,
                before.score if before else None, before.rounding if before else 0.0, before.n_low if before else None,
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.site, row.team, row.quarter)))


def fingerprint(rows: Sequence[Row], method_version: int = METHOD_VERSION) -> str:
    """Return the SHA-256 of the method's version and every row, in order, as 64 hexadecimal digits."""
    text = json.dumps([method_version, *(astuple(row) for row in rows)], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
