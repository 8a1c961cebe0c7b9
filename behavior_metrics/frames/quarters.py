"""Calendar quarters: the time axis of every frame. A quarter is a site's own: it begins at midnight there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """One calendar quarter; `index` counts quarters since the year 0 in steps of 1."""

    index: int

    def __hash__(self) -> int:
        """Hash it as its number: a page of a large network looks some ten thousand times for one."""
        return self.index

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the quarter in which a day falls."""
        return cls(day.year * 4 + (day.month - 1) // 3)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-Q4``. Raises ``ValueError`` for anything else."""
        if not re.fullmatch(r"[12]\d{3}-Q[1-4]", text):
            message = f"“{text}” is not a quarter; write it like 2026-Q4"
            raise ValueError(message)
        return cls(int(text[:4]) * 4 + int(text[-1]) - 1)

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.index // 4, self.index % 4 * 3 + 1, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.next.first_day - timedelta(days=1)

    @property
    def next(self) -> Quarter:
        """The following quarter."""
        return Quarter(self.index + 1)

    @property
    def short(self) -> str:
        """``Q4 26``, for an axis."""
        return f"Q{self.index % 4 + 1} {self.index // 4 % 100:02d}"

    @property
    def words(self) -> str:
        """``Q4 2026``, for a sentence."""
        return f"Q{self.index % 4 + 1} {self.index // 4}"

    def __str__(self) -> str:
        """Return ``2026-Q4``, as it stands in an address and in a file."""
        return f"{self.index // 4}-Q{self.index % 4 + 1}"


@dataclass(frozen=True, slots=True)
class Window:
    """Quarters in a row, the newest last, and how many of them are closed: over at every site of the network."""

    quarters: tuple[Quarter, ...]
    closed: int
    #: The last day that is over at every site; what is due after it is not due yet.
    last_full_day: date

    @classmethod
    def until(cls, days: Iterable[date], length: int) -> Self:
        """Return the `length` quarters up to now, given what day it is at each site (at least one)."""
        today = tuple(days)
        newest = Quarter.of(max(today))
        quarters = tuple(Quarter(newest.index - length + 1 + step) for step in range(length))
        over = Quarter.of(min(today))
        return cls(quarters, sum(quarter < over for quarter in quarters), min(today) - timedelta(days=1))

    @property
    def closed_quarters(self) -> tuple[Quarter, ...]:
        """Those that are over everywhere."""
        return self.quarters[: self.closed]

    def last(self, length: int) -> Window:
        """Return the newest `length` quarters of it."""
        left_out = max(0, len(self.quarters) - length)
        return Window(self.quarters[left_out:], max(0, self.closed - left_out), self.last_full_day)
