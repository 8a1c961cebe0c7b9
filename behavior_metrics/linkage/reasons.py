"""Which team-quarters take no part in the study, and why: each has one reason, the first that applies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.linkage.kept import Input
from behavior_metrics.linkage.rows import Row

#: In the order in which they are looked at.
REASONS = ("no_batches", "switched_off", "pooled", "before_first", "withheld", "never")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A team-quarter that takes no part."""

    site: str
    team: str
    team_name: str
    quarter: Quarter
    batches: int
    recurrences: int
    reason: str


def left_out(given: Input, quarters: Sequence[Quarter]) -> Iterator[LeftOut]:
    """Give every team-quarter of these closed quarters, from a team's first one on, that the study does not use."""
    by_team: dict[tuple[str, str, str], dict[int, int]] = {}
    for number, one in enumerate(given.rows):
        by_team.setdefault((one.site, one.team, one.team_name), {})[one.quarter] = number
    for (site, team, name), own in by_team.items():
        first = min((quarter for quarter, place in own.items() if given.rows[place].climate is not None), default=None)
        begun = min(own)
        for quarter in quarters:
            if quarter.index < begun:
                continue
            place = own.get(quarter.index)
            row = None if place is None else given.rows[place]
            if row is not None and row.batches and row.climate is not None:
                continue
            reason = _reason(row, is_off=site in given.switched_off, first=first)
            counts = (row.batches, row.recurrences) if row else (0, 0)
            yield LeftOut(site, team, name, quarter, *counts, reason)


def _reason(row: Row | None, *, is_off: bool, first: int | None) -> str:
    if row is None or not row.batches:
        return "no_batches"
    if is_off:
        return "switched_off"
    if row.pooled is not None:
        return "pooled"
    if first is None:
        return "never"
    return "before_first" if row.quarter < first else "withheld"


def counted(every: Iterable[LeftOut]) -> Mapping[str, int]:
    """Return how many there are for each reason that occurs, in the order of the reasons."""
    many = Counter(one.reason for one in every)
    return {reason: many[reason] for reason in REASONS if many[reason]}
