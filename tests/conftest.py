"""Fixtures shared by all tests: the application on a real database, SQLite or PostgreSQL, fresh for each test."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask, g
from flask.testing import FlaskClient
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import sync_playwright
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine, make_url
from xdist.scheduler import LoadFileScheduling

from config import Settings, read_settings
from lms import schema
from lms.app import create_app
from lms.extensions import db
from lms.identity import passwords
from lms.identity.models import Person
from lms.web.serving import set_aside_what_is_loaded
from tests.factories.people import PASSWORD, Beginning, Someone
from tests.servers.chromium import CHROMIUM_ARGUMENTS, chromium_path
from tests.servers.copies import EMPTY, Copies, copies_of
from tests.servers.memory import in_memory

DATABASE = os.environ.get("CANDOR_TEST_DATABASE", "sqlite")


class OneWorldOneWorker(LoadFileScheduling):
    """A file's tests run in one worker, and those that walk the demonstration network in as few as keep all workers busy."""

    def _split_scope(self, nodeid: str) -> str:
        return _walk_of(nodeid) or str(super()._split_scope(nodeid))


#: Walks of the demonstration network, which each worker copies; the other stories in front of a browser make a small
#: world of their own. What looks at every page takes longest: quality assurance has as many as all the others together.
_EVERY_PAGE = "tests/browser/test_accessible.py"
_WALKS = ("tests/browser/test_loop.py", "tests/browser/test_questions.py", "tests/browser/test_hostile_text.py")


def _walk_of(nodeid: str) -> str | None:
    if nodeid.startswith(_EVERY_PAGE):
        return "every page of quality assurance" if "[qa]" in nodeid else "every page of the others"
    return "walks" if nodeid.startswith(_WALKS) else None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Return who gives tests to workers where ``--dist loadfile`` asks for it; xdist's own choice otherwise."""
    return OneWorldOneWorker(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the stories first, then the walks, whose network is loaded meanwhile; short ones last, so that all workers end together."""
    items.sort(key=lambda item: 1 if _walk_of(item.nodeid) else 0 if item.nodeid.startswith("tests/browser/") else 2)


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Give a folder in memory where there is one."""
    with TemporaryDirectory(prefix="candor-", dir=in_memory()) as folder:
        yield Path(folder)


class Browser(FlaskClient):
    """A browser whose requests share nothing: a test's own application context would keep the last reader in ``g``."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request as if the server had just started answering it."""
        for name in list(g):
            g.pop(name)
        db.session.rollback()
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> Iterator[str]:
    """Return the address of this worker's database: a file, or a database of a throw-away PostgreSQL server."""
    if DATABASE == "sqlite":
        with memory_folder() as folder:
            yield f"sqlite:///{folder / 'candor.sqlite'}"
        return
    from tests.servers.throwaway_postgres import throwaway_postgres

    with throwaway_postgres() as server:
        yield server.url(f"candor_{worker_id}")


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings for tests: production's rules, a folder of their own."""
    environment = {
        "DATABASE_URL": database_url,
        "CANDOR_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "CANDOR_SECRET_KEY": "a secret of tests that is long enough for anybody",
        "CANDOR_BASE_URL": "http://localhost",
    }
    return replace(read_settings(environment), environment="development")


@pytest.fixture(scope="session")
def _quick_passwords() -> Iterator[None]:
    """Hash with argon2id as ever, but lightly: every test makes people, and what it costs is tested on its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def _application(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory, _quick_passwords: None
) -> Iterator[tuple[Flask, Copies]]:
    """Start the application once, and return how to give it an empty database again."""
    with copies_of(make_url(settings.database_url), settings.data_dir, tmp_path_factory.mktemp("kept")) as copies:
        app = create_app(settings)
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        app.test_client_class = Browser
        with app.app_context():
            schema.create_everything()
            _dispose()
        set_aside_what_is_loaded()
        copies.keep(EMPTY)
        yield app, copies


def _dispose() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@pytest.fixture
def app(_application: tuple[Flask, Copies], request: pytest.FixtureRequest) -> Iterator[Flask]:
    """Return the application with an empty database and an empty data folder, inside an application context."""
    application, copies = _application
    copies.restore(alone=request.node.get_closest_marker("alone") is not None)
    with application.app_context():
        yield application
        _dispose()


@pytest.fixture
def beginning(app: Flask, _application: tuple[Flask, Copies]) -> Beginning:
    """Return a function that tells the long beginning of a story: once in a worker, later as a copy of what it left.

    It takes who tells it and what they take, and returns what they return: people of the story. It comes first in a test.
    """
    _, copies = _application

    def told(tell: Callable[..., Any], *given: Any) -> Any:
        assert db.session.scalar(select(func.count()).select_from(Person)) == 0, "a beginning comes first"
        kept = _BEGINNINGS.get((tell, given))
        if kept is None:
            kept = f"beginning_{len(_BEGINNINGS)}", tell(*given)
            _dispose()
            copies.keep(kept[0])
            _BEGINNINGS[tell, given] = kept
        else:
            _dispose()
            copies.restore(kept[0])
        return _met_again(kept[1])

    return told


#: Who told what -> the name of the copy, and the people whom they returned.
_BEGINNINGS: dict[tuple[Callable[..., Any], tuple[Any, ...]], tuple[str, Any]] = {}


def _met_again(people: Any) -> Any:
    if isinstance(people, Someone):
        return replace(people, person=db.session.get_one(Person, people.actor.person_id))
    return [_met_again(one) for one in people]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser that is not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[Someone], FlaskClient]:
    """Return a function that gives a browser in which somebody is signed in."""

    def signed_in(someone: Someone) -> FlaskClient:
        browser = app.test_client()
        answer = browser.post("/sign-in", data={"login": someone.login, "password": PASSWORD})
        assert answer.status_code in {302, 303}, answer.get_data(as_text=True)
        return browser

    return signed_in


@pytest.fixture
def queries(app: Flask) -> Callable[[], Any]:
    """Return a context manager that collects the statements sent to the databases."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            if not re.match(r"(?i)\s*(pragma|begin|savepoint|release|show|select pg_catalog)", statement):
                seen.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return collect


@pytest.fixture(scope="session")
def chromium() -> Iterator[ChromiumBrowser]:
    """Start Chromium once for a worker: its driver allows one at a time."""
    with sync_playwright() as playwright:
        path = chromium_path()
        assert path is not None, "there is no Chromium: make test installs it"
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()
