"""The page as a file, unrounded: every count that went into the index, so that whoever holds it can make it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from behavior_metrics.sentence.lines import Chosen, Line, Standing
from behavior_metrics.stats.followthrough import INDEX, PARTS
from behavior_metrics.stats.intervals import POISSON_EXACT
from behavior_metrics.weights.rules import Weights
from lms.exports.sheets import Cell

_OF_PART = ("done", "due", "network_share", "weight_percent")
HEADINGS = (
    "place", "window", "over", "climate", "climate_low", "climate_high", "climate_n_at_least", "people", "index",
    "index_low", "index_high", "index_equal_weights", "index_reading",
    *(f"{part}_{column}" for part in PARTS for column in _OF_PART),
    "batches", "recurrences_r1", "recurrences_r1_per_100", "recurrences_r1_low", "recurrences_r1_high", "weights_version",
    "method_of_index", "method_of_rate",
)  # fmt: skip


def cells(chosen: Chosen, lines: Sequence[Line], last_days: Standing, weights: Weights) -> Iterator[tuple[Cell, ...]]:
    """Give each quarter and then the last 180 days, in the order of ``HEADINGS``."""
    for line in lines:
        cell = line.climate
        climate = (None,) * 4 if cell is None else (cell.score, cell.low, cell.high, cell.n_low)
        rate = (None,) * 3 if line.rate is None else (line.rate.value, line.rate.low, line.rate.high)
        yield (
            chosen.name, str(line.quarter), "yes" if line.closed else "no", *climate, *_standing(line.standing, weights),
            line.counts.batches, line.counts.recurrences, *rate, weights.number, INDEX, POISSON_EXACT,
        )  # fmt: skip
    yield (
        chosen.name, "last 180 days", "yes", *(None,) * 4, *_standing(last_days, weights), *(None,) * 5, weights.number,
        INDEX, POISSON_EXACT,
    )  # fmt: skip


def _standing(found: Standing, weights: Weights) -> tuple[Cell, ...]:
    told = found.told
    index: tuple[Cell, ...] = (None, None, None, None, "not enough yet" if found.any_case else "unknown")
    if told is not None:
        one = told.estimate
        index = (one.value, one.low, one.high, told.equal_weights, "unvalidated")
    parts = (
        cell
        for tally in found.tallies
        for cell in (tally.done, tally.due, tally.network_share, weights.percents[tally.part])
    )
    return found.people, *index, *parts
