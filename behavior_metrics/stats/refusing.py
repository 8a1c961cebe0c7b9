"""What no estimator can use, refused in one sentence before a formula makes a number of it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats.intervals import LARGEST_EXPOSURE, NoEstimate

Floats = NDArray[np.float64]


def finite(values: ArrayLike, what: str, *, rows: int | None = None) -> Floats:
    """Return the values as floats, naming `what` ("climate") they are in a refusal.

    Refuses text, an empty array, NaN and infinity, and another number of rows than `rows` where that is given.
    """
    try:
        given = np.asarray(values, float)
    except (TypeError, ValueError):
        raise NoEstimate(f"Not estimable because {what} is not a number in some row.") from None
    if given.size == 0:
        raise NoEstimate(f"Not estimable because there is no {what}.")
    if rows is not None and len(given) != rows:
        raise NoEstimate(f"Not estimable because {what} has {len(given)} rows and not {rows}.")
    missing = int(given.size - np.isfinite(given).sum())
    if missing:
        raise NoEstimate(f"Not estimable because {what} is missing or infinite in {missing} of {given.size} rows.")
    return given


def counts(values: ArrayLike, what: str = "the count of events") -> Floats:
    """Return counts as floats; refuses what `finite` does and anything below nought or between two whole numbers."""
    given = finite(values, what)
    if (given < 0).any() or (given != np.rint(given)).any():
        raise NoEstimate(f"Not estimable because {what} must be whole and not below nought in every row.")
    return given


def exposures(values: ArrayLike, what: str = "exposure") -> Floats:
    """Return exposures as floats; refuses what `finite` does, nought or less, and a thousand million or more."""
    given = finite(values, what)
    if (given <= 0).any():
        raise NoEstimate(f"Not estimable because {what} is nought or less in {int((given <= 0).sum())} rows.")
    if (given >= LARGEST_EXPOSURE).any():
        raise NoEstimate(f"Not estimable because {what} of {float(given.max()):,.0f} cannot be right; check its unit.")
    return given


def same_length(**columns: Sequence[object] | NDArray[np.generic]) -> None:
    """Refuse columns that do not have a value for every row of the first."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise NoEstimate(f"Not estimable because the columns differ in length: {told}.")
