"""The rail: each room registers its pages; a reader sees those their permissions open."""

from __future__ import annotations

from dataclasses import dataclass

from lms.permissions import Actor, Permission
from lms.web.labels import Words


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the rail."""

    endpoint: str
    words: Words
    icon: str
    permission: Permission
    order: int
    #: Endpoints under which this line is shown as current, by prefix.
    section: str


_entries: list[Entry] = []


def register(entry: Entry) -> None:
    """Add a line to the rail."""
    if entry not in _entries:
        _entries.append(entry)
        _entries.sort(key=lambda e: e.order)


def entries_for(actor: Actor) -> list[Entry]:
    """Return the lines that this reader may open, in order."""
    return [entry for entry in _entries if actor.may(entry.permission)]
