"""The door of the coaching room: what other rooms may call."""

from __future__ import annotations

from coaching.calibration.queries import all_pairs as all_calibration_pairs
from coaching.calibration.rules import crossed as crossed_marks
from coaching.openings.api import is_open, open_page
from coaching.programme.queries import (
    FirstReview,
    Period,
    ProgrammeCounts,
    Tally,
    first_held,
    first_reviews,
    programme_counts,
)
from coaching.scores.queries import ReleasedScore, released_scores, scores_of
from coaching.surveys.api import ReleasedRow, ReliabilityRow, released_cells, released_reliability
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.release import Scope, SizeBand
from coaching.voice.queries import is_switched_off

__all__ = [
    "FirstReview",
    "Month",
    "Period",
    "ProgrammeCounts",
    "Quarter",
    "ReleasedRow",
    "ReleasedScore",
    "ReliabilityRow",
    "Scope",
    "SizeBand",
    "Tally",
    "all_calibration_pairs",
    "crossed_marks",
    "first_held",
    "first_reviews",
    "is_open",
    "is_switched_off",
    "open_page",
    "programme_counts",
    "released_cells",
    "released_reliability",
    "released_scores",
    "scores_of",
]
