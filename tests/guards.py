"""What every test run keeps to: no network but this machine, and nothing left out without saying so.

Loaded by pytest for the whole run (``-p tests.guards`` in pyproject.toml).
"""

from __future__ import annotations

import ipaddress
import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers.chromium import chromium_path


class NetworkForbiddenError(RuntimeError):
    """A test tried to leave this machine."""


def _stays_here(address: object) -> bool:
    if not isinstance(address, tuple):  # a Unix socket
        return True
    host = str(address[0])
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    """Refuse every connection that leaves the loopback addresses."""
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(address: object) -> None:
        if not _stays_here(address):
            message = f"a test may only speak to this machine, not to {address}"
            raise NetworkForbiddenError(message)

    def connect(self: socket.socket, address: Any) -> None:
        check(address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return real_connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the browser tests out, aloud, where there is no Chromium."""
    if chromium_path() is not None:
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(
                pytest.mark.skip(reason="no Chromium: apt-get install chromium, or set CHROMIUM to its path")
            )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say last, once for each reason, how many tests did not run."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for report in terminalreporter.stats.get("skipped", [])
    )
    for reason, count in sorted(reasons.items()):
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(f"!! {tests} did not run: {reason}", yellow=True, bold=True)
