"""What these data could have shown: the smallest effect a study of this size would usually find."""

from math import atanh, ceil, exp, sqrt, tanh

from behavior_metrics.stats import quantiles

_FEWEST_FOR_R = 4


def smallest_correlation(n: int, *, power: float = 0.8, level: float = 0.95) -> float | None:
    """Smallest correlation that n independent pairs would tell from nought with the given power; None below 4 pairs.

    Fisher's z: .73 at n = 12, .40 at 48, .29 at 88, .28 at 96. Quarters of one site are not independent, so the true
    figure is larger: say so beside it.
    """
    if n < _FEWEST_FOR_R:
        return None
    return tanh(_normal_distance(power, level) / sqrt(n - 3))


def cells_for_correlation(r: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """How many independent pairs it takes to tell a correlation of `r` (0 < |r| < 1) from nought."""
    if not 0 < abs(r) < 1:
        raise ValueError("A correlation to be found lies strictly between 0 and 1.")
    return ceil(3 + (_normal_distance(power, level) / atanh(abs(r))) ** 2)


def smallest_ratio(se: float, df: int, *, power: float = 0.8, level: float = 0.95) -> float:
    """Rate ratio below 1 that an estimate with this standard error (log scale) would find with the given power.

    (t(df, 1 - a/2) + t(df, power)) standard errors from nought; its mirror above 1 is one over it.
    """
    distance = quantiles.student(df, (1 + level) / 2) + quantiles.student(df, power)
    return exp(-distance * se)


def _normal_distance(power: float, level: float) -> float:
    return quantiles.normal((1 + level) / 2) + quantiles.normal(power)
