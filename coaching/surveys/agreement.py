"""Whether the instrument measures reliably in this network, said once a quarter inside the release. Pure.

Nothing is said below fifty persons, and of teams nothing below ten of them, so that no figure speaks of a team or a
person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import numpy as np

from coaching.surveys.reliability import Complete, Reliability, TeamAgreement
from lms.stats.scales import Floats, alpha, one_factor, one_way, rwg, uniform_variance

FEWEST_PERSONS: Final = 50
FEWEST_TEAMS: Final = 10
_PLACES: Final = 3


def assess(sheets: Sequence[Complete], points: int) -> Reliability | None:
    """Assess an instrument on one complete sheet per person; ``points`` is the number of points of its scale.

    Returns nothing below fifty persons, or if nobody differed from anybody.
    """
    if len(sheets) < FEWEST_PERSONS:
        return None
    items = np.array([sheet.values for sheet in sheets], dtype=np.float64)
    if not items.sum(axis=1).var():
        return None
    by_team: dict[UUID, list[tuple[int, ...]]] = defaultdict(list)
    for sheet in sheets:
        if sheet.team is not None:
            by_team[sheet.team].append(sheet.values)
    teams = [np.array(values, dtype=np.float64) for values in by_team.values()]
    enough = len(teams) >= FEWEST_TEAMS and sum(map(len, teams)) >= FEWEST_PERSONS
    factor = one_factor(items)
    return Reliability(
        round(alpha(items), _PLACES),
        None if factor is None else round(factor.omega, _PLACES),
        _agreement(teams, points) if enough else None,
    )


def _agreement(teams: Sequence[Floats], points: int) -> TeamAgreement | None:
    scores = [team.mean(axis=1) for team in teams]
    if not any(score.var() for score in scores):
        return None
    found = one_way(scores)
    median = float(np.median([rwg(team, uniform_variance(points)) for team in teams if len(team) > 1]))
    figures = (found.icc1, found.p, found.icc2, median, found.within)
    return TeamAgreement(*(round(figure, _PLACES) for figure in figures))
