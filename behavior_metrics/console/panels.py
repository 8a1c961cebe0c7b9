"""The rates of the control site's console: recurrences per 100 batches with their exact interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from behavior_metrics.stats.intervals import rate_interval


def per_100_batches(*, counts: Mapping[UUID, tuple[int, int]]) -> Iterator[tuple[UUID, tuple[float, float, float]]]:
    """Give for each site with batches the rate and its limits (slot ``rates.per_100_batches``)."""
    for site_id, (events, batches) in counts.items():
        rate = rate_interval(events, batches)
        yield site_id, (rate.value, rate.low, rate.high)
