"""Backup and restore join the command line."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from lms import cli
from lms.backup.cli import backup, restore
from lms.web import labels


def register() -> None:
    """Register both commands, and the words of their record."""
    cli.register(backup)
    cli.register(restore)
    labels.register("record", {"restoration": _l("restoration of a backup")})
