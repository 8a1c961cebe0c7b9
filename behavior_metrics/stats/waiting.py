"""How long something takes when some of it still waits: quartiles of the product-limit curve.

The curve itself with its errors is in ``recurrent.time_to_first``, which needs numpy; a page of a web worker does not.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

PRODUCT_LIMIT = "product-limit quartiles (Kaplan and Meier 1958); what still waits counts until today"
#: Fewer than this tell no quartile.
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Wait:
    """Days until something happened, or (``ended`` false) days that it has waited so far."""

    days: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Days by which a quarter, half and three quarters were over; None where fewer have come so far."""

    n: int
    #: Of these still waiting.
    waiting: int
    lower: int | None
    median: int | None
    upper: int | None


def quartiles(waits: Sequence[Wait]) -> Quartiles | None:
    """Return the quartiles of how long it takes; None below five, which tell nothing.

    Leaving out what still waits would make a slow quarter look fast. Source: Kaplan and Meier (1958); a quantile is the
    first day on which the curve is at or below 1 - q. R: ``quantile(survival::survfit(Surv(days, ended) ~ 1))``.
    """
    if len(waits) < FEWEST:
        return None
    ends = Counter(wait.days for wait in waits if wait.ended)
    left, at_risk, curve = 1.0, len(waits), []
    gone = Counter(wait.days for wait in waits)
    for day in sorted(gone):
        if ends[day]:
            left *= 1 - ends[day] / at_risk
            curve.append((day, left))
        at_risk -= gone[day]

    def first_below(share: float) -> int | None:
        return next((day for day, still in curve if still <= share + 1e-12), None)

    waiting = sum(not wait.ended for wait in waits)
    return Quartiles(len(waits), waiting, first_below(0.75), first_below(0.5), first_below(0.25))
