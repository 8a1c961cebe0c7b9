"""Whether this process was asked to stop: what has many pieces to do asks before each, and leaves the rest for the next start."""

from __future__ import annotations

from threading import Event

from flask import Flask, current_app

_KEY = "candor-stopping"


def announce_by(app: Flask, stop: Event) -> None:
    """Let an event say that the application's process is to stop."""
    app.extensions[_KEY] = stop


def is_stopping() -> bool:
    """Whether the process was asked to stop; never where no scheduler runs."""
    stop: Event | None = current_app.extensions.get(_KEY)
    return stop is not None and stop.is_set()
