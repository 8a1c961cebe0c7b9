"""Whether the reader has opened published figures in this session, and how they do. For views of this room and of others."""

from __future__ import annotations

from typing import Final

from flask import session

from coaching.openings.commands import open_aggregates
from lms import clock
from lms.permissions import viewer
from lms.unit_of_work import run

#: Figures stay open so long, in seconds; then opening them is written down again.
STAYS_OPEN: Final = 8 * 3600


def is_open(page: str) -> bool:
    """Whether the reader opened the page's figures within the last eight hours of this session."""
    opened_at = session.get(_name(page))
    return isinstance(opened_at, float) and 0 <= clock.now().timestamp() - opened_at < STAYS_OPEN


def open_page(page: str) -> None:
    """Write down that the reader opens the page's figures, and let them be shown in this session."""
    run(open_aggregates, viewer(), "", page=page)
    session[_name(page)] = clock.now().timestamp()


def _name(page: str) -> str:
    return f"opened-{page}"
