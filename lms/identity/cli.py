"""``candor init``: an empty network for a real start."""

from __future__ import annotations

import click
from flask import Flask
from sqlalchemy import func, select

from lms import clock, schema
from lms.audit.keys import make_signing_key, withdraw_signing_key
from lms.cli import echo_json
from lms.extensions import db
from lms.identity.founding import check_two_people, first_person, found_installation
from lms.network.models import Network
from lms.permissions import Actor, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run


@click.command("init")
@click.option("--network", "network_name", prompt="Name of the network", help="Name of the network.")
@click.option(
    "--site-code", prompt="Code of the control site", help="Short code, such as LYO; starts its record numbers."
)
@click.option("--site-name", prompt="Name of the control site", help="Name of the control site.")
@click.option("--zone", prompt="Time zone of the control site (such as Europe/Paris)", help="IANA time zone.")
@click.option("--administrator", prompt="First administrator (Given Family <mail>)", help="Given Family <mail>.")
@click.option("--qa", prompt="First QA (Given Family <mail>)", help="Given Family <mail>; another person.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def init(
    app: Flask,
    network_name: str,
    site_code: str,
    site_name: str,
    zone: str,
    administrator: str,
    qa: str,
    *,
    as_json: bool,
) -> None:
    """Found an empty network with a first administrator and a first QA, each by a one-time link, neither able to approve alone."""
    schema.upgrade()
    if db.session.scalar(select(func.count()).select_from(Network)):
        raise NotAllowed("This database holds a network already. Use an empty one, or sign in as its administrator.")
    people = {Role.ADMINISTRATOR: first_person(administrator), Role.QA: first_person(qa)}
    check_two_people(people[Role.ADMINISTRATOR], people[Role.QA])
    settings = app.config["SETTINGS"]
    public_key = make_signing_key(settings)
    try:
        founded = run(
            found_installation,
            Actor.system("installer"),
            "founding the network",
            network_name=network_name,
            site_code=site_code,
            site_name=site_name,
            zone=zone,
            people=people,
            on=clock.now().date(),
        )
    except BaseException:
        # nothing was founded, so nothing was signed: left behind, the key would refuse the next attempt
        withdraw_signing_key(settings, public_key)
        raise
    links = {
        str(role): {"login": people[role].login, "link": f"{settings.base_url}/welcome/{token}"}
        for role, token in founded.tokens.items()
    }
    if as_json:
        echo_json(
            {"network": network_name, "site": founded.site_code, "first_people": links, "trail_key": str(public_key)}
        )
        return
    click.echo(f"The network {network_name} stands. Give each person their own link; it works once, for three days:")
    for role_name, entry in links.items():
        click.echo(f"  {role_name:<14} {entry['login']:<24} {entry['link']}")
    click.echo(f"Keep this public key of the trail outside; it proves every checkpoint:\n  {public_key}")
