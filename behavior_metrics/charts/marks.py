"""What charts are given: values with their doubt, or the reason why there is none."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Mark:
    """A value and its interval, all in the unit of the axis."""

    value: float
    low: float
    high: float


class Gap(Enum):
    """Why a place is empty; each has its own mark and is drawn, never skipped."""

    WAITING = "waiting"
    NO_EXPOSURE = "no_exposure"


Reading = Mark | Gap | None
