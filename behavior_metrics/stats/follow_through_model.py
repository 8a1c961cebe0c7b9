"""Does follow-through stand higher a quarter after a team's climate stood higher? Points of the index, with their doubt.

Least squares of the index on the released climate of the quarter before, parted into change within a team and difference
between teams, with site and quarter effects, as the linkage does for recurrences; the interval is the site-clustered
jackknife (CR3) with t(sites - 1). The index is unvalidated, so an association of it is no better founded than it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isfinite, sqrt

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import CannotTellYet, NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import DECLARED_LAG, Check, Size, TeamQuarter, cells_at_lag, gate, size_of
from behavior_metrics.stats.power import smallest_correlation

LINEAR_BY_SITE = "least squares with site and quarter effects, site-clustered CR3 sandwich, t(sites - 1)"

_RANK_TOLERANCE = 1e-9
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class Difference:
    """Points of the index (0 to 100) per +1 point of climate a quarter earlier, and what it rests on."""

    lag: int
    size: Size
    checks: tuple[Check, ...]
    within: Estimate
    p_within: float
    smallest_r: float | None


def climate_follow_through_association(
    rows: Iterable[TeamQuarter], index: Mapping[tuple[str, str, int], float], *, lag: int = DECLARED_LAG
) -> Difference | CannotTellYet:
    """Slope of the index on team climate `lag` quarters earlier, within teams, or why it cannot be told.

    Parameters
    ----------
    rows : team-quarters with the climate of the quarter before; their events and batches are not looked at.
    index : the follow-through index by (site, team, quarter), 0 to 100; a team-quarter without one is left out.
    lag : quarters between climate and index, declared beforehand.

    Returns:
    -------
    ``Difference``, or ``CannotTellYet`` below the gate of the linkage (its line for recurrences does not apply).

    Raises:
    ------
    ValueError : an index outside 0 to 100, or two rows of one team-quarter.

    Notes:
    -----
    AFI_it = a_site + g_t + b (climate_i,t-lag - mean_i) + c mean_i. R: ``lm(afi ~ within + between + site + quarter)``
    with ``clubSandwich::vcovCR(fit, site, "CR3")``.

    Source: Mundlak (1978) for the split; R `lm` with `clubSandwich::vcovCR(type = "CR3")`.
    """
    bad = [value for value in index.values() if not (isfinite(value) and 0 <= value <= 100)]
    if bad:
        raise ValueError(f"The index lies between 0 and 100, not at {bad[0]}.")
    # a row is exposed where an index is known; events of 1 let every site with a changed climate bear on the answer
    known = [
        replace(row, events=1, batches=float((row.site, row.team, row.quarter) in index), covariates=()) for row in rows
    ]
    cells = cells_at_lag(known, lag)
    size = size_of(cells)
    checks = tuple(check for check in gate(size) if check.key != "events")
    smallest_r = smallest_correlation(size.cells)
    if not all(check.met for check in checks):
        return CannotTellYet(lag, "gate", size, checks, None, smallest_r, ())
    import numpy as np  # noqa: PLC0415 - what cannot be told needs no numpy

    from behavior_metrics.stats.climate_model import Columns, design_of  # noqa: PLC0415 - the same
    from behavior_metrics.stats.levels import centred  # noqa: PLC0415 - the same
    from behavior_metrics.stats.poisson import cluster_information, leave_out_covariance, summed  # noqa: PLC0415 - the same

    y = np.array([index[cell.row.site, cell.row.team, cell.row.quarter] for cell in cells])
    columns = Columns.of(cells)
    try:
        design = design_of(columns)
    except NoEstimate:
        return CannotTellYet(lag, "not_estimable", size, checks, None, smallest_r, ())
    # a site's own level takes up what its cells have in common
    even = np.ones(y.size)
    x, own = centred(design.x, even, columns.site), centred(y[:, None], even, columns.site)[:, 0]
    scale = _RANK_TOLERANCE * np.abs(design.x).max() * x.shape[0]
    if np.linalg.matrix_rank(x, tol=scale) < x.shape[1] or np.ptp(y) < _NO_SPREAD:
        return CannotTellYet(lag, "not_estimable", size, checks, None, smallest_r, ())
    coef = np.linalg.lstsq(x, own, rcond=None)[0]
    scores = summed(columns.site, (own - x @ coef)[:, None] * x)
    variance = float(leave_out_covariance(cluster_information(x, even, columns.site), scores)[0, 0])
    slope, se, df = float(coef[0]), sqrt(variance), int(columns.site.max())
    if se < _NO_SPREAD:
        return CannotTellYet(lag, "not_estimable", size, checks, None, smallest_r, ())
    reach = quantiles.student(df, 0.975) * se
    within = Estimate(slope, slope - reach, slope + reach, size.cells, LINEAR_BY_SITE)
    return Difference(lag, size, checks, within, 2 * quantiles.student_below(df, -abs(slope) / se), smallest_r)
