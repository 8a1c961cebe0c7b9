"""What starts the system stops with one sentence, before anything is served, when it cannot or may not go on."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from config import SettingError
from lms import schema
from lms.cli import command_line, main
from lms.demonstration import cli as demonstration_cli
from lms.demonstration.completeness import note_end
from lms.demonstration.loading import PASSWORD
from lms.extensions import db
from lms.network import commands as network
from lms.network.models import Network
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web import cli as web_cli
from lms.web.serving import check_port
from tests.factories.people import INSTALLER, a_site, today

SECRET = "a secret of tests that is long enough for anybody"
Candor = Callable[..., Result]


@pytest.fixture
def candor(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Candor:
    """Call a command whose server does not serve, and whose loading of the demonstration fails the test."""

    class NoServer:
        def __init__(self, *_: object, **__: object) -> None: ...

        def run(self) -> None: ...

    def load(*_: object) -> None:
        pytest.fail("the demonstration was loaded")

    monkeypatch.setattr(schema, "upgrade", lambda _revision="head": None)
    monkeypatch.setattr(web_cli, "WebServer", NoServer)
    monkeypatch.setattr(web_cli, "load_demonstration", load)
    monkeypatch.setattr(demonstration_cli, "load_demonstration", load)
    # any port that is free now
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], port=0))

    def call(*arguments: str, environment: str = "development") -> Result:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], environment=environment)
        return CliRunner().invoke(command_line(), arguments, obj=app)

    return call


def a_demonstration(*, whole: bool = True) -> None:
    run(network.found_network, INSTALLER, "test", name="Demonstration", is_demonstration=True)
    if whole:
        note_end(2026, today())


def test_production_neither_loads_nor_serves_the_demonstration(candor: Candor) -> None:
    for command in ("run", "demo"):
        refused = candor(command, environment="production")
        assert isinstance(refused.exception, NotAllowed), refused.output
        assert "CANDOR_ENVIRONMENT is production" in str(refused.exception)
        assert not db.session.scalar(select(func.count()).select_from(Network))
    a_demonstration()
    for command in ("run", "serve", "demo"):
        refused = candor(command, environment="production")
        assert isinstance(refused.exception, NotAllowed), refused.output
        assert "known to everybody" in str(refused.exception)
        assert "ready" not in refused.output


@pytest.mark.parametrize("command", ["run", "serve", "demo"])
def test_a_demonstration_that_is_not_whole_is_not_served_as_one(candor: Candor, command: str) -> None:
    a_demonstration(whole=False)
    refused = candor(command)
    assert isinstance(refused.exception, NotAllowed), refused.output
    assert "candor demo --fresh" in str(refused.exception)
    assert "ready" not in refused.output


def test_the_demonstration_is_introduced_and_a_real_network_is_not(candor: Candor) -> None:
    a_site()
    for environment in ("development", "production"):
        real = candor("run", environment=environment)
        assert real.exit_code == 0, real.output
        assert "Candor is ready at http://localhost" in real.output
        assert PASSWORD not in real.output
        assert "custodian" not in real.output
    assert "Candor is ready at http://localhost" in candor("serve").output


def test_the_demonstration_is_reported_with_the_seed_it_was_loaded_with(candor: Candor) -> None:
    a_demonstration()
    assert PASSWORD in candor("run").output
    report: dict[str, Any] = json.loads(candor("demo", "--seed", "5", "--json").output)
    assert (report["seed"], report["loaded"]) == (2026, False)
    assert "seed 2026 is loaded already" in candor("demo", "--seed", "5").output


def test_a_port_in_use_is_named_before_anything_is_ready(candor: Candor, app: Flask) -> None:
    a_site()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], port=port)
        for command in ("run", "serve"):
            refused = candor(command)
            assert isinstance(refused.exception, SettingError), refused.output
            assert f"CANDOR_PORT is {port}, which another program" in str(refused.exception)
            assert "ready" not in refused.output
    with pytest.raises(SettingError, match="CANDOR_HOST is"):
        check_port(replace(app.config["SETTINGS"], host="203.0.113.1"))


# -- the command line as a whole ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "command", "sentence"),
    [
        ("sqlite:///{folder}/empty.sqlite", "audit verify", "run candor migrate."),
        ("sqlite:///{folder}/empty.sqlite", "serve", "run candor migrate."),
        ("sqlite:///{folder}/empty.sqlite", "scheduler", "run candor migrate."),
        (
            "sqlite:///{folder}/no-database.sqlite",
            "audit verify",
            "The database cannot be used (file is not a database)",
        ),
        ("sqlite:///{folder}", "migrate", "The database cannot be used (unable to open database file)"),
        ("postgresql://candor@127.0.0.1:1/candor", "audit verify", "The database cannot be used (connection failed"),
        ("postgresql://candor@127.0.0.1:1/candor", "serve", "The database cannot be used (connection failed"),
        ("postgresql://candor@127.0.0.1:1/candor", "scheduler", "The database cannot be used (connection failed"),
        ("postgresql://candor@127.0.0.1:1/candor", "run", "The database cannot be used (connection failed"),
        ("sqlite", "audit verify", "DATABASE_URL cannot be used"),
    ],
)
def test_a_database_out_of_reach_is_said_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: str,
    command: str,
    sentence: str,
) -> None:
    (tmp_path / "no-database.sqlite").write_text("This is no database, however often it is opened as one. " * 100)
    monkeypatch.setenv("CANDOR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CANDOR_SECRET_KEY", SECRET)
    monkeypatch.setenv("CANDOR_PORT", "18741")
    monkeypatch.setenv("DATABASE_URL", url.format(folder=tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1, said.err
    assert "ready" not in said.out
