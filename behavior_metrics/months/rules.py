"""Months as whole numbers counted since the year 0, the same that the counts of batches have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from lms.web.times import show_month


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month; `index` counts months since the year 0 in steps of 1."""

    index: int

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month in which a day falls."""
        return cls(day.year * 12 + day.month - 1)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-11``. Raises ``ValueError`` for anything else."""
        if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", text):
            message = f"“{text}” is not a month; write it like 2026-11"
            raise ValueError(message)
        return cls(int(text[:4]) * 12 + int(text[5:]) - 1)

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.index // 12, self.index % 12 + 1, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return Month(self.index + 1).first_day - timedelta(days=1)

    @property
    def words(self) -> str:
        """``Nov 2026``, for a sentence."""
        return show_month(self.first_day)

    def __str__(self) -> str:
        """Return ``2026-11``, as it stands in an address and in a file."""
        return f"{self.index // 12}-{self.index % 12 + 1:02d}"


def until(today: date, most: int) -> list[Month]:
    """Return the newest `most` months that are over on a day, oldest first."""
    present = Month.of(today).index
    return [Month(index) for index in range(present - most, present)]
