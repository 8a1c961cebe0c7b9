"""The door of the coaching room: what other rooms may call."""

from __future__ import annotations

from coaching.surveys.api import ReleasedRow, ReliabilityRow, released_cells, released_reliability
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.release import Scope, SizeBand

__all__ = [
    "Month",
    "Quarter",
    "ReleasedRow",
    "ReliabilityRow",
    "Scope",
    "SizeBand",
    "released_cells",
    "released_reliability",
]
