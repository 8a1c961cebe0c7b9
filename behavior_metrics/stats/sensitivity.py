"""What else could explain it: several tests at once, and a confounder nobody measured."""

from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import finite


def adjust(p: ArrayLike, method: Literal["bh", "by", "holm"]) -> NDArray[np.float64]:
    """P-values adjusted for having run them all, in the order given.

    bh: Benjamini and Hochberg (1995), for the many charts of one page; by: Benjamini and Yekutieli (2001), the same
    under any dependence; holm: Holm (1979), for the few tests declared beforehand. R `p.adjust`.

    Raises:
        NoEstimate: no p, one that is missing, or one outside 0 to 1.
    """
    raw = finite(p, "a p-value")
    if raw.min() < 0 or raw.max() > 1:
        raise NoEstimate("Not estimable because a p-value lies between 0 and 1.")
    n = raw.size
    order = np.argsort(raw, kind="stable")
    rank = np.arange(1, n + 1)
    ordered = raw[order]
    if method == "holm":
        stepped = np.maximum.accumulate(ordered * (n - rank + 1))
    else:
        dependence = float(np.sum(1 / rank)) if method == "by" else 1.0
        stepped = np.minimum.accumulate((ordered * n * dependence / rank)[::-1])[::-1]
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def e_value(ratio: float, low: float, high: float) -> tuple[float, float]:
    """How strong an unmeasured confounder would have to be to explain the ratio, and its limit, away.

    For a risk or rate ratio, or a hazard ratio of what is rare (below 15 % by the end): RR + sqrt(RR (RR - 1)), from 1/RR
    below 1. Returns ratios (for the ratio, for the limit nearer 1; 1 when the interval holds 1). VanderWeele and Ding
    (2017); R `EValue::evalues.RR`.

    Raises:
        NoEstimate: ratios that are not above nought, or a ratio outside its own interval.
    """
    if not 0 < low <= ratio <= high < float("inf"):
        raise NoEstimate("Not estimable because an E-value needs a ratio above nought within its interval.")
    if low <= 1 <= high:
        return _strength(ratio), 1.0
    return _strength(ratio), _strength(low if ratio > 1 else high)


def e_value_of_common_hazard(ratio: float, low: float, high: float) -> tuple[float, float]:
    """E-values of a hazard ratio when the event is common (15 % or more by the end), by way of the risk ratio.

    .70 (.62 to .79) gives 1.88 and 1.63. VanderWeele and Ding (2017); R `EValue::evalues.HR(rare = FALSE)`; refusals as
    `e_value`.
    """
    if not 0 < low <= ratio <= high < float("inf"):
        raise NoEstimate("Not estimable because an E-value needs a ratio above nought within its interval.")
    return e_value(*(risk_ratio_of_hazard(part) for part in (ratio, low, high)))


def risk_ratio_of_hazard(ratio: float) -> float:
    """Return the risk ratio near a hazard ratio of a common event: (1 - .5^sqrt(HR)) / (1 - .5^sqrt(1/HR)).

    VanderWeele (2017), quoted by VanderWeele and Ding (2017).
    """
    return float((1 - 0.5 ** sqrt(ratio)) / (1 - 0.5 ** sqrt(1 / ratio)))


def _strength(ratio: float) -> float:
    away = max(ratio, 1 / ratio)
    return away + sqrt(away * (away - 1))
