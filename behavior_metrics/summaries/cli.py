"""``candor summaries``: how far the newest recount is, or ask for one."""

from __future__ import annotations

import click

from behavior_metrics.summaries.commands import recount_summaries
from behavior_metrics.summaries.queries import newest_recount
from lms.audit.canonical import moment
from lms.cli import echo_json
from lms.permissions import Actor
from lms.unit_of_work import run


@click.command("summaries")
@click.option("--recount", is_flag=True, help="Ask the scheduler to count everything anew.")
@click.option("--doubt", is_flag=True, help="The same, and until it is done pages count the records themselves.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def summaries(*, recount: bool, doubt: bool, as_json: bool) -> None:
    """Say how far the newest recount of the behaviour counts is: site by site, and a killed one goes on where it was."""
    if recount or doubt:
        asked = run(recount_summaries, Actor.system("command line"), "asked for on the command line", doubt=doubt)
        if as_json:
            echo_json({"asked": asked})
            return
        click.echo(f"{asked[0].upper()}{asked[1:]}.")
        return
    found = newest_recount()
    if as_json:
        # null while none was asked for
        echo_json(
            found
            and {
                "asked_at": moment(found.asked_at),
                "sites": found.sites,
                "done": found.done,
                "differed": found.differed,
            }
        )
        return
    if found is None:
        click.echo("No recount was asked for yet. The scheduler does it every night.")
        return
    click.echo(
        f"Asked for on {moment(found.asked_at)}: {found.done} of {found.sites} sites are counted anew, "
        f"{found.differed} differed from what was kept."
    )
