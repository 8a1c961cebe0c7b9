"""Fixtures shared by all tests: the application on a real database, SQLite or PostgreSQL, fresh for each test."""

from __future__ import annotations

import os
import re
import shutil
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
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine, make_url
from xdist.scheduler import LoadFileScheduling

from config import Settings, read_settings
from lms import schema
from lms.app import create_app
from lms.extensions import db
from lms.identity import passwords
from lms.web.serving import set_aside_what_is_loaded
from tests.factories.people import PASSWORD, Someone
from tests.servers.chromium import CHROMIUM_ARGUMENTS, chromium_path
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
) -> Iterator[tuple[Flask, Callable[[], None]]]:
    """Start the application once, and return how to give it an empty database again."""
    url = make_url(settings.database_url)
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    if url.get_backend_name() == "postgresql":
        _recreate_postgresql(server, url.database, None)
    app = create_app(settings)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Browser
    with app.app_context():
        schema.create_everything()
        _dispose()
    set_aside_what_is_loaded()
    if url.get_backend_name() == "postgresql":
        template = f"{url.database}_template"
        _recreate_postgresql(server, template, url.database)
        yield app, lambda: _recreate_postgresql(server, url.database, template)
        server.dispose()
        return
    folder = tmp_path_factory.mktemp("template")
    own = Path(str(url.database)).parent
    for file in own.glob("*.sqlite"):
        shutil.copy(file, folder / file.name)

    def restore() -> None:
        for stale in own.glob("*.sqlite-*"):
            stale.unlink()
        for file in folder.iterdir():
            # a new file under the old name: a connection that a test left open keeps the old one
            shutil.copy(file, own / "next")
            (own / "next").replace(own / file.name)

    yield app, restore


def _dispose() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def _recreate_postgresql(server: Engine, database: str | None, template: str | None) -> None:
    # copying files is twice as quick as writing every page into the log; older servers know nothing else
    copied = " strategy file_copy" if (server.dialect.server_version_info or ()) >= (15,) else ""
    with server.connect() as connection:
        connection.execute(text(f'drop database if exists "{database}" with (force)'))
        connection.execute(
            text(f'create database "{database}"' + (f' template "{template}"{copied}' if template else ""))
        )


@pytest.fixture
def app(_application: tuple[Flask, Callable[[], None]]) -> Iterator[Flask]:
    """Return the application with an empty database and an empty data folder, inside an application context."""
    application, restore = _application
    restore()
    with application.app_context():
        yield application
        _dispose()
    for left in application.config["SETTINGS"].data_dir.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


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
