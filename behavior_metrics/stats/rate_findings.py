"""What the models of counts found, as plain values that never travel without interval, method and an answer in words.

They bring no numpy, so that a page can show what a job found. An answer says "goes with", never "caused"; an interval
that holds 1 is "cannot be told apart", never "no effect".
"""

from dataclasses import dataclass
from math import exp, inf
from typing import Literal

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.power import clusters_for_ratio, smallest_ratio

#: Pearson chi-square over its degrees of freedom above which counts vary more than Poisson ones do.
OVERDISPERSED = 1.5
#: A dispersion is also told by its likelihood ratio test below this p.
_SMALL_P = 0.05
#: Standard deviations by which the zeros must exceed those expected before they count as too many.
_TOO_MANY_ZEROS = 2.0

#: One-sided p below which the periods before a start count as bad ones: a warning may be wrong one time in ten.
_BAD_RUN_P = 0.10
#: Periods right before a start that are looked at.
RUN_BEFORE = 3
# Errors (log scale) outside these are dust of arithmetic or an effect that ran off.
_LEAST_ERROR, _MOST_ERROR = 1e-9, 1e3
_LARGEST_EXPONENT = 700.0

DISPERSION = "Pearson chi-square over df (above 1.5), and likelihood ratio of alpha = 0 against half chi-square on 1 df"
ZEROS = "zeros observed against the sum of NB(0 | fitted mean); too many from 2 standard deviations above"


