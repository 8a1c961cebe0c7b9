"""Is a team's climate associated with its recurrences one quarter later? The estimate, its doubt, or "cannot tell yet".

Poisson regression of recurrences on the released climate, split into what changes within a team over time and what
differs between teams (Mundlak 1978), with site and quarter effects and log batches as offset; intervals from the
site-clustered sandwich with t(sites - 1). The lag of one quarter is declared beforehand; lags 0 and 2 are secondary.
An association of teams says nothing of a person, and nothing of what brought it about.
"""

from collections.abc import Iterable

from behavior_metrics.stats.findings import Association, CannotTellYet, NoEstimate, WithoutSite
from behavior_metrics.stats.intervals import rate_interval
from behavior_metrics.stats.panel import (
    DECLARED_LAG,
    SECONDARY_LAGS,
    TeamQuarter,
    cells_at_lag,
    gate,
    informative,
    points_of,
    size_of,
)
from behavior_metrics.stats.power import smallest_correlation, smallest_ratio


def climate_recurrence_association(
    rows: Iterable[TeamQuarter],
    *,
    lag: int = DECLARED_LAG,
    within_team_variance: float | None = None,
    each_site: bool = True,
) -> Association | CannotTellYet:
    """Rate ratio of recurrence per +1 point of team climate `lag` quarters earlier, or why it cannot be told.

    `within_team_variance` of one person's score, in squared points, adds sampling error to the calibration; without it
    rounding alone is corrected. `each_site` leaves out one site after the other, a fit for each. The order of rows does
    not matter. Raises ValueError for two rows of one team-quarter.
    """
    cells = cells_at_lag(rows, lag)
    size = size_of(cells)
    checks = gate(size)
    rate = rate_interval(size.events, size.batches) if cells else None
    smallest_r = smallest_correlation(size.cells)
    points = points_of(cells)
    if rate is None or not all(check.met for check in checks):
        return CannotTellYet(lag, "gate", size, checks, rate, smallest_r, points)
    # what cannot be told needs no numpy
    from behavior_metrics.stats.climate_model import fit_climate_model, without_each_site  # noqa: PLC0415

    try:
        model = fit_climate_model(informative(cells))
    except NoEstimate:
        return CannotTellYet(lag, "not_estimable", size, checks, rate, smallest_r, points)
    return Association(
        lag=lag,
        size=size,
        checks=checks,
        within=model.within,
        p_within=model.p_within,
        between=model.between,
        within_by_team=model.within_by_team,
        calibrated=model.calibrated(within_team_variance),
        without_site=tuple(WithoutSite(*one) for one in without_each_site(cells)) if each_site else (),
        smallest_ratio=smallest_ratio(model.se_within, model.df),
        smallest_r=smallest_r,
        rate=rate,
        points=points,
    )


def every_declared_lag(
    rows: Iterable[TeamQuarter], *, within_team_variance: float | None = None
) -> dict[int, Association | CannotTellYet]:
    """The declared lag first, then the secondary ones: the whole list of lags ever run, each through its own gate."""
    kept = tuple(rows)
    return {
        lag: climate_recurrence_association(kept, lag=lag, within_team_variance=within_team_variance)
        for lag in (DECLARED_LAG, *SECONDARY_LAGS)
    }
