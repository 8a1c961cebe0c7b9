"""``candor calendars``: answers to invitations from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from coaching.replies.jobs import take_all
from coaching.replies.mailboxes import mails_in
from coaching.replies.rules import Outcome
from lms.cli import echo_json


@click.group("calendars")
def calendars() -> None:
    """Invitations and the answers to them."""


@calendars.command("read-replies")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def read_replies(path: Path, *, as_json: bool) -> None:
    """Read answers from PATH: a mail, a folder of .eml files, an mbox or a Maildir. A mail read before changes nothing."""
    taken = list(take_all(mails_in(path)))
    counted = sum(one.outcome is Outcome.COUNTED for one in taken)
    if as_json:
        echo_json({"read": len(taken), "counted": counted, "mails": [[one.outcome, one.sentence] for one in taken]})
        return
    click.echo(f"{len(taken)} mails, {counted} answers counted.")
    for number, one in enumerate(taken, 1):
        click.echo(f"  {number}. {one.sentence}")
