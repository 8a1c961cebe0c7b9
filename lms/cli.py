"""The command line ``candor``. Each room registers its own commands in its wiring; this file holds what starts the system."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import click
from flask import Flask

from config import SettingError

#: Every command and group, by name.
_commands: dict[str, click.Command] = {}
_import_commands: dict[str, click.Command] = {}


def register(command: click.Command) -> None:
    """Add a command or a group to ``candor``."""
    _commands[str(command.name)] = command


def register_import(command: click.Command) -> None:
    """Add a command to ``candor import``."""
    _import_commands[str(command.name)] = command


def command_line() -> click.Group:
    """Return ``candor`` with the commands of every room that was started."""
    group = click.Group("candor", help="Candor: training, competence and coaching for networks of small GMP sites.")
    importing = click.Group("import", help="Take a file in: dry run first, row-numbered errors, nothing half-written.")
    for command in _import_commands.values():
        importing.add_command(command)
    if _import_commands:
        group.add_command(importing)
    for command in _commands.values():
        group.add_command(command)
    return group


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. A wrong setting, a refusal, or a database or file out of reach end with one sentence and code 2."""
    # before numpy is loaded: our matrices are small, and threads of its linear algebra that wait for each other on a
    # busy machine made one fit thirty times slower
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from lms.app import create_app  # noqa: PLC0415 - so that importing this file starts nothing
    from lms.out_of_reach import sentence_about  # noqa: PLC0415
    from lms.refusals import NotAllowed  # noqa: PLC0415

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # a tick that is still running when its next second comes is the plan, not a warning
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    try:
        app: Flask = create_app()
        with app.app_context():
            command_line().main(args=arguments, prog_name="candor", obj=app)
    except (SettingError, NotAllowed) as refusal:
        _end(str(refusal))
    except Exception as error:
        sentence = sentence_about(error)
        if sentence is None:  # a fault of the program: its trace is what helps
            raise
        _end(sentence)


def _end(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(2)


def echo_json(value: Any) -> None:  # noqa: ANN401 - whatever a report holds
    """Print a report as JSON, for other programs."""
    import json  # noqa: PLC0415 - only here

    click.echo(json.dumps(value, indent=2, sort_keys=True, default=str))
