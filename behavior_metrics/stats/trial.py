"""What a declared test gave, as plain values: kept at night, shown in the morning."""

from dataclasses import dataclass

from behavior_metrics.stats.intervals import Estimate


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of one outcome, climate taken `lag` quarters before. `estimate` is None where nothing can be told.

    `p` is two-sided, from t with the clusters' degrees of freedom; `adjusted` is p after Benjamini and Hochberg (1995)
    over every test of the list. `cells` and `events` are what the test had to go by.
    """

    outcome: str
    key: str
    lag: int
    estimate: Estimate | None
    p: float | None
    adjusted: float | None
    cells: int
    events: int


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """E-values of an outcome (VanderWeele and Ding 2017): for the estimate, and for the limit nearer 1 (1: holds 1)."""

    outcome: str
    value: float
    limit: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a curve: quarters spent in the band, teams that spent so many, mean number so far with its limits."""

    quarter: int
    teams: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Mean cumulative recurrences per team in one band of climate. `teams` and `cells` were ever in it."""

    outcome: str
    band: str
    teams: int
    cells: int
    steps: tuple[Step, ...]
