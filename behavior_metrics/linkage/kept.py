"""An analysis as text and back, to the last digit: what was computed at night is what the page shows in the morning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from behavior_metrics.linkage.rows import Outcome, Row
from behavior_metrics.stats.findings import Association, Calibrated, CannotTellYet, WithoutSite
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import Check, Point, Size

Result = Association | CannotTellYet
#: Outcome -> lag in quarters -> result.
Results = Mapping[Outcome, Mapping[int, Result]]


@dataclass(frozen=True, slots=True)
class Input:
    """What went in: the rows, and the published variance of one person's score within a team, if there was one."""

    rows: tuple[Row, ...]
    within_team_variance: float | None

    def as_text(self) -> str:
        """Write it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read it."""
        kept = json.loads(text)
        return cls(tuple(Row(**row) for row in kept["rows"]), kept["within_team_variance"])


def as_text(results: Results) -> str:
    """Write what came out. An interval without an end is written as ``Infinity``."""
    return json.dumps({outcome: {lag: asdict(one) for lag, one in lags.items()} for outcome, lags in results.items()})


def from_text(text: str) -> Results:
    """Read what came out."""
    return {
        Outcome(outcome): {int(lag): _result(one) for lag, one in lags.items()}
        for outcome, lags in json.loads(text).items()
    }


def _result(kept: dict[str, Any]) -> Result:
    shared = {
        "lag": kept["lag"],
        "size": Size(**kept["size"]),
        "checks": tuple(Check(**check) for check in kept["checks"]),
        "rate": _estimate(kept["rate"]),
        "smallest_r": kept["smallest_r"],
        "points": tuple(Point(**{**point, "rate": _estimate(point["rate"])}) for point in kept["points"]),
    }
    if "reason" in kept:
        return CannotTellYet(reason=kept["reason"], **shared)
    calibrated = kept["calibrated"]
    return Association(
        **shared,
        within=Estimate(**kept["within"]),
        p_within=kept["p_within"],
        between=_estimate(kept["between"]),
        within_by_team=Estimate(**kept["within_by_team"]),
        calibrated=calibrated
        and Calibrated(
            Estimate(**calibrated["within"]),
            _estimate(calibrated["between"]),
            calibrated["reliability"],
            calibrated["with_sampling"],
        ),
        without_site=tuple(WithoutSite(left["site"], _estimate(left["within"])) for left in kept["without_site"]),
        smallest_ratio=kept["smallest_ratio"],
    )


def _estimate(kept: dict[str, Any] | None) -> Estimate | None:
    return None if kept is None else Estimate(**kept)
