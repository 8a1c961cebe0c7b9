"""A count with what it is counted from, and whether it says anything yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from uuid import UUID

from behavior_metrics.counting.rules import Facet
from behavior_metrics.stats.intervals import Estimate, rate_interval

#: So many recurrences have to be expected at the rate of all before one place says anything of itself.
FEWEST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class Rated:
    """Events of one place or code per 100 batches; no rate where nothing was made."""

    #: A site's name, or a code.
    name: str
    events: int
    batches: int
    #: Events expected of so many batches at the rate of all.
    expected: float
    #: The rate of all, per batch.
    usual: float
    site: UUID | None = None

    @property
    def rate(self) -> Estimate | None:
        """Per 100 batches, with the exact interval."""
        return rate_interval(self.events, self.batches) if self.batches else None

    @property
    def told(self) -> bool:
        """Whether enough was made for the rate to say something."""
        return self.batches > 0 and self.expected >= FEWEST_EXPECTED

    @property
    def needed(self) -> int | None:
        """How many batches it would take; None while nothing has recurred anywhere."""
        return ceil(FEWEST_EXPECTED / self.usual) if self.usual else None


@dataclass(frozen=True, slots=True)
class Listed:
    """Where the list behind a figure is: the arguments of its address, but for the figure's name."""

    since: str
    quarter: str
    site: UUID | None = None

    def address(
        self, figure: str, facet: Facet = Facet.ALL, code: str | None = None, **more: object
    ) -> Mapping[str, object]:
        """Return the arguments of the address of a figure's list."""
        named = {} if facet is Facet.ALL else {"facet": str(facet), "code": code or ""}
        given = {"figure": figure, "since": self.since, "quarter": self.quarter, "site": self.site, **named, **more}
        return {name: value for name, value in given.items() if value is not None}


def rated(places: Iterable[tuple[str, int, int, UUID | None]]) -> list[Rated]:
    """Return each (name, events, batches, site) beside the rate of all of them together."""
    every = list(places)
    batches = sum(one[2] for one in every)
    usual = sum(one[1] for one in every) / batches if batches else 0.0
    return [Rated(name, events, made, made * usual, usual, site) for name, events, made, site in every]
