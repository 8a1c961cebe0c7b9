"""The room's one entry: its tables, pages, commands, listeners, jobs and words."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Start the room."""
