"""The one place that reads the computer's clock. Everything else is given its time."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC, the server's word and never a client's."""
    return datetime.now(UTC)
