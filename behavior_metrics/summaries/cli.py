"""``candor summaries``: how far the newest recount is, or ask for one."""

from __future__ import annotations

import click

from behavior_metrics.summaries.commands import recount_summaries
from behavior_metrics.summaries.queries import newest_recount
from lms.audit.canonical import moment
from lms.permissions import Actor
from lms.unit_of_work import run


@click.command("summaries")
@click.option("--recount", is_flag=True, help="Ask the scheduler to count everything anew.")
@click.option("--doubt", is_flag=True, help="The same, and until it is done pages count the records themselves.")
def summaries(*, recount: bool, doubt: bool) -> None:
    """Say how far the newest recount of the behaviour counts is: site by site, and a killed one goes on where it was."""
    if recount or doubt:
        asked = run(recount_summaries, Actor.system("command line"), "asked for on the command line", doubt=doubt)
        click.echo(f"{asked[0].upper()}{asked[1:]}.")
        return
    found = newest_recount()
    if found is None:
        click.echo("No recount was asked for yet. The scheduler does it every night.")
        return
    click.echo(
        f"Asked for on {moment(found.asked_at)}: {found.done} of {found.sites} sites are counted anew, "
        f"{found.differed} differed from what was kept."
    )
