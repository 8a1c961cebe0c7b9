"""What else could explain it: several tests at once, and a confounder nobody measured."""

from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray


def adjust(p: ArrayLike, method: Literal["bh", "by", "holm"]) -> NDArray[np.float64]:
    """P-values adjusted for having run them all, in the order given.

    bh: Benjamini and Hochberg (1995), for the many charts of one page; by: Benjamini and Yekutieli (2001), the same
    under any dependence; holm: Holm (1979), for the few tests declared beforehand. R `p.adjust`.
    """
    raw = np.asarray(p, float)
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

    Returns ratios (for the ratio, for the limit nearer 1; 1 when the interval holds 1). VanderWeele and Ding (2017);
    R `EValue::evalues.RR`.
    """
    if low <= 1 <= high:
        return _strength(ratio), 1.0
    return _strength(ratio), _strength(low if ratio > 1 else high)


def _strength(ratio: float) -> float:
    away = max(ratio, 1 / ratio)
    return away + sqrt(away * (away - 1))
