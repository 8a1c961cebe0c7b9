"""What an SOP file holds that a page cannot represent: listed by its line, never dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One thing that is shown otherwise than it was written, and how."""

    #: Line of the file, from 1.
    line: int
    what: str
