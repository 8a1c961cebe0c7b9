"""Loading the demonstration network: the simulated history, day by day, by the same commands as people use."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from lms.extensions import db
from lms.network.models import Network

#: The password of the demonstration's accounts, one per role. They exist in a demonstration database only.
PASSWORD = "candor-demonstration"  # noqa: S105 - known on purpose, and printed
ACCOUNTS: dict[str, str] = {}


def is_loaded() -> bool:
    """Whether the database holds a network already, of whatever kind."""
    return db.session.scalar(select(Network.id).limit(1)) is not None


def load_demonstration(app: Flask) -> None:
    """Load the demonstration network into an empty database."""
