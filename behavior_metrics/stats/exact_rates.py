"""Two periods, two rates: did it become less? Exact, because counts are small, and with what it would take to tell."""

from dataclasses import dataclass
from typing import Literal

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.intervals import Estimate, NoEstimate, rate_interval, rate_ratio
from behavior_metrics.stats.power import detectable_ratio, exposure_for_ratio
from behavior_metrics.stats.rate_findings import Needs

_SMALL_P = 0.05


@dataclass(frozen=True, slots=True)
class TwoRates:
    """Rate before and after per 100, their ratio, and exact p: one-sided each way, and two-sided (twice the smaller).

    The two-sided p is below .05 exactly where the 95 % interval leaves out 1. `smallest` is the fall these
    periods would usually have shown, None where not even one to nought; `needs` how long each would have to be to find
    the ratio seen, None where the rate did not fall.
    """

    before: Estimate
    after: Estimate
    ratio: Estimate
    p_lower: float
    p_higher: float
    p: float
    smallest: float | None
    needs: Needs | None

    @property
    def verdict(self) -> Literal["lower", "higher", "not_demonstrable"]:
        """Lower or higher by the one-sided test at 5 %."""
        if self.p_lower < _SMALL_P:
            return "lower"
        return "higher" if self.p_higher < _SMALL_P else "not_demonstrable"

    @property
    def answer(self) -> str:
        """What may be said."""
        low, high, level = self.ratio.low, self.ratio.high, 100 * self.ratio.level
        figures = f"ratio {self.ratio.value:.2f}, {level:.0f} % interval {low:.2f} to {high:.2f}"
        if self.verdict == "lower":
            return f"The rate is lower than before ({figures}; one-sided p {self.p_lower:.2g})."
        if self.verdict == "higher":
            return f"The rate is higher than before ({figures}; one-sided p {self.p_higher:.2g})."
        more = f" {self.needs.answer}" if self.needs and not self.needs.met else ""
        least = f"a fall to {self.smallest:.2f} of the rate" if self.smallest else "no fall"
        seen = f" Usually seen in periods of this length is {least}."
        return f"No change can be demonstrated ({figures}; one-sided p {self.p_lower:.2g}).{seen}{more}"


def two_rates(
    before_events: int, before_exposure: float, after_events: int, after_exposure: float, *, level: float = 0.95
) -> TwoRates:
    """Compare events over exposure (batches or hours) after with those before, given their total.

    Conditional on the total, events after are binomial with share T2 / (T1 + T2). Source: Przyborowski and Wilenski
    (1940); R `poisson.test(c(after, before), c(T2, T1), alternative =)`. 9 in 52 then 3 in 41: ratio .42, one-sided p
    .15. Raises NoEstimate as `rate_interval` does, and when nothing happened in either period.
    """
    found = rate_ratio(before_events, before_exposure, after_events, after_exposure, level=level)
    total = before_events + after_events
    if total == 0:
        raise NoEstimate("Not estimable because no event happened in either period; each has only an upper limit.")
    p_higher = quantiles.binomial_up_to(before_events, total, before_exposure / (before_exposure + after_exposure))
    return TwoRates(
        rate_interval(before_events, before_exposure, level=level),
        rate_interval(after_events, after_exposure, level=level),
        found.estimate,
        found.p_lower,
        p_higher,
        min(1.0, 2 * min(found.p_lower, p_higher)),
        detectable_ratio(before_events / before_exposure, before_exposure, after_exposure) if before_events else None,
        _needs(before_events / before_exposure, before_exposure, after_exposure, found.estimate.value),
    )


def _needs(rate: float, before: float, after: float, ratio: float) -> Needs | None:
    if not 0 < ratio < 1:
        return None
    return Needs("batches or hours in each period", min(before, after), exposure_for_ratio(rate, ratio), ratio)
