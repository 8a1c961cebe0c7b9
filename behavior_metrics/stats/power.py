"""What these data could have shown: the smallest effect a study of this size would usually find."""

from math import atanh, ceil, exp, log, sqrt, tanh

from behavior_metrics.stats import quantiles

_FEWEST_FOR_R = 4


def smallest_correlation(n: int, *, power: float = 0.8, level: float = 0.95) -> float | None:
    """Smallest correlation that n independent pairs would tell from nought with the given power; None below 4 pairs.

    Fisher's z: .73 at n = 12, .40 at 48, .29 at 88, .28 at 96. Quarters of one site are not independent, so the true
    figure is larger: say so beside it.

    Source: Fisher (1921), z transform.
    """
    if n < _FEWEST_FOR_R:
        return None
    return tanh(_normal_distance(power, level) / sqrt(n - 3))


def cells_for_correlation(r: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """How many independent pairs it takes to tell a correlation of `r` (0 < |r| < 1) from nought.

    Source: Fisher (1921), z transform.
    """
    if not 0 < abs(r) < 1:
        raise ValueError("A correlation to be found lies strictly between 0 and 1.")
    return ceil(3 + (_normal_distance(power, level) / atanh(abs(r))) ** 2)


def smallest_ratio(se: float, df: float, *, power: float = 0.8, level: float = 0.95) -> float:
    """Rate ratio below 1 that an estimate with this standard error (log scale) would find with the given power.

    (t(df, 1 - a/2) + t(df, power)) standard errors from nought; its mirror above 1 is one over it.

    Source: Signorini (1991), normal approximation on the log scale with quantiles of t.
    """
    distance = quantiles.student(df, (1 + level) / 2) + quantiles.student(df, power)
    return exp(-distance * se)


def clusters_for_ratio(
    se: float, clusters: int, ratio: float, *, power: float = 0.8, level: float = 0.95, most: int = 10_000
) -> int | None:
    """How many clusters like the `clusters` that gave standard error `se` (log scale) it takes to find `ratio`.

    The error shrinks with the root of their number, the quantiles of t(G-1) with it; None beyond `most`.

    Source: Signorini (1991), normal approximation on the log scale.
    """
    if not 0 < ratio != 1 or se <= 0 or clusters < 2:
        raise ValueError("A ratio to be found lies above nought and is not 1, and an error needs two clusters or more.")
    sought = exp(-abs(log(ratio)))

    def found(count: int) -> bool:
        return smallest_ratio(se * sqrt(clusters / count), count - 1, power=power, level=level) >= sought

    if not found(most):
        return None
    low, high = 1, most  # one cluster finds nothing, `most` do
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def detectable_ratio(
    rate: float, before: float, after: float, *, dispersion: float = 1.0, power: float = 0.8, level: float = 0.95
) -> float | None:
    """Largest rate ratio below 1 that two periods of this exposure would tell from 1; None where not even nought would.

    `rate` events per unit before, `before` and `after` exposure in those units, `dispersion` Pearson chi-square over df
    (1 for Poisson). Normal theory of the log ratio r: |log r| = (z(1-a/2) + z(power)) sqrt(dispersion (1/m1 + 1/(r m2)))
    with m the events expected at the rate before.

    Source: Signorini (1991), normal approximation on the log scale.
    """
    _check_rates(rate, before, dispersion)
    distance = _normal_distance(power, level)

    def seen(ratio: float) -> bool:
        spread = sqrt(dispersion * (1 / (rate * before) + 1 / (ratio * rate * after)))
        return -log(ratio) >= distance * spread

    # Less than nought cannot be seen: towards 0 the error of the log outgrows the log itself.
    steps = [exp(-step / 200) for step in range(1, 2000)]
    first = next((ratio for ratio in steps if seen(ratio)), None)
    if first is None:
        return None
    low, high = first, first * exp(1 / 200)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if seen(middle) else (low, middle)
    return low


def exposure_for_ratio(
    rate: float, ratio: float, *, dispersion: float = 1.0, power: float = 0.8, level: float = 0.95
) -> float:
    """Exposure that each of two equally long periods needs to tell a rate ratio from 1.

    Units and formula as `detectable_ratio`: dispersion (1 + 1/r) (z(1-a/2) + z(power))^2 / (rate log^2 r).

    Source: Signorini (1991), normal approximation on the log scale.
    """
    _check_rates(rate, 1.0, dispersion)
    if not 0 < ratio != 1:
        raise ValueError("A ratio to be found lies above nought and is not 1.")
    return dispersion * (1 + 1 / ratio) * (_normal_distance(power, level) / log(ratio)) ** 2 / rate


def _check_rates(rate: float, before: float, dispersion: float) -> None:
    if not (rate > 0 and before > 0 and dispersion > 0):
        raise ValueError("What can be detected needs a rate, an exposure and a dispersion above nought.")


def _normal_distance(power: float, level: float) -> float:
    return quantiles.normal((1 + level) / 2) + quantiles.normal(power)
