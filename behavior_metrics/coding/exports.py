"""Agreement and root causes as files, unrounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from behavior_metrics.coding.lines import CauseLine, FieldLine
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.kappa import ENOUGH, FEWEST, Kappa
from lms.exports.sheets import Cell
from lms.web.labels import label

AGREEMENT = (
    "field",
    "code",
    "code_words",
    "coded_twice",
    "chosen_by_both_together",
    "coded_alike",
    "kappa",
    "kappa_low",
    "kappa_high",
    "reading",
    "method",
)
CAUSES = (
    "quarter",
    "over",
    "batches",
    "human_causes",
    "human_per_100",
    "human_low",
    "human_high",
    "other_causes",
    "other_per_100",
    "other_low",
    "other_high",
    "root_causes_coded_alike_enough",
)


def agreement_cells(fields: Iterable[FieldLine]) -> Iterator[tuple[Cell, ...]]:
    """Give each field, then each of its codes against the rest, in the order of ``AGREEMENT``."""
    for field in fields:
        yield field.field, "", "", field.kappa.n, None, *_kappa(field.kappa, told=field.enough is not None)
        for line in field.lines:
            words = label(line.code, field.field)
            yield field.field, line.code, words, line.kappa.n, line.uses, *_kappa(line.kappa, told=line.told)


def cause_cells(lines: Sequence[CauseLine], *, enough: bool | None) -> Iterator[tuple[Cell, ...]]:
    """Give each quarter in the order of ``CAUSES``; every line says whether the codes bear it."""
    said = "cannot tell" if enough is None else "yes" if enough else "no"
    for line in lines:
        yield (
            str(line.quarter),
            line.closed,
            line.counts.batches,
            line.counts.human_causes,
            *_three(line.human),
            line.counts.other_causes,
            *_three(line.other),
            said,
        )


def _kappa(kappa: Kappa, *, told: bool) -> tuple[Cell, ...]:
    if kappa.estimate is None:
        return kappa.agreed, None, None, None, "undefined", ""
    limits = (kappa.estimate.low, kappa.estimate.high) if kappa.has_interval else (None, None)
    reading = f"at least {ENOUGH:.2f}" if kappa.estimate.value >= ENOUGH else f"below {ENOUGH:.2f}"
    said = reading if told else f"cannot tell yet, {FEWEST} needed"
    return kappa.agreed, kappa.estimate.value, *limits, said, kappa.estimate.method


def _three(estimate: Estimate | None) -> tuple[Cell, ...]:
    return (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)
