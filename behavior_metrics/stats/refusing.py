"""What no estimator can use, refused in one sentence before a formula makes a number of it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats.findings import NoEstimate

Floats = NDArray[np.float64]

#: No count of batches, hours or persons of a period reaches this: it is a slip of the keyboard or of a unit.
MOST_EXPOSURE = 1e9


def finite(values: ArrayLike, what: str) -> Floats:
    """Return the values as floats; refuses an empty array, NaN and infinity, naming `what` ("climate") they are."""
    given = np.asarray(values, float)
    if given.size == 0:
        raise NoEstimate(f"Not estimable because there is no {what}.")
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
    if (given >= MOST_EXPOSURE).any():
        raise NoEstimate(f"Not estimable because {what} of {float(given.max()):,.0f} cannot be right; check its unit.")
    return given


def same_length(**columns: Sequence[object] | NDArray[np.generic]) -> None:
    """Refuse columns that do not have a value for every row of the first."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise NoEstimate(f"Not estimable because the columns differ in length: {told}.")
