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
from numpy.typing import NDArray
from scipy import stats

from coaching.surveys.reliability import Complete, Reliability, TeamAgreement

FEWEST_PERSONS: Final = 50
FEWEST_TEAMS: Final = 10
_PLACES: Final = 3

Floats = NDArray[np.float64]


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
    return Reliability(round(alpha(items), _PLACES), _agreement(teams, points) if enough else None)


def alpha(items: Floats) -> float:
    """Cronbach's alpha of a persons x items array: J/(J-1) (1 - Σ item variances / variance of the sum)."""
    count = items.shape[1]
    return float(count / (count - 1) * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1)))


def icc1(groups: Sequence[Floats]) -> tuple[float, float, float]:
    """One-way ICC(1) of groups of scores, the p of its F, and the mean square within.

    The group size k of the formula is the mean size, as in R's multilevel::ICC1.
    """
    sizes = np.array([len(group) for group in groups])
    means = np.array([group.mean() for group in groups])
    grand = np.concatenate(groups).mean()
    between = float((sizes * (means - grand) ** 2).sum() / (len(groups) - 1))
    freedom = int(sizes.sum() - len(groups))
    within = float(sum(((group - group.mean()) ** 2).sum() for group in groups) / freedom)
    size = float(sizes.mean())
    p = float(stats.f.sf(between / within, len(groups) - 1, freedom))
    return (between - within) / (between + (size - 1) * within), p, within


def rwg(items: Floats, points: int) -> float:
    """Agreement r_wg(j) of one team's persons x items array against the uniform null (A² - 1)/12.

    It is 0 where they differ more than the null, as in R's multilevel::rwg.j.
    """
    count = items.shape[1]
    variance = float(items.var(axis=0, ddof=1).mean())
    null = (points**2 - 1) / 12
    if variance > null:
        return 0.0
    agreed = count * (1 - variance / null)
    return float(agreed / (agreed + variance / null))


def _agreement(teams: Sequence[Floats], points: int) -> TeamAgreement | None:
    scores = [team.mean(axis=1) for team in teams]
    if not any(score.var() for score in scores):
        return None
    icc, p, within = icc1(scores)
    agreement = [rwg(team, points) for team in teams if len(team) > 1]
    return TeamAgreement(*(round(figure, _PLACES) for figure in (icc, p, float(np.median(agreement)), within)))
