"""What every model of counts asks of its data first, and the sentence with which it declines.

A design without these checks gives a number for nonsense: a rate per nothing, a slope of a constant, a mistyped exposure
that outweighs the network.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats.intervals import LARGEST_EXPOSURE, NoEstimate
from behavior_metrics.stats.refusing import Floats, exposures

Members: TypeAlias = NDArray[np.intp]

#: Nobody counted more events in one row.
LARGEST_COUNT = 1e7
_RANK_TOLERANCE = 1e-9
#: Whole numbers whose range is at most so many times their number are counted in a table, others sorted.
_COUNTABLE = 4
# How absent labels read, whichever library left them out.
_MISSING = ("None", "nan", "NaN", "NaT", "<NA>")


class FittedCounts(Protocol):
    """A fitted log-linear model as the sandwiches see it: n rows, p coefficients.

    `weight` is each row's information about its linear predictor, `residual` its score, so that the information is
    x' weight x and the score x' residual; `covariance` is the inverse of the information.
    """

    @property
    def x(self) -> Floats:
        """Design (n x p)."""
        ...

    @property
    def weight(self) -> Floats:
        """Working weights (n)."""
        ...

    @property
    def residual(self) -> Floats:
        """Score residuals (n)."""
        ...

    @property
    def covariance(self) -> Floats:
        """Model covariance (p x p)."""
        ...


def checked(y: ArrayLike, x: ArrayLike, offset: ArrayLike | None = None) -> tuple[Floats, Floats, Floats]:
    """Counts (n), design (n x p) and offset (n; noughts without one) as arrays that a model may be fitted to.

    Raises NoEstimate when a value is missing, a count negative or broken, no event happened, exposure is nought or
    mistyped, rows do not outnumber effects, or effects are constant or repeat each other.
    """
    counts, design = np.asarray(y, float), np.asarray(x, float)
    shift = np.zeros(counts.shape) if offset is None else np.asarray(offset, float)
    if counts.ndim != 1 or design.ndim != 2 or design.shape[0] != counts.size or shift.shape != counts.shape:
        raise NoEstimate("Not estimable because counts, effects and exposure differ in their number of rows.")
    if not (np.isfinite(counts).all() and np.isfinite(design).all()):
        raise NoEstimate("Not estimable because a count or an effect is missing or not a number.")
    if (counts < 0).any() or (counts != np.floor(counts)).any():
        raise NoEstimate("Not estimable because a count of events is negative or not a whole number.")
    if (counts > LARGEST_COUNT).any():
        raise NoEstimate("Not estimable because a row counts more than ten million events, which is taken for a slip.")
    _check_offset(shift)
    if not counts.any():
        raise NoEstimate(
            "Not estimable because no event happened in any row; only an upper limit of the rate is known."
        )
    if counts.size <= design.shape[1]:
        raise NoEstimate(
            f"Not estimable because {counts.size} rows cannot tell {design.shape[1]} effects; more rows are needed."
        )
    _check_columns(design)
    return counts, design, shift


def checked_with_levels(
    y: ArrayLike, x: ArrayLike, group: Members, offset: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """As `checked`, for effects (n x k) beside a level for each group (0 … G-1 per row).

    Raises NoEstimate also when a group has no event, so that its level would run off, and when an effect is nothing but
    a difference between groups.
    """
    counts, design, shift = (
        np.asarray(y, float),
        np.asarray(x, float),
        np.asarray(0.0 if offset is None else offset, float),
    )
    many = np.bincount(group)
    inner = design - np.column_stack([np.bincount(group, column) / many for column in design.T])[group]
    # what the groups' levels take up is no effect; a first one of 1 stands for all of them
    size = np.maximum(np.abs(design).max(axis=0), 1.0)
    inner[:, np.abs(inner).max(axis=0) <= _RANK_TOLERANCE * size] = 0.0
    counts, _, shift = checked(
        counts, np.column_stack([np.ones(counts.size), inner]), np.broadcast_to(shift, counts.shape)
    )
    if counts.size <= design.shape[1] + many.size:
        raise NoEstimate(
            f"Not estimable because {counts.size} rows cannot tell {design.shape[1] + many.size} effects; more rows are "
            "needed."
        )
    if not np.bincount(group, counts).all():
        raise NoEstimate(
            "Not estimable because some group has no events (or all of them), so its effect has no finite estimate."
        )
    return counts, design, shift


def log_exposure(exposure: ArrayLike) -> Floats:
    """Offset (n) of exposure (n, batches or hours, above nought).

    Raises NoEstimate for exposure that is missing, nought, negative or a thousand million and more.
    """
    return np.asarray(np.log(exposures(exposure)))


def members(
    labels: ArrayLike | Sequence[Any], what: str = "cluster", *, at_least: int = 2, rows: int | None = None
) -> Members:
    """Each label as 0 … G-1 in sorted order.

    Raises NoEstimate when a label is missing, there are fewer than `at_least` of them, or not as many as `rows`.
    """
    named = np.asarray(labels)
    if named.ndim != 1 or (rows is not None and named.size != rows):
        raise NoEstimate(f"Not estimable because each row needs one {what}.")
    if named.dtype.kind in "OfMm":
        unknown = ~np.isfinite(named) if named.dtype.kind == "f" else np.isin(named.astype(str), _MISSING)
        if unknown.any():
            raise NoEstimate(f"Not estimable because the {what} of a row is missing.")
        named = named.astype(str) if named.dtype.kind == "O" else named
    if named.dtype.kind in "iu" and named.size and int(np.ptp(named)) <= _COUNTABLE * named.size:
        place = (named - named.min()).astype(np.intp)
        there = np.bincount(place) > 0
        many, member = int(there.sum()), (np.cumsum(there) - 1)[place]
    else:
        names, member = np.unique(named, return_inverse=True)
        many = names.size
    if many < at_least:
        raise NoEstimate(
            f"Not estimable because there is only {many} {what}; {at_least} or more are needed for a comparison."
        )
    return np.asarray(member, np.intp)


def dummies(member: Members, *, without_first: bool = False) -> Floats:
    """One column of 0 and 1 per group (n x G), without the first group's where an intercept stands already."""
    columns = np.eye(int(member.max(initial=-1)) + 1)[member]
    return columns[:, 1:] if without_first else columns


