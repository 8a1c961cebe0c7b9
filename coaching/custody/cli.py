"""``candor survey look`` and ``candor survey rehearse``: what a release would do, and whether a key file still opens."""

from __future__ import annotations

from pathlib import Path

import click

from coaching.custody import commands
from coaching.surveys import sealed
from coaching.surveys.cli import CUSTODIAN, key_file_text, month_named, survey
from coaching.surveys.periods import Month, Quarter
from lms import clock
from lms.cli import echo_json
from lms.unit_of_work import run


@survey.command("look")
@click.argument("month")
@click.option("--key", "path", required=True, type=click.Path(path_type=Path), help="The quarter's key file.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--passphrase", prompt="Passphrase of the key file", hide_input=True, help="Asked for if not given.")
def look(month: str, path: Path, passphrase: str, *, as_json: bool) -> None:
    """Say what a release of MONTH would do: how many figures, who waits. Publishes nothing and shows no score."""
    seen = sealed.look_with_file(
        month_named(month), key_file_text(path), passphrase, on=clock.now().date(), record=_looked
    )
    if as_json:
        echo_json(
            {
                "month": str(seen.month),
                "figures": seen.figures,
                "waiting": list(seen.waiting),
                "too_few": seen.too_few,
            }
        )
        return
    click.echo(f"{seen.month}: {seen.figures} figures would be published.")
    for name in seen.waiting:
        click.echo(f"  too few, would wait: {name}")
    if seen.too_few:
        click.echo("  Some answers would be too few even for the whole network, and be destroyed unread by anyone.")


@survey.command("rehearse")
@click.option("--key", "path", required=True, type=click.Path(path_type=Path), help="The key file to try.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--passphrase", prompt="Passphrase of the key file", hide_input=True, help="Asked for if not given.")
def rehearse(path: Path, passphrase: str, *, as_json: bool) -> None:
    """Seal and open an invented answer, and try a key file against the registered key. No answer is opened."""
    quarter = sealed.rehearse_with_file(key_file_text(path), passphrase, record=_rehearsed)
    if as_json:
        echo_json({"quarter": str(quarter), "holds": True})
        return
    click.echo(f"It holds: the file opens, and it is the registered key of {quarter}. No answer was opened.")


def _looked(month: Month) -> None:
    run(commands.record_look, CUSTODIAN, "before a release", month)


def _rehearsed(quarter: Quarter) -> None:
    run(commands.record_rehearsal, CUSTODIAN, "rehearsal", quarter)
