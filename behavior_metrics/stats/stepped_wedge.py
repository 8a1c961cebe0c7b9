"""Did coaching help, when sites began one after another? Stepped wedge (Hussey and Hughes 2007).

Each site is compared with itself before and with the sites still waiting in the same period: log E(y) = log exposure +
site + period + d coached. A site that begins because it is in trouble fakes a benefit on its way back; the periods right
before each start are therefore looked at, and the estimate is given without them as well.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats.count_checks import CountChecks, check_counts
from behavior_metrics.stats.counts import Members, members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.rate_findings import RUN_BEFORE, BeforeStart, Effect, Needs, Refusal, clusters_needed
from behavior_metrics.stats.rate_model import Family, rate_ratios, rows_of
from behavior_metrics.stats.refusing import Floats


@dataclass(frozen=True, slots=True)
class SteppedWedge:
    """Rate ratio of coached against not yet coached, by three models, and what could make it wrong.

    `coached` has fixed site effects and CR3 errors; `negative_binomial` the same with NB2; `averaged` is GEE without
    site effects. `before_start` is a Refusal where too little lies before the starts.
    """

    coached: Effect
    negative_binomial: Effect | Refusal
    averaged: Effect | Refusal
    before_start: BeforeStart | Refusal
    checks: CountChecks
    sites: int
    waves: int
    rows: int
    left_out: int

    @property
    def needs(self) -> Needs:
        """How many sites like these would find a ratio of .7."""
        return clusters_needed(self.coached)


@dataclass(frozen=True, slots=True)
class _Wedge:
    events: Floats
    exposure: Floats
    site: Members
    period: Floats
    coached: Floats


def stepped_wedge(
    events: ArrayLike, exposure: ArrayLike, site: ArrayLike, period: ArrayLike, coached: ArrayLike
) -> SteppedWedge:
    """Compare coached with not yet coached site-periods.

    `events` (n), `exposure` (n, above nought), `site` labels (n), `period` whole numbers (n), `coached` 0 or 1 (n),
    which once begun stays. Clusters are sites, t(sites - 1). Raises NoEstimate for one site or period, for coaching that
    ends, when nobody or everybody is coached or all began at once (period and coaching cannot be told apart), and as
    `rows_of` does. Source: Hussey and Hughes (2007); errors Mancl and DeRouen (2001).
    """
    data = _checked(events, exposure, site, period, coached)
    everything = np.ones(data.events.size, bool)
    main = _coached(data, everything, "poisson")
    if isinstance(main, Refusal):
        raise NoEstimate(main.reason)
    rows = rows_of(data.events, data.exposure, {"coached": data.coached}, data.site, levels=(data.site, data.period))
    starts = _starts(data)
    return SteppedWedge(
        main,
        _coached(data, everything, "negative_binomial"),
        _coached(data, everything, "gee"),
        _before_start(data, starts),
        check_counts(rows.y, rows.x, rows.offset),
        int(rows.cluster.max()) + 1,
        np.unique(starts[np.isfinite(starts)]).size,
        rows.y.size,
        data.events.size - rows.y.size,
    )


def _coached(data: _Wedge, kept: NDArray[np.bool_], family: Family, **more: Floats) -> Effect | Refusal:
    """The last named effect of a fit on the rows kept, or why there is none."""
    levels = [data.period[kept]] if family == "gee" else [data.site[kept], data.period[kept]]
    effects = {"coached": data.coached[kept]} | {name: column[kept] for name, column in more.items()}
    try:
        rows = rows_of(data.events[kept], data.exposure[kept], effects, data.site[kept], levels=levels)
        return rate_ratios(rows, family)[-1]
    except NoEstimate as refused:
        return Refusal(str(refused))


def _before_start(data: _Wedge, starts: Floats) -> BeforeStart | Refusal:
    ahead = starts[data.site] - data.period
    just_before = (ahead >= 1) & (ahead <= RUN_BEFORE)
    lead = _coached(
        data, np.ones(data.events.size, bool), "poisson", **{"just before the start": just_before.astype(float)}
    )
    if isinstance(lead, Refusal):
        return lead
    return BeforeStart(RUN_BEFORE, lead, _coached(data, ~just_before, "poisson"))


def _starts(data: _Wedge) -> Floats:
    """First coached period of each site, inf where it still waits."""
    first = np.full(int(data.site.max()) + 1, np.inf)
    begun = data.coached == 1
    np.minimum.at(first, data.site[begun], data.period[begun])
    return first


def _checked(events: ArrayLike, exposure: ArrayLike, site: ArrayLike, period: ArrayLike, coached: ArrayLike) -> _Wedge:
    y, area, when, on = (np.asarray(values, float) for values in (events, exposure, period, coached))
    where = members(site, "site")
    if not y.shape == area.shape == when.shape == on.shape == where.shape:
        raise NoEstimate(
            "Not estimable because events, exposure, site, period and coaching differ in their number of rows."
        )
    if not (np.isfinite(when).all() and (when == np.floor(when)).all()):
        raise NoEstimate("Not estimable because the number of a period is missing or not whole.")
    members(when, "period")
    if not np.isin(on, (0, 1)).all():
        raise NoEstimate("Not estimable because whether a site was coached is missing or neither 0 nor 1.")
    if np.ptp(on) == 0:
        raise NoEstimate("Not estimable because coached has the same value in every row: there is nothing to compare.")
    data = _Wedge(y, area, where, when, on)
    if ((on == 0) & (when >= _starts(data)[where])).any():
        raise NoEstimate("Not estimable because coaching of a site ended again; a stepped wedge has no way back.")
    return data
