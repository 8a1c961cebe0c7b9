"""Whether the items of a survey hang together, and whether a team answers alike enough to speak of its climate.

The bare figures are those of `lms.stats.scales`, which the survey's release uses as well; here they get their doubt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate, share_wilson
from behavior_metrics.stats.refusing import Floats, finite, same_length
from lms.stats import scales

FELDT = "coefficient alpha with the F interval of Feldt (1965)"
ICC_F = "one-way intraclass correlation with the F interval of Shrout and Fleiss (1979)"
SHRUNK_MEAN = "team mean drawn to the network's by its reliability, normal 95 % interval"

_FEWEST_PERSONS = 3


@dataclass(frozen=True, slots=True)
class Item:
    """One item: correlation with the sum of the others, and alpha of the others alone. R `psych::alpha` `r.drop`."""

    name: str
    item_rest: float
    alpha_without: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a team's mean may be read as a property of the team.

    `icc1`: share of variance that lies between teams (k is the mean size). `icc2`: reliability of a team's mean.
    `icc1_unequal`: ICC(1) with k for unequal teams. `p`: chance of so large an F if teams did not differ.
    `rwgj`: r_wg(j) per team against uniform answers, `rwgj_skew` against a slight skew (None where no such variance is
    printed for the number of options). `within_variance`: pooled variance of persons within teams.
    """

    icc1: Estimate
    icc2: Estimate
    icc1_unequal: float
    p: float
    rwgj: dict[str, float]
    rwgj_skew: dict[str, float] | None
    within_variance: float


