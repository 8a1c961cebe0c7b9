"""Pages called in one process without a server, for processor time that varies by a few percent only. On SQLite, under 30 s.

``python -m bench.inproc CALLS`` reads the prepared network from its input and prints what it found.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from flask.testing import FlaskClient

from bench.figures import percentile
from bench.hosting import PASSWORD, installed
from bench.lines import LINES
from bench.load import AS_A_PART, beside
from bench.network import Network
from bench.reference import PATHS, create_reference
from bench.walk import signed_in
from lms.app import create_app

#: Whatever the number of calls, no more time is spent.
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Called:
    """Processor milliseconds of one call: the 10th percentile and the median, and the median's ratio to L2's."""

    name: str
    p10: float
    p50: float
    over_l2: float
    size: int
    calls: int


def call_in_process(network: Network, calls: int) -> list[Called]:
    """Call each line's page and the reference's pages in turn, and return what each cost."""
    settings = installed()
    reference = create_reference(settings).test_client()
    app = create_app(settings)
    pages: dict[str, tuple[FlaskClient, str]] = {level: (reference, path) for level, path in PATHS.items()}
    for line in LINES:
        reader = next((reader for reader in network.of(line.role) if line.endpoint in reader.pages), None)
        if reader is not None:
            pages[line.name] = (signed_in(app, reader.login, PASSWORD), reader.pages[line.endpoint][0])
    costs: dict[str, list[float]] = {name: [] for name in pages}
    # the first call warms templates and statements
    sizes = {name: _open(client, url) for name, (client, url) in pages.items()}
    deadline = time.monotonic() + SECONDS
    for _ in range(calls):
        for name, (client, url) in pages.items():
            begun = time.process_time()
            _open(client, url)
            costs[name].append((time.process_time() - begun) * 1000)
        if time.monotonic() > deadline:
            break
    plain = percentile(costs["L2"], 50)
    return [
        Called(name, percentile(cost, 10), percentile(cost, 50), percentile(cost, 50) / plain, sizes[name], len(cost))
        for name, cost in costs.items()
    ]


def _open(client: FlaskClient, url: str) -> int:
    """Open a page with what it fetches beside; return the bytes of all."""
    page = client.get(url).get_data(as_text=True)
    parts = [client.get(address, headers=AS_A_PART).get_data() for address in beside(page)]
    return len(page.encode()) + sum(map(len, parts))


def read_calls(text: str) -> list[Called]:
    """Return what a calling process printed."""
    values: list[dict[str, Any]] = json.loads(text)
    return [Called(**row) for row in values]


def main() -> None:
    """Call the pages of this environment's application and print their cost as JSON."""
    called = call_in_process(Network.read(sys.stdin.read()), int(sys.argv[1]))
    sys.stdout.write(json.dumps([asdict(one) for one in called]))


if __name__ == "__main__":
    main()
