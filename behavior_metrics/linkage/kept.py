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
from behavior_metrics.stats.trial import Curve, Step, Trial, Unmeasured, Withheld

Result = Association | CannotTellYet
#: Outcome -> lag in quarters -> result.
Results = Mapping[Outcome, Mapping[int, Result]]


@dataclass(frozen=True, slots=True)
class Sources:
    """The records that the rows were counted from, each kind by the SHA-256 of its list; recurrences also by number."""

    cells: str
    deviations: str
    exposure: str
    #: Number of each confirmed recurrence -> team, quarter and outcomes it counts for.
    recurrences: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Input:
    """What went in: the rows, and the published variance of one person's score within a team, if there was one.

    `first_quarter` is the first of the window, `switched_off` are sites (by code) whose survey is off. `sources` is None
    where nothing was kept: on a page that only counts, and in runs of the first method.
    """

    rows: tuple[Row, ...]
    within_team_variance: float | None
    first_quarter: int | None = None
    switched_off: tuple[str, ...] = ()
    sources: Sources | None = None

    def as_text(self) -> str:
        """Write it, each row as its values."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read it. Before the fourth method each row was written with its names."""
        kept = json.loads(text)
        sources = kept.get("sources")
        return cls(
            tuple(Row(**row) if isinstance(row, dict) else Row(*row) for row in kept["rows"]),
            kept["within_team_variance"],
            kept.get("first_quarter"),
            tuple(kept.get("switched_off", ())),
            sources and Sources(**sources),
        )


@dataclass(frozen=True, slots=True)
class Output:
    """What came out: the estimates, the declared tests beside them, E-values, curves and what the withheld could change.

    The first method had the estimates alone, the second no bounds of the withheld.
    """

    results: Results
    trials: tuple[Trial, ...] = ()
    unmeasured: tuple[Unmeasured, ...] = ()
    curves: tuple[Curve, ...] = ()
    withheld: tuple[Withheld, ...] = ()

    def as_text(self) -> str:
        """Write it. An interval without an end is written as ``Infinity``."""
        results = {outcome: {lag: asdict(one) for lag, one in lags.items()} for outcome, lags in self.results.items()}
        kinds = ("trials", "unmeasured", "curves", "withheld")
        others = {name: [asdict(one) for one in getattr(self, name)] for name in kinds}
        return json.dumps({"results": results, **others})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read it. The first method wrote the estimates alone."""
        kept = json.loads(text)
        results = {
            Outcome(outcome): {int(lag): _result(one) for lag, one in lags.items()}
            for outcome, lags in kept.get("results", kept).items()
        }
        return cls(
            results,
            tuple(Trial(**{**one, "estimate": _estimate(one["estimate"])}) for one in kept.get("trials", ())),
            tuple(Unmeasured(**one) for one in kept.get("unmeasured", ())),
            tuple(
                Curve(**{**one, "steps": tuple(Step(**step) for step in one["steps"])})
                for one in kept.get("curves", ())
            ),
            tuple(Withheld(**one) for one in kept.get("withheld", ())),
        )


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
