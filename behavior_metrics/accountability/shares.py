"""A part of follow-through as a share of a team: with its interval, or not said at all."""

from __future__ import annotations

from dataclasses import dataclass

from behavior_metrics.stats.followthrough import FEWEST
from behavior_metrics.stats.intervals import Estimate, share_wilson


@dataclass(frozen=True, slots=True)
class Share:
    """`done` of `due` as a share from 0 to 1 with Wilson's interval; None below five: not enough yet, or nothing known."""

    done: int
    due: int
    estimate: Estimate | None

    @classmethod
    def of(cls, done: int, due: int) -> Share:
        """Return the share, if enough were due to say one."""
        return cls(done, due, share_wilson(done, due) if due >= FEWEST else None)
