"""The servers as fixtures. A ``conftest.py`` takes them by importing their names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.smtp_sink import SmtpSink, smtp_sink
from tests.servers.throwaway_postgres import PostgresServer, throwaway_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the session (for each worker under xdist). Fails, never skips, if there is none to be had."""
    with throwaway_postgres() as server:
        yield server


@pytest.fixture
def mail_sink() -> Iterator[SmtpSink]:
    """An empty mail server on this machine."""
    with smtp_sink() as sink:
        yield sink
