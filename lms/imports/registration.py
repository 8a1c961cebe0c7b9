"""Imports join the application: pages and the command line."""

from __future__ import annotations

from flask import Flask

from lms import cli
from lms.audit import names
from lms.imports.cli import batches, deviations, exposure, people, planned_batches
from lms.imports.forms import KINDS
from lms.imports.models import ImportSource
from lms.imports.views import bp
from lms.web import labels


def register(app: Flask) -> None:
    """Register everything that imports bring."""
    app.register_blueprint(bp)
    labels.register("import_kind", {choice.value: choice.label for choice in KINDS})
    names.register(ImportSource.id, ImportSource.name)
    for command in (deviations, batches, planned_batches, exposure, people):
        cli.register_import(command)
