"""Whether somebody may stand on a roster. Values in, a sentence out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lms.refusals import NotAllowed


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that somebody is rostered for already."""

    number: str
    starts_at: datetime
    ends_at: datetime


def check_free(name: str, starts_at: datetime, ends_at: datetime, taken: Iterable[Taken]) -> None:
    """Raise ``NotAllowed`` if one of the runs somebody is rostered for overlaps with this one; one may follow the other."""
    for run in taken:
        if run.starts_at < ends_at and starts_at < run.ends_at:
            message = f"{name} is on the roster of {run.number}, which runs at the same time."
            raise NotAllowed(message, field="person")


def check_qualified(name: str, task: str, why: str, *, is_qualified: bool) -> None:
    """Raise ``NotAllowed`` with the reason for whoever may not do the task alone at the planned start."""
    if not is_qualified:
        message = f"{name} cannot be rostered for “{task}”. {why}"
        raise NotAllowed(message, field="person")
