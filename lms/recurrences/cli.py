"""``candor recurrences``: what a rule, in any version it ever had, finds in the records; ``candor rescan``: how far one is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256

import click
from sqlalchemy import select

from lms.audit.canonical import canonical, moment
from lms.cli import echo_json
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site
from lms.recurrences import rules
from lms.recurrences.queries import rescan_progress
from lms.recurrences.reconciling import facts_of
from lms.refusals import NotAllowed
from lms.web.times import start_of_day


@click.command("recurrences")
@click.argument("rule", type=click.Choice(sorted(rules.VERSIONS)))
@click.option("--rule-version", type=int, help="An earlier version of the rule; the present one if left out.")
@click.option("--window", type=click.IntRange(1, 3650), default=rules.WINDOW_DAYS, show_default=True, help="Days.")
@click.option(
    "--known-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Leave out what was recorded after this day (UTC): what was known then, classified as it is now.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every match as JSON.")
def recurrences(rule: str, *, rule_version: int | None, window: int, known_on: datetime | None, as_json: bool) -> None:
    """Say what RULE finds in the records of all sites, without writing anything.

    The same rule, version, window and records give the same matches in the same order, and so the same SHA-256.
    """
    version = rule_version or rules.VERSIONS[rule]
    find = rules.RULES.get((rule, version))
    if find is None:
        had = ", ".join(str(known) for name, known in sorted(rules.RULES) if name == rule)
        raise NotAllowed(f"{rule} has no version {version}. It has had: {had}.")
    until = start_of_day(known_on.date() + timedelta(days=1), "UTC") if known_on else None
    facts = facts_of(db.session.scalars(select(Site.id)).all(), known_until=until)
    numbers = dict(db.session.execute(select(Deviation.id, Deviation.number)).all())
    found = sorted((numbers[m.later_id], numbers[m.earlier_id], m.days_between) for m in find(facts, window))
    matches = [{"deviation": later, "repeats": earlier, "days_between": days} for later, earlier, days in found]
    digest = sha256(canonical(matches)).hexdigest()
    if as_json:
        echo_json({"rule": rule, "version": version, "window_days": window, "sha256": digest, "matches": matches})
        return
    click.echo(
        f"{rule} version {version}, {window} days: {len(matches)} matches among {len(facts.occurrences)} records"
    )
    click.echo(f"SHA-256 of the matches: {digest}")


@click.command("rescan")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def rescan(*, as_json: bool) -> None:
    """Say how far the newest rescan of all sites is: it runs in parts, each once, and a part that broke off is tried again."""
    found = rescan_progress()
    if as_json:
        # null while none was asked for
        echo_json(found and {**asdict(found), "asked_at": moment(found.asked_at)})
        return
    if found is None:
        click.echo("No rescan was asked for yet. The scheduler does it every night.")
        return
    waiting = found.parts - found.done
    click.echo(f"Asked for on {moment(found.asked_at)}: {found.done} of {found.parts} parts are done, {waiting} wait.")
    if found.failed:
        click.echo(f"{found.failed} of these broke off and will be tried again; the log says why.")
