"""How much coaching, not only whether: sessions in the last 90 days, counted before the interval they are to explain."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.rate_findings import Effect, Refusal
from behavior_metrics.stats.rate_model import rate_ratios, rows_of
from behavior_metrics.stats.refusing import Floats

WINDOW_DAYS = 90
#: Different numbers of sessions below which no bend can be told from a line.
_FEWEST_DOSES = 4


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """Rate ratio per further session, and whether the line bends (a Refusal where sessions vary too little to tell)."""

    per_session: Effect
    bend: Effect | Refusal
    rows: int
    left_out: int


def sessions_before(
    session_unit: ArrayLike,
    session_day: ArrayLike,
    unit: ArrayLike,
    day: ArrayLike,
    *,
    window: int = WINDOW_DAYS,
    lag: int = 0,
) -> Floats:
    """Sessions (n) that each row's unit had in the `window` days that end `lag` days before the row's first `day`.

    `session_unit` and `session_day` (m) say who was coached when, `unit` and `day` (n) which interval begins when;
    days are whole numbers on one scale. Counted are day - lag - window <= session < day - lag: what happens in the
    interval itself never explains it. Raises NoEstimate for a missing day and for a lag or window that is not positive.

    Source: own definition.
    """
    held, begins = np.asarray(session_day, float), np.asarray(day, float)
    if lag < 0 or window <= 0:
        raise NoEstimate("Not estimable because sessions are counted in days before the interval, never after.")
    if not (np.isfinite(held).all() and np.isfinite(begins).all()):
        raise NoEstimate("Not estimable because the day of a session or of an interval is missing.")
    found = np.zeros(begins.size)
    units, sessions_of = np.asarray(unit), np.asarray(session_unit)
    for one in np.unique(units):
        rows = units == one
        days = np.sort(held[sessions_of == one])
        last, first = (np.searchsorted(days, begins[rows] - lag - back) for back in (0, window))
        found[rows] = last - first
    return found


def dose_response(
    events: ArrayLike, exposure: ArrayLike, sessions: ArrayLike, site: ArrayLike, period: ArrayLike
) -> DoseResponse:
    """Rate ratio per further session with a level per site and a step per period, CR3 errors by site.

    `events` (n), `exposure` (n, above nought), `sessions` (n) from `sessions_before`, `site` and `period` labels (n).
    The bend is the second term of a restricted cubic spline with knots at the 10th, 50th and 90th percentile (Harrell
    2015): its p is that of a straight line. Raises NoEstimate as `rows_of` does.
    """
    dose = np.asarray(sessions, float)
    rows = rows_of(events, exposure, {"sessions in the last 90 days": dose}, site, levels=(site, period))
    per_session = rate_ratios(rows)[0]
    try:
        effects = {"sessions": dose, "bend of the line": _spline_term(dose)}
        bend: Effect | Refusal = rate_ratios(rows_of(events, exposure, effects, site, levels=(site, period)))[1]
    except NoEstimate as refused:
        bend = Refusal(str(refused))
    return DoseResponse(per_session, bend, rows.y.size, dose.size - rows.y.size)


def _spline_term(dose: Floats) -> Floats:
    low, middle, high = (float(knot) for knot in np.quantile(dose, [0.1, 0.5, 0.9]))
    if np.unique(dose).size < _FEWEST_DOSES or not low < middle < high:
        raise NoEstimate("Not estimable because sessions vary too little to tell a bend from a line.")
    cube = [np.maximum(dose - knot, 0) ** 3 for knot in (low, middle, high)]
    term = cube[0] - cube[1] * (high - low) / (high - middle) + cube[2] * (middle - low) / (high - middle)
    return np.asarray(term / (high - low) ** 2)
