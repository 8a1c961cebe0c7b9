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
from scipy import optimize, stats

from coaching.surveys.reliability import Complete, Reliability, TeamAgreement

FEWEST_PERSONS: Final = 50
FEWEST_TEAMS: Final = 10
_PLACES: Final = 3
#: Least share of an item's variance that is its own, as in R's factanal.
_LEAST_UNIQUE: Final = 0.005
_TINY: Final = 1e-12

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
    one_factor = omega(items)
    return Reliability(
        round(alpha(items), _PLACES),
        None if one_factor is None else round(one_factor, _PLACES),
        _agreement(teams, points) if enough else None,
    )


def alpha(items: Floats) -> float:
    """Cronbach's alpha of a persons x items array: J/(J-1) (1 - Σ item variances / variance of the sum)."""
    count = items.shape[1]
    return float(count / (count - 1) * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1)))


def omega(items: Floats) -> float | None:
    """McDonald's omega of a persons x items array: (Σ loading)² / ((Σ loading)² + Σ residual variance).

    One common factor is fitted to the covariances by maximum likelihood (Jöreskog 1967, as R's factanal and lavaan's
    cfa). Returns None where an item did not vary or the fit did not come to an end.
    """
    deviations = items.std(axis=0)
    if not deviations.all():
        return None
    correlations = np.corrcoef(items, rowvar=False)

    def loadings(unique: Floats) -> tuple[Floats, Floats]:
        scaled = correlations / np.sqrt(np.outer(unique, unique))
        values, vectors = np.linalg.eigh(scaled)
        own = np.maximum(values[:-1], _TINY)  # two items that always agree leave no variance between them
        return np.sqrt(unique) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0)), own

    def misfit(unique: Floats) -> float:
        rest = loadings(unique)[1]
        return float((rest - np.log(rest) - 1).sum())

    def slope(unique: Floats) -> Floats:
        common = loadings(unique)[0]
        return np.asarray((common**2 + unique - 1) / unique**2)

    start = np.full(items.shape[1], 0.5)
    found = optimize.minimize(
        misfit, start, jac=slope, method="L-BFGS-B", bounds=[(_LEAST_UNIQUE, 1)] * len(start), tol=1e-12
    )
    if not found.success:
        return None
    unique = np.asarray(found.x)
    common = float((loadings(unique)[0] * deviations).sum()) ** 2
    return common / (common + float((unique * deviations**2).sum()))


def icc(groups: Sequence[Floats]) -> tuple[float, float, float, float]:
    """One-way ICC(1) of groups of scores, the p of its F, ICC(2), and the mean square within.

    The group size k of ICC(1) is the mean size, as in R's multilevel::ICC1; ICC(2) is (MSB - MSW) / MSB, as in its ICC2.
    """
    sizes = np.array([len(group) for group in groups])
    means = np.array([group.mean() for group in groups])
    grand = np.concatenate(groups).mean()
    between = float((sizes * (means - grand) ** 2).sum() / (len(groups) - 1))
    freedom = int(sizes.sum() - len(groups))
    within = float(sum(((group - group.mean()) ** 2).sum() for group in groups) / freedom)
    size = float(sizes.mean())
    p = float(stats.f.sf(between / within, len(groups) - 1, freedom))
    of_means = (between - within) / between if between else 0.0
    return (between - within) / (between + (size - 1) * within), p, of_means, within


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
    one, p, two, within = icc(scores)
    agreement = [rwg(team, points) for team in teams if len(team) > 1]
    return TeamAgreement(*(round(figure, _PLACES) for figure in (one, p, two, float(np.median(agreement)), within)))
