"""The declared associations that hold follow-through, all at a lag of one quarter, and the same as text to be kept.

Climate with follow-through, and follow-through with recurrences of both kinds. The index of a quarter is that of the
quarter's own days: windows of 180 days overlap from quarter to quarter, and a lag of one would compare a thing with itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from behavior_metrics.linkage import kept
from behavior_metrics.linkage.kept import Result
from behavior_metrics.linkage.rows import Outcome, Row
from behavior_metrics.stats.association import climate_recurrence_association
from behavior_metrics.stats.findings import CannotTellYet
from behavior_metrics.stats.follow_through_model import Difference, climate_follow_through_association
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import DECLARED_LAG, Check, Size

#: Raised whenever the meaning of these associations changes.
METHOD_VERSION = 1
#: The rate ratio of follow-through is said per so many points of the index.
POINTS = 10.0

#: (site code, team id, quarter) -> index.
IndexByQuarter = Mapping[tuple[str, str, int], float]


@dataclass(frozen=True, slots=True)
class Found:
    """What came out: climate with follow-through, and follow-through with recurrences by outcome."""

    climate: Difference | CannotTellYet
    recurrence: Mapping[Outcome, Result]


def every_association(rows: Sequence[Row], index: IndexByQuarter) -> Found:
    """Run all of them, each through its own gate. `rows` are those of the linkage."""
    after: list[Row] = []
    for row in rows:
        before = index.get((row.site, row.team, row.quarter - 1))
        after.append(row._replace(climate=None if before is None else before / POINTS, rounding=0.0, n_low=None))
    # an index may exist for a quarter before which the survey released nothing
    teams = {(row.site, row.team, row.team_name) for row in rows}
    known = {(row.site, row.team, row.quarter) for row in rows}
    bare = [
        Row(site, team, name, quarter, 0, 0, 0, 0, None, 0.0, None)
        for site, team, name in teams
        for (own_site, own_team, quarter) in index
        if (own_site, own_team) == (site, team) and (site, team, quarter) not in known
    ]
    climate_rows = [row.for_outcome(Outcome.INDEPENDENT) for row in (*rows, *bare)]
    return Found(
        climate_follow_through_association(climate_rows, index),
        {
            outcome: climate_recurrence_association((row.for_outcome(outcome) for row in after), lag=DECLARED_LAG)
            for outcome in Outcome
        },
    )


def fingerprint(rows: Sequence[Row], index: IndexByQuarter, weights_number: int) -> str:
    """Return the SHA-256 of the method, the weights, every row and every index, as 64 hexadecimal digits."""
    content = [METHOD_VERSION, weights_number, list(rows), _listed(index)]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def input_text(rows: Sequence[Row], index: IndexByQuarter) -> str:
    """Write what went in."""
    return json.dumps({"rows": [row._asdict() for row in rows], "index": _listed(index)})


def as_text(found: Found) -> str:
    """Write what came out, to the last digit."""
    recurrence = kept.Output({outcome: {DECLARED_LAG: one} for outcome, one in found.recurrence.items()}).as_text()
    return json.dumps({"climate": asdict(found.climate), "recurrence": json.loads(recurrence)})


def from_text(text: str) -> Found:
    """Read what came out."""
    read: dict[str, Any] = json.loads(text)
    recurrence = kept.Output.from_text(json.dumps(read["recurrence"])).results
    return Found(_climate(read["climate"]), {outcome: lags[DECLARED_LAG] for outcome, lags in recurrence.items()})


def _climate(read: dict[str, Any]) -> Difference | CannotTellYet:
    size, checks = Size(**read["size"]), tuple(Check(**check) for check in read["checks"])
    if "reason" in read:
        return CannotTellYet(read["lag"], read["reason"], size, checks, None, read["smallest_r"], ())
    return Difference(read["lag"], size, checks, Estimate(**read["within"]), read["p_within"], read["smallest_r"])


def _listed(index: IndexByQuarter) -> list[list[str | int | float]]:
    return [[*key, value] for key, value in sorted(index.items())]
