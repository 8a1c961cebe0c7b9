"""``candor init`` founds everything or nothing: after a refusal the same database can be founded with what was put right."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from lms import schema
from lms.cli import command_line
from lms.extensions import db
from lms.identity.models import Account, OneTimeLink, Person, RoleAssignment
from lms.network import commands as network
from lms.network.models import Network, Site
from lms.refusals import NotAllowed
from lms.reportable.models import ReportingRule
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, a_network

Init = Callable[..., Result]
RIGHT = {
    "--network": "N",
    "--site-code": "CTL",
    "--site-name": "Control",
    "--zone": "Europe/Paris",
    "--administrator": "Ada Byron <ada@example.org>",
    "--qa": "Bo Lind <bo@example.org>",
}


@pytest.fixture
def init(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], data_dir=tmp_path))
    monkeypatch.setattr(schema, "upgrade", lambda _revision="head": None)

    def call(**wrong: str) -> Result:
        options = {**RIGHT, **{f"--{name.replace('_', '-')}": value for name, value in wrong.items()}}
        arguments = [part for option in options.items() for part in option]
        return CliRunner().invoke(command_line(), ["init", *arguments, "--json"], obj=app)

    return call


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"zone": "Europe/Nowhere"}, "“Europe/Nowhere” is not a time zone"),
        ({"zone": "Europe"}, "“Europe” is not a time zone"),
        ({"zone": ""}, "“” is not a time zone"),
        ({"network": " "}, "Give the network a name"),
        ({"site_name": ""}, "Give the site a name"),
        ({"site_code": "l y/o"}, "“L Y/O” cannot be a site's code"),
        ({"site_code": ""}, "“” cannot be a site's code"),
        ({"administrator": "B C <b@x>", "qa": "B C <b2@x>"}, "Both people would sign in as b.c"),
        ({"administrator": "B C <b@x>", "qa": "D E <B@x>"}, "must be two people"),
        ({"qa": "Bo Lind"}, "“Bo Lind” is not understood"),
        ({"qa": "Bo Lind <bo at example>"}, "is not understood"),
        ({"qa": f"Bo {'L' * 80} <bo@example.org>"}, "is too long"),
    ],
)
def test_a_wrong_answer_leaves_nothing_behind(init: Init, tmp_path: Path, wrong: dict[str, str], sentence: str) -> None:
    refused = init(**wrong)
    assert isinstance(refused.exception, NotAllowed), refused.output
    assert sentence in str(refused.exception)
    for model in (Network, Site, Person, Account, RoleAssignment, OneTimeLink, ReportingRule):
        assert not db.session.scalar(select(func.count()).select_from(model)), model
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]
    right = init(site_code="ctl")
    assert right.exit_code == 0, right.output
    report = json.loads(right.output)
    assert report["site"] == "CTL"
    assert {way["login"] for way in report["first_people"].values()} == {"ada.byron", "bo.lind"}
    assert db.session.scalar(select(func.count()).select_from(OneTimeLink)) == 2


def test_a_sites_code_is_kept_in_capitals_however_it_is_opened(app: Flask) -> None:
    home = a_network().id
    site = run(network.open_site, INSTALLER, "test", home, code=" lyo ", name="Lyon", zone="Europe/Paris")
    assert site.code == "LYO"
    with pytest.raises(NotAllowed, match="LYO is taken"):
        run(network.open_site, INSTALLER, "test", home, code="Lyo", name="Lyon", zone="Europe/Paris")
