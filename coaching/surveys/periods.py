"""Months and quarters as the survey counts them. Pure: no time of day ever enters the survey."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

MONTHS_OF_A_YEAR: Final = 12
#: An answer may come until seven days after its review; one day more, as the last site's day ends after the first's.
DAYS_UNTIL_EVERY_ANSWER_IS_IN: Final = 8
#: A quarter's key outlives the quarter by so many days: long enough for the last release and one repetition.
DAYS_A_KEY_IS_KEPT: Final = 30


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, as seen at the site where the review was held."""

    year: int
    number: int

    def __post_init__(self) -> None:
        """Refuse a month that no calendar has."""
        if not (1 <= self.number <= MONTHS_OF_A_YEAR and 1 <= self.year <= date.max.year):
            message = f"there is no month {self.number} of the year {self.year}"
            raise ValueError(message)

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month in which ``day`` falls."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-10``. Raises ``ValueError`` for anything else."""
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            message = f"“{text}” is not a month; write it like 2026-10"
            raise ValueError(message)
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def from_ordinal(cls, ordinal: int) -> Self:
        """Return the month with this count; undo ``ordinal``. Raises ``ValueError`` before year 1."""
        return cls(ordinal // MONTHS_OF_A_YEAR, ordinal % MONTHS_OF_A_YEAR + 1)

    @property
    def ordinal(self) -> int:
        """Months since the beginning of the year 0; fits two bytes until the year 5460."""
        return self.year * MONTHS_OF_A_YEAR + self.number - 1

    @property
    def quarter(self) -> Quarter:
        """The calendar quarter, to whose key an answer of this month is sealed."""
        return Quarter(self.year, (self.number + 2) // 3)

    @property
    def next(self) -> Month:
        """The following month."""
        return Month.from_ordinal(self.ordinal + 1)

    @property
    def ends_quarter(self) -> bool:
        """Whether this is the last month of its quarter."""
        return self.number % 3 == 0

    @property
    def releasable_from(self) -> date:
        """The first day on which no answer to a review of this month can still arrive anywhere in the network."""
        following = self.next
        return date(following.year, following.number, 1) + timedelta(days=DAYS_UNTIL_EVERY_ANSWER_IS_IN)

    def __str__(self) -> str:
        """Return ``2026-10``."""
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter: the life of one custodian key."""

    year: int
    number: int

    def __post_init__(self) -> None:
        """Refuse a fifth quarter."""
        if self.number not in {1, 2, 3, 4}:
            message = f"there is no quarter {self.number} of a year"
            raise ValueError(message)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-Q4``. Raises ``ValueError`` for anything else."""
        if not re.fullmatch(r"[0-9]{4}-Q[1-4]", text):
            message = f"“{text}” is not a quarter; write it like 2026-Q4"
            raise ValueError(message)
        return cls(int(text[:4]), int(text[-1]))

    @property
    def last_month(self) -> Month:
        """The month whose release closes the quarter."""
        return Month(self.year, self.number * 3)

    @property
    def next(self) -> Quarter:
        """The following quarter."""
        return self.last_month.next.quarter

    @property
    def start(self) -> date:
        """The first day of the quarter."""
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def end(self) -> date:
        """The first day after the quarter."""
        following = self.last_month.next
        return date(following.year, following.number, 1)

    @property
    def destroyable_from(self) -> date:
        """The day from which its key is to be destroyed, so that boxes in old backups stay shut."""
        return self.end + timedelta(days=DAYS_A_KEY_IS_KEPT)

    def __str__(self) -> str:
        """Return ``2026-Q4``."""
        return f"{self.year:04d}-Q{self.number}"
