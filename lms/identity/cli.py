"""``candor init``: an empty network for a real start."""

from __future__ import annotations

import click
from flask import Flask
from sqlalchemy import func, select

from lms import clock, schema
from lms.audit.keys import make_signing_key
from lms.cli import echo_json
from lms.extensions import db
from lms.identity import commands
from lms.network import commands as network
from lms.network.models import Network
from lms.permissions import Actor, Role
from lms.refusals import NotAllowed
from lms.reportable.commands import take_over_standard_rules
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
    people = {Role.ADMINISTRATOR: _person(administrator), Role.QA: _person(qa)}
    if people[Role.ADMINISTRATOR] == people[Role.QA]:
        raise NotAllowed("The first administrator and the first QA must be two people: neither may approve alone.")
    public_key = make_signing_key(app.config["SETTINGS"])
    installer, reason = Actor.system("installer"), "founding the network"
    home = run(network.found_network, installer, reason, name=network_name)
    site = run(
        network.open_site, installer, reason, home.id, code=site_code, name=site_name, zone=zone, is_control_site=True
    )
    site_id, links = site.id, {}
    run(take_over_standard_rules, installer, reason)
    today = clock.now().date()
    for number, (role, (given, family, mail)) in enumerate(people.items(), 1):
        person = run(
            commands.register_person,
            installer,
            reason,
            employee_no=f"FIRST-{number}",
            given_name=given,
            family_name=family,
            site_id=site_id,
            joined_on=today,
            email=mail,
        )
        person_id = person.id
        account = run(commands.open_account, installer, reason, person_id, login=f"{given}.{family}".replace(" ", ""))
        account_id, login = account.id, account.login
        run(commands.grant_role, installer, reason, person_id, role=role, site_id=None, valid_from=today)
        token = run(commands.send_one_time_link, installer, reason, account_id)
        links[str(role)] = {"login": login, "link": f"{app.config['SETTINGS'].base_url}/welcome/{token}"}
    if as_json:
        echo_json({"network": network_name, "site": site_code, "first_people": links, "trail_key": str(public_key)})
        return
    click.echo(f"The network {network_name} stands. Give each person their own link; it works once, for three days:")
    for role_name, entry in links.items():
        click.echo(f"  {role_name:<14} {entry['login']:<24} {entry['link']}")
    click.echo(f"Keep this public key of the trail outside; it proves every checkpoint:\n  {public_key}")


def _person(text: str) -> tuple[str, str, str]:
    name, _, mail = text.partition("<")
    given, _, family = name.strip().partition(" ")
    if not given or not family or not mail.endswith(">") or "@" not in mail:
        message = f"“{text}” is not understood: write Given Family <mail@example.org>."
        raise NotAllowed(message)
    return given, family.strip(), mail.rstrip(">").strip()
