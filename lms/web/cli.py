"""``candor run``, ``serve`` and ``migrate``: bringing the system up."""

from __future__ import annotations

import click
from flask import Flask

from lms import schema
from lms.demonstration.completeness import check_may_load, check_may_serve
from lms.demonstration.loading import ACCOUNTS, PASSWORD, is_loaded, load_demonstration
from lms.demonstration.ribbon import holds_demonstration
from lms.web.serving import WebServer, check_port


@click.command("migrate")
def migrate() -> None:
    """Bring both databases to the newest schema and put the triggers in place."""
    schema.upgrade()
    click.echo("The schema is up to date.")


@click.command("migration")
@click.argument("name")
@click.option(
    "--branch", default="records", type=click.Choice(list(schema.BRANCHES)), help="Which of the two databases."
)
def migration(name: str, branch: str) -> None:
    """Write the next migration from the models. Read it before you commit it."""
    written = schema.write_revision(name.replace(" ", "_"), branch)
    click.echo(f"Wrote {written.name}." if written else "The models and the history agree: nothing to write.")


@click.command("serve")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 32), help="Processes; one on SQLite.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64), help="Threads of each process.")
@click.pass_obj
def serve(app: Flask, workers: int, threads: int) -> None:
    """Start the web server alone. The scheduler is a process of its own: candor scheduler."""
    settings = app.config["SETTINGS"]
    schema.require_tables()
    check_may_serve(settings)
    check_port(settings)
    if settings.database_url.startswith("sqlite"):
        workers = 1
    click.echo(f"Candor is ready at {settings.base_url}. Ctrl-C stops it.")
    WebServer(app, workers=workers, threads=threads, with_scheduler=False).run()


@click.command("run")
@click.pass_obj
def run_everything(app: Flask) -> None:
    """Migrate, load the demonstration network into an empty database, start web server and scheduler together."""
    settings = app.config["SETTINGS"]
    check_port(settings)  # before the loading, which takes minutes
    schema.upgrade()
    if not is_loaded():
        check_may_load(settings)
        click.echo("Loading the demonstration network (once).")
        load_demonstration(app)
    check_may_serve(settings)
    check_port(settings)
    click.echo(f"\nCandor is ready at {settings.base_url}\n")
    if holds_demonstration():
        _introduce_the_demonstration()
    click.echo("Ctrl-C stops everything.")
    WebServer(app, workers=1, threads=8, with_scheduler=True).run()


def _introduce_the_demonstration() -> None:
    click.echo(f"One sign-in per role, password “{PASSWORD}”:")
    for role, login in ACCOUNTS.items():
        click.echo(f"  {login:<22} {role}")
    click.echo("\nThe survey custodian of this demonstration keeps the key in the data folder; a real one never would.")
