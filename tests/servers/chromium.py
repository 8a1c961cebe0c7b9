"""Where Chromium is, and how a test starts it."""

from __future__ import annotations

import os
import shutil

#: Playwright's ``args``: no sandbox because tests may run as root, and no calls home.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """Give the path of Chromium: ``CHROMIUM`` if set, else the first one installed; None if there is none.

    The one without windows comes first: a whole browser draws toolbars that nobody sees, for a third of the time of a test.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = (shutil.which(name) for name in names)
    return next((path for path in found if path), None)
