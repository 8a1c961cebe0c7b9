"""Whether the items of a survey hang together, and whether a team answers alike enough to speak of its climate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.intervals import Estimate

FELDT = "coefficient alpha with the F interval of Feldt (1965)"


@dataclass(frozen=True, slots=True)
class Agreement:
    """ICC(1): share of variance that lies between teams. ICC(2): reliability of a team's mean. r_wg(j) per team."""

    icc1: float
    icc2: float
    rwgj: dict[str, float]


def cronbach_alpha(answers: ArrayLike) -> Estimate:
    """Alpha of persons x items, complete and already reverse-keyed. R `psych::alpha`, Feldt's interval.

    Raises ValueError below 3 persons or 2 items, or when nobody differs.
    """
    x = np.asarray(answers, float)
    persons, items = x.shape
    total = float(x.sum(axis=1).var(ddof=1)) if persons > 2 else 0.0
    if items < 2 or total == 0:
        raise ValueError("Alpha needs at least 3 persons who differ and 2 items.")
    alpha = items / (items - 1) * (1 - float(x.var(axis=0, ddof=1).sum()) / total)
    df = persons - 1, (persons - 1) * (items - 1)
    low, high = (1 - (1 - alpha) * quantiles.fisher(*df, tail) for tail in (0.975, 0.025))
    return Estimate(alpha, low, high, persons, FELDT)


def agreement(answers: ArrayLike, team: ArrayLike, options: int) -> Agreement:
    """Agreement within teams on persons x items with `options` answers each; teams of one are left out of r_wg(j).

    Bliese (2000) with the mean team size; James, Demaree and Wolf (1984) against uniform answers, 0 where a team's
    variance exceeds that. R `multilevel::ICC1`, `ICC2`, `rwg.j`.
    """
    x = np.asarray(answers, float)
    names, member = np.unique(np.asarray(team).astype(str), return_inverse=True)
    score, size = x.mean(axis=1), np.bincount(member).astype(float)
    means = np.bincount(member, score) / size
    between = float(np.sum(size * (means - score.mean()) ** 2)) / (names.size - 1)
    within = float(np.sum((score - means[member]) ** 2)) / (score.size - names.size)
    k = float(size.mean())
    uniform = (options**2 - 1) / 12
    rwgj = {}
    for index, name in enumerate(names):
        if size[index] > 1:
            share = min(float(x[member == index].var(axis=0, ddof=1).mean()) / uniform, 1.0)
            rwgj[str(name)] = x.shape[1] * (1 - share) / (x.shape[1] * (1 - share) + share)
    return Agreement((between - within) / (between + (k - 1) * within), (between - within) / between, rwgj)
