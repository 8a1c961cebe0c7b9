"""``candor scheduler``: the scheduler as a process of its own."""

from __future__ import annotations

import signal
import threading

import click
from flask import Flask

from lms import schema
from lms.scheduler.service import SchedulerService


@click.command("scheduler")
@click.pass_obj
def scheduler(app: Flask) -> None:
    """Run the jobs: one scheduler leads however many are started. Ctrl-C stops it."""
    schema.require_tables()
    service = SchedulerService(app)
    service.start()
    click.echo("The scheduler waits for the lead. Ctrl-C stops it.")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    service.stop()
