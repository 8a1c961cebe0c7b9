"""Knowing on every page whether this is the demonstration: asked of the database once, then remembered."""

from __future__ import annotations

from flask import Flask, current_app
from sqlalchemy import select

from lms.extensions import db
from lms.network.models import Network

_KEY = "IS_DEMONSTRATION"


def init_app(app: Flask) -> None:
    """Ask before the first page of a process."""
    app.before_request(_remember)


def holds_demonstration() -> bool | None:
    """Whether the home network is a demonstration; None while there is no network."""
    found = db.session.scalars(select(Network.is_demonstration).where(Network.taxonomy == "core")).all()
    return any(found) if found else None


def _remember() -> None:
    if _KEY not in current_app.config:
        holds = holds_demonstration()
        if holds is not None:
            current_app.config[_KEY] = holds