def cronbach_alpha(answers: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Alpha of persons x items, complete and already reverse-keyed, with Feldt's interval.

    J/(J-1) (1 - Σ item variances / variance of the sum); limits 1 - (1 - alpha) F with n-1 and (n-1)(J-1) degrees of
    freedom. Source: Cronbach (1951), Feldt (1965); R `psych::alpha`, `psych::alpha.ci`.

    Raises:
        NoEstimate: below 3 persons or 2 items, when nobody differs, or an answer is missing.
    """
    x = _sheet(answers)
    persons, items = x.shape
    alpha = scales.alpha(x)
    df = persons - 1, (persons - 1) * (items - 1)
    tail = (1 - level) / 2
    low, high = (1 - (1 - alpha) * quantiles.fisher(*df, p) for p in (1 - tail, tail))
    return Estimate(alpha, low, high, persons, FELDT, level)


def item_analysis(answers: ArrayLike, names: Sequence[str]) -> tuple[Item, ...]:
    """Item-rest correlations of persons x items, reverse-keyed: an item near nought or below was misread or miskeyed.

    Source: R `psych::alpha` (`r.drop`, `alpha.drop`). An item that nobody answered differently has no correlation.

    Raises:
        NoEstimate: as `cronbach_alpha`; when an item or the sum of the others does not vary; names that do not fit.
    """
    x = _sheet(answers)
    same_length(items=x.T, names=names)
    rest = x.sum(axis=1, keepdims=True) - x
    for index, name in enumerate(names):
        if x[:, index].var() == 0 or rest[:, index].var() == 0:
            raise NoEstimate(f"Not estimable because nobody differs in item {name} or in the sum of the others.")
    several = x.shape[1] > 2
    return tuple(
        Item(
            name,
            float(np.corrcoef(x[:, index], rest[:, index])[0, 1]),
            scales.alpha(np.delete(x, index, axis=1)) if several else None,
        )
        for index, name in enumerate(names)
    )


def item_non_response(answers: ArrayLike, names: Sequence[str]) -> dict[str, Estimate]:
    """Share of persons (0 to 1) who left each item out, with Wilson's interval; NaN in persons x items is "left out".

    Raises:
        NoEstimate: nobody answered the sheet at all, or names that do not fit.

    Source: Wilson (1927) for the interval.
    """
    x = np.asarray(answers, float)
    if x.ndim != 2 or not x.size or np.isnan(x).all():
        raise NoEstimate("Not estimable because nobody answered.")
    same_length(items=x.T, names=names)
    left_out = np.isnan(x).sum(axis=0)
    return {name: share_wilson(int(count), len(x)) for name, count in zip(names, left_out, strict=True)}


def agreement(answers: ArrayLike, team: ArrayLike, options: int, *, level: float = 0.95) -> Agreement:
    """Agreement within teams on persons x items with `options` answers each; teams of one are left out of r_wg(j).

    ICC(1) = (MSB - MSW) / (MSB + (k - 1) MSW), ICC(2) = (MSB - MSW) / MSB; limits from the F of both mean squares.
    r_wg(j) per team is 0 where answers vary more than the null. High r_wg(j) beside an ICC(1) near nought may be
    agreement in appearance alone. Source: Bliese (2000); James, Demaree and Wolf (1984); LeBreton and Senter (2008);
    Woehr et al. (2015). R `multilevel::ICC1`, `ICC2`, `rwg.j`.

    Raises:
        NoEstimate: one team, no team of two, nobody who differs from a colleague, or an answer is missing.
    """
    x = _sheet(answers)
    names = np.asarray(team).astype(str)
    same_length(answers=x, team=names)
    rows = {str(name): x[names == name] for name in np.unique(names)}
    if len(rows) < 2 or len(rows) == len(x):
        raise NoEstimate("Not estimable because agreement needs two teams, and two persons in one of them.")
    found = scales.one_way([answered.mean(axis=1) for answered in rows.values()])
    if found.within == 0:
        raise NoEstimate("Not estimable because within every team all gave the same score.")
    sizes = np.array([len(answered) for answered in rows.values()], float)
    unequal = float((sizes.sum() - (sizes**2).sum() / sizes.sum()) / (sizes.size - 1))
    several = {name: answered for name, answered in rows.items() if len(answered) > 1}
    skew = scales.SLIGHT_SKEW.get(options)
    icc1, icc2 = _icc_intervals(found, len(x), level)
    return Agreement(
        icc1,
        icc2,
        (found.between - found.within) / (found.between + (unequal - 1) * found.within),
        found.p,
        {name: scales.rwg(answered, scales.uniform_variance(options)) for name, answered in several.items()},
        None if skew is None else {name: scales.rwg(answered, skew) for name, answered in several.items()},
        found.within,
    )


def reliability_of_mean(icc1: float, size: float) -> float:
    """ICC(2) of the mean of a team of `size`: Spearman-Brown. ICC(1) .195 gives .55 at 5, .66 at 8, .71 at 10.

    Source: Spearman (1910) and Brown (1910).
    """
    return size * icc1 / (1 + (size - 1) * icc1)


def shrunk_team_means(
    means: ArrayLike, sizes: ArrayLike, *, icc1: float, within_variance: float, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Team means (scale points) drawn to the network's mean: ICC2 mean + (1 - ICC2) grand mean.

    `means` and `sizes` (persons who answered) per team, ICC2 at the team's own size, the grand mean over persons.
    Interval: normal, variance ICC2 times within_variance / size. Source: domain of the survey, Kelley (1927);
    the normal-normal posterior mean (Efron and Morris 1973).

    Raises:
        NoEstimate: teams that do not differ (ICC(1) of nought or less), as all would get the same number without doubt.
    """
    given, persons = finite(means, "team climate"), finite(sizes, "team size")
    same_length(means=given, sizes=persons)
    if (persons < 1).any():
        raise NoEstimate("Not estimable because a team without answers has no climate.")
    if not 0 < icc1 < 1 or not within_variance > 0:
        raise NoEstimate("Not estimable because teams do not differ, so that a team's own mean tells nothing of it.")
    grand = float(persons @ given / persons.sum())
    weight = persons * icc1 / (1 + (persons - 1) * icc1)
    centre = weight * given + (1 - weight) * grand
    half = quantiles.normal((1 + level) / 2) * np.sqrt(weight * within_variance / persons)
    return tuple(
        Estimate(float(value), float(value - reach), float(value + reach), int(size), SHRUNK_MEAN, level)
        for value, reach, size in zip(centre, half, persons, strict=True)
    )


def _sheet(answers: ArrayLike) -> Floats:
    x = np.asarray(answers, float)
    if x.ndim != 2 or x.shape[0] < _FEWEST_PERSONS or x.shape[1] < 2:
        raise NoEstimate("Not estimable because it needs at least 3 persons who differ and 2 items.")
    finite(x, "an answer")
    if x.sum(axis=1).var() == 0:
        raise NoEstimate("Not estimable because it needs at least 3 persons who differ and 2 items.")
    return x


def _icc_intervals(found: scales.OneWay, persons: int, level: float) -> tuple[Estimate, Estimate]:
    ratio, k = found.between / found.within, found.size
    tail = (1 - level) / 2
    # The limits of the ratio of true mean squares, then the same two formulae.
    low, high = (ratio / quantiles.fisher(*found.df, p) for p in (1 - tail, tail))
    one = Estimate(found.icc1, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1), persons, ICC_F, level)
    # Without any difference between means no ratio lies above nought, and 1 - 1/0 has no lower limit.
    two_low = 1 - 1 / low if low > 0 else float("-inf")
    return one, Estimate(found.icc2, two_low, 1 - 1 / high if high > 0 else 0.0, persons, ICC_F, level)
