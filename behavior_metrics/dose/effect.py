"""Do sites recur less in the quarter after one with more coaching? The declared association, or what is missing for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from behavior_metrics.dose.lines import DoseLine
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.panel import Check

if TYPE_CHECKING:  # it brings numpy
    from behavior_metrics.stats.rate_findings import Effect

#: Reviews per 100 batches that a ratio is told for: about one more a month in a site of thirty batches a quarter.
STEP = 10


@dataclass(frozen=True, slots=True)
class DoseEffect:
    """Rate ratio per ten reviews more in 100 batches, within a site, a quarter later; without one, what is missing or why."""

    checks: tuple[Check, ...]
    effect: Effect | None = None
    #: The same by the negative binomial, for sites that differ more than chance; None where it has no estimate.
    beside: Effect | None = None
    refusal: str = ""


def dose_effect(lines: Sequence[DoseLine]) -> DoseEffect:
    """Compare each site's quarters with its own others: levels for sites and quarters, errors for few sites.

    What starts coaching in a site after a bad quarter also ends it (regression to the mean), so a ratio below 1 is an
    association and no effect.
    """
    from behavior_metrics.stats.rate_model import NEEDED, rate_ratios, rows_of  # noqa: PLC0415 - numpy comes with the page

    points = [line for line in lines if line.is_point and line.after.batches]
    events = [line.after.recurrences for line in points]
    have = {"clusters": len({line.site for line in points}), "events": sum(events), "events per effect": sum(events)}
    checks = tuple(Check(key, have[key], need) for key, need in NEEDED.items())
    if not all(check.met for check in checks):
        return DoseEffect(checks)
    try:
        rows = rows_of(
            events,
            [line.after.batches for line in points],
            {"reviews": [(line.dose or 0.0) / STEP for line in points]},
            [str(line.site) for line in points],
            levels=([str(line.site) for line in points], [line.quarter.index for line in points]),
        )
        effect = rate_ratios(rows)[0]
    except NoEstimate as reason:
        return DoseEffect(checks, refusal=str(reason))
    try:
        return DoseEffect(checks, effect, rate_ratios(rows, "negative_binomial")[0])
    except NoEstimate:
        return DoseEffect(checks, effect)
