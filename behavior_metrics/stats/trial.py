"""What a declared test gave, as plain values: kept at night, shown in the morning."""

from dataclasses import dataclass

from behavior_metrics.stats.intervals import Estimate


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of one outcome, climate taken `lag` quarters before. `estimate` is None where nothing can be told.

    `p` is two-sided, from t with the clusters' degrees of freedom; `adjusted` is p after Benjamini and Hochberg (1995)
    over every test of the list; both are None for an interval of redrawn sites, which gives no p. `cells` and `events` are
    what the test had to go by.
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
class Withheld:
    """How far an outcome's main rate ratio would lie elsewhere, whatever the climate of the cells that nobody released.

    `cells` had batches and no released climate. `low` to `high` is over every climate on the whole scale, `lowest` to
    `highest`; `low_alike` to `high_alike` over those from `least` to `greatest` released. The limits are of the estimate
    alone, without its interval; None where no climate gives a figure.
    """

    outcome: str
    cells: int
    value: float
    lowest: float
    highest: float
    low: float | None
    high: float | None
    least: float
    greatest: float
    low_alike: float | None
    high_alike: float | None


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
