"""The rail: each room registers its pages; a reader sees those their permissions open."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from lms.permissions import Actor, Permission
from lms.web.labels import Words


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the rail."""

    endpoint: str
    words: Words
    icon: str
    permission: Permission
    #: Where it stands; the groups of ``GROUPS`` begin at theirs.
    order: int
    #: Endpoints under which this line is shown as current, by prefix.
    section: str


#: Order from which lines belong to a group -> its heading. What is the reader's own has none.
GROUPS: tuple[tuple[int, Words], ...] = (
    (0, ""),
    (20, _l("Quality")),
    (40, _l("Training")),
    (60, _l("Coaching")),
    (70, _l("Speaking up")),
    (80, _l("Sites and people")),
    (95, _l("My time")),
)

_entries: list[Entry] = []


def heading_of(entry: Entry) -> str:
    """Return the heading of the group that a line belongs to."""
    return str(next(words for begin, words in reversed(GROUPS) if entry.order >= begin))


def register(entry: Entry) -> None:
    """Add a line to the rail."""
    if entry not in _entries:
        _entries.append(entry)
        _entries.sort(key=lambda e: e.order)


def entries_for(actor: Actor) -> list[Entry]:
    """Return the lines that this reader may open, in order."""
    return [entry for entry in _entries if actor.may(entry.permission)]