def stacked(columns: Mapping[str, ArrayLike], rows: int) -> Floats:
    """Named effects as the columns of a design (n x k), in their order.

    Raises NoEstimate, naming the effect, when one is missing values, constant or of another length.
    """
    design = np.empty((rows, len(columns)))
    for k, (name, values) in enumerate(columns.items()):
        column = np.asarray(values, float)
        if column.shape != (rows,):
            raise NoEstimate(f"Not estimable because {name} has {column.size} values for {rows} rows.")
        if not np.isfinite(column).all():
            raise NoEstimate(f"Not estimable because {name} is missing in a row.")
        if np.ptp(column) == 0:
            raise NoEstimate(f"Not estimable because {name} has the same value in every row.")
        design[:, k] = column
    return design


def _check_offset(shift: Floats) -> None:
    if not np.isfinite(shift).all():
        raise NoEstimate("Not estimable because the exposure of a row is missing or nought.")
    if (shift >= np.log(LARGEST_EXPOSURE)).any():
        raise NoEstimate(
            "Not estimable because an exposure of a thousand million or more is taken for a slip; give it in larger units."
        )


def _check_columns(design: Floats) -> None:
    constant = np.ptp(design, axis=0) == 0
    if constant.sum() > 1 or (constant & (design[0] == 0)).any():
        raise NoEstimate("Not estimable because an effect has the same value in every row.")
    size = np.linalg.norm(design, axis=0)
    rank = np.linalg.matrix_rank(design / size, tol=_RANK_TOLERANCE * design.shape[0] ** 0.5)
    if rank < design.shape[1]:
        raise NoEstimate("Not estimable because two of the effects repeat each other in these data.")