@dataclass(frozen=True, slots=True)
class Effect:
    """Rate ratio of one effect; `se` on the log scale, `p` two-sided, both on `df` degrees of freedom (inf: normal)."""

    name: str
    ratio: Estimate
    se: float
    p: float
    df: float

    @property
    def method(self) -> str:
        """Model, errors and quantiles in one sentence."""
        return self.ratio.method

    @property
    def verdict(self) -> Literal["fewer", "more", "untold"]:
        """`untold` when the interval holds 1."""
        if self.ratio.high < 1:
            return "fewer"
        return "more" if self.ratio.low > 1 else "untold"

    @property
    def smallest(self) -> float:
        """The rate ratio below 1 that would be found with 80 % power at this error; its mirror above is one over it."""
        return smallest_ratio(self.se, self.df)

    @property
    def answer(self) -> str:
        """What may be said."""
        level = f"{100 * self.ratio.level:.0f} % interval"
        if self.verdict == "untold":
            return (
                f"{self.name}: cannot be told apart from no association; anything from {_change(self.ratio.low)} to "
                f"{_change(self.ratio.high)} events fits ({level}). An association "
                f"as strong as {_change(self.smallest)} would usually have been seen."
            )
        return (
            f"{self.name}: goes with {_change(self.ratio.value)} events ({level} {_change(self.ratio.low)} to "
            f"{_change(self.ratio.high)})."
        )


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Whether counts vary more than Poisson ones. `lr` and `p` are of alpha = 0; `alpha` 0 when Poisson does as well."""

    pearson_over_df: float
    df: int
    alpha: float
    lr: float
    p: float
    method: str = DISPERSION

    @property
    def verdict(self) -> Literal["overdispersed", "as_poisson"]:
        """Overdispersed by either criterion."""
        return "overdispersed" if self.pearson_over_df > OVERDISPERSED or self.p < _SMALL_P else "as_poisson"

    @property
    def answer(self) -> str:
        """What may be said."""
        figures = f"Pearson chi-square over df {self.pearson_over_df:.2f}, alpha {self.alpha:.3g}"
        if self.verdict == "overdispersed":
            return (
                f"Counts vary more than chance alone would have them ({figures}): plain Poisson errors are too small."
            )
        return f"Counts vary no more than chance would have them ({figures})."


@dataclass(frozen=True, slots=True)
class Zeros:
    """How many rows have no event, and how many would under the negative binomial and under Poisson.

    `spread` is the standard deviation under the negative binomial of known means, wider than with fitted ones: the
    check errs towards "as expected".
    """

    rows: int
    observed: int
    expected: float
    expected_poisson: float
    spread: float
    method: str = ZEROS

    @property
    def verdict(self) -> Literal["too_many", "as_expected"]:
        """Too many from two standard deviations above what the negative binomial expects."""
        return "too_many" if self.observed - self.expected > _TOO_MANY_ZEROS * self.spread else "as_expected"

    @property
    def answer(self) -> str:
        """What may be said."""
        figures = f"{self.observed} of {self.rows} rows, {self.expected:.0f} expected under the negative binomial"
        if self.verdict == "too_many":
            return (
                f"More rows without any event than the model allows ({figures}): some of them may not have been able to "
                "have one, or did not record it. Look at those rows before reading the ratios."
            )
        return f"As many rows without any event as the model expects ({figures})."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one of several estimates is not given; `reason` is a whole sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Needs:
    """Cannot tell yet: how much of what there is, and how much there would have to be to find a ratio of `sought`."""

    what: str
    have: float
    need: float
    sought: float

    @property
    def met(self) -> bool:
        """Whether there is enough."""
        return self.have >= self.need

    @property
    def answer(self) -> str:
        """What may be said."""
        aim = f"a rate ratio of {self.sought:.2g} with 80 % power"
        if self.met:
            return f"{self.have:,.0f} {self.what} are enough to find {aim} ({self.need:,.0f} needed)."
        if self.need == inf:
            return f"Cannot tell: no number of {self.what} like these would find {aim}."
        return f"Cannot tell yet: to find {aim} there would have to be {self.need:,.0f} {self.what}; there are {self.have:,.0f}."


@dataclass(frozen=True, slots=True)
class BeforeStart:
    """Was coaching begun because things were bad? The last `periods` before a start against what was to be expected.

    `lead` is their rate ratio given everything else in the model; `without` the effect when they are not looked at.
    """

    periods: int
    lead: Effect
    without: Effect | Refusal

    @property
    def p_higher(self) -> float:
        """One-sided p of a rate no higher than expected."""
        return self.lead.p / 2 if self.lead.ratio.value > 1 else 1 - self.lead.p / 2

    @property
    def warned(self) -> bool:
        """Whether part of any fall afterwards may be the way back to the usual."""
        return self.p_higher < _BAD_RUN_P

    @property
    def answer(self) -> str:
        """What may be said."""
        seen = f"{self.lead.ratio.value:.2f} times what was to be expected, one-sided p {self.p_higher:.2g}"
        if self.warned:
            return (
                f"Regression to the mean: coaching began right after {self.periods} bad periods ({seen}). Part of any "
                "fall afterwards would have come by itself; read the estimate without those periods."
            )
        return f"Coaching did not begin right after unusually bad periods ({self.periods} periods at {seen})."


def effect_of(name: str, coef: float, se: float, df: float, n: int, method: str, *, level: float = 0.95) -> Effect:
    """Turn a coefficient (log scale), its error and degrees of freedom (inf: normal) into a rate ratio with its doubt.

    Raises NoEstimate where the error is nought or not a number, for a perfect fit leaves nothing to judge by, and where the
    ratio or a limit of it is beyond all numbers.
    """
    if not _LEAST_ERROR < se < _MOST_ERROR:
        raise NoEstimate(f"Not estimable because the error of {name} cannot be told from these data.")
    reach = quantiles.student(df, (1 + level) / 2) * se
    if abs(coef) + reach > _LARGEST_EXPONENT:
        raise NoEstimate(
            f"Not estimable because the ratio of {name}, or a limit of it, is beyond all numbers; give it in larger units."
        )
    ratio = Estimate(exp(coef), exp(coef - reach), exp(coef + reach), n, method, level)
    return Effect(name, ratio, se, 2 * quantiles.student_below(df, -abs(coef) / se), df)


def clusters_needed(effect: Effect, *, sought: float = 0.7, what: str = "sites") -> Needs:
    """How many clusters like those an effect was estimated from (df + 1) would find a ratio of `sought`."""
    have = int(effect.df) + 1
    need = clusters_for_ratio(effect.se, have, sought)
    return Needs(what, have, inf if need is None else need, sought)


def _change(ratio: float) -> str:
    percent = 100 * abs(ratio - 1)
    return f"{percent:.{0 if percent >= 10 else 1}f} % {'fewer' if ratio < 1 else 'more'}"
