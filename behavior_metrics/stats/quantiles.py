"""Quantiles and tails of the distributions the intervals need.

The one door to `scipy.special`: it is opened when a number is asked for, so that a web worker starts without scipy.
"""

from types import ModuleType


def normal(p: float) -> float:
    """Quantile of the standard normal."""
    return float(_special().ndtri(p))


def student(df: float, p: float) -> float:
    """Quantile of Student's t."""
    return float(_special().stdtrit(df, p))


def student_below(df: float, t: float) -> float:
    """Probability that Student's t lies below `t`."""
    return float(_special().stdtr(df, t))


def gamma(shape: float, p: float) -> float:
    """Quantile of the gamma distribution of scale 1; of a Poisson mean once `shape` events were seen."""
    return float(_special().gammaincinv(shape, p))


def beta(a: float, b: float, p: float) -> float:
    """Quantile of the Beta distribution."""
    return float(_special().betaincinv(a, b, p))


def fisher(df_above: float, df_below: float, p: float) -> float:
    """Quantile of Fisher's F."""
    return float(_special().fdtri(df_above, df_below, p))


def binomial_up_to(k: int, n: int, p: float) -> float:
    """Probability of `k` or fewer of `n` trials that succeed with probability `p`."""
    return float(_special().bdtr(k, n, p))


def _special() -> ModuleType:
    from scipy import special  # noqa: PLC0415 - loaded on first use, see above

    return special
