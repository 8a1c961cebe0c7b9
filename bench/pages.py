"""The application's pages and saves beside the reference, through the same server, on the same database, round by round."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import acts, lines
from bench.figures import Goal, Verdict, judged_ratio
from bench.hosting import PASSWORD, Host, Kind, hosted
from bench.load import Act, Browser
from bench.meter import database_server
from bench.network import CLIENTS, Network
from bench.reference import PATHS
from bench.windows import AT_ONCE_1, AT_ONCE_8, PACED_8, Mode, Series, Target, Window, measure, series

MODES = (AT_ONCE_1, AT_ONCE_8, PACED_8)
#: G2: how many times the plain page L2 a page of the application may cost.
TIMES_L2 = 3.0
REFERENCE_ACTS = {
    "L0": acts.reference(PATHS["L0"]),
    "L1": acts.reference(PATHS["L1"], "id"),
    "L2": acts.reference(PATHS["L2"], "number"),
}
SAVES: dict[str, Act] = {
    lines.SIGN_IN: acts.sign_in,
    lines.SAVE: acts.save_answer,
    lines.SITTING: acts.sit,
    lines.TRAIL_WRITE: acts.good_catch,
}


@dataclass(frozen=True)
class Installation:
    """A prepared network in a database of one kind."""

    #: ``SQLite`` or ``PostgreSQL``
    database: str
    url: str
    data_dir: Path
    network: Network

    @property
    def workers(self) -> int:
        """Processes of its server: one on SQLite, so that its writers queue; one for each of two processors otherwise."""
        return 1 if self.database == "SQLite" else 2


@dataclass(frozen=True)
class Pages:
    """What was measured on one database."""

    database: str
    windows: list[Window]
    #: lines that could not be measured, with the reason
    left_out: dict[str, str]

    def of(self, target: str, mode: Mode) -> Series:
        """Return the rounds of one target in one mode."""
        return series(self.windows, target, mode)

    def names(self) -> list[str]:
        """Return what was measured, the reference first."""
        return list(dict.fromkeys(window.target for window in sorted(self.windows, key=lambda w: w.round)))


def measure_pages(at: Installation, rounds: int, seconds: float, say: Callable[[str], None]) -> Pages:
    """Serve the reference and the product side by side, and measure every line of both in turn."""
    with ExitStack() as stack:
        reference = stack.enter_context(hosted(Kind.REFERENCE, at.url, at.data_dir, workers=at.workers))
        product = stack.enter_context(hosted(Kind.PRODUCT, at.url, at.data_dir, workers=at.workers))
        plain = [Browser(reference.port) for _ in range(CLIENTS)]
        targets = [Target(name, roots(reference, at.url), plain, act) for name, act in REFERENCE_ACTS.items()]
        left_out = {}
        for line in lines.LINES:
            absent = [endpoint for endpoint in line.endpoints if endpoint in at.network.missing]
            if absent:
                left_out[line.name] = f"the application has no {', '.join(absent)}"
                continue
            browsers = _browsers(line, at.network, product)
            if not browsers:
                left_out[line.name] = f"no {line.role} of the network reaches it"
                continue
            act = acts.page(line.endpoint) if line.is_page else SAVES[line.name]
            targets.append(Target(line.name, roots(product, at.url), browsers, act))
        windows = measure(targets, MODES, rounds, seconds, lambda text: say(f"{at.database}: {text}"))
    return Pages(at.database, windows, left_out)


def roots(host: Host, url: str) -> tuple[psutil.Process, ...]:
    """Return the processes whose time a request costs: the server's, and PostgreSQL's."""
    server = database_server(url)
    return (host.process,) if server is None else (host.process, server)


def _browsers(line: lines.Line, network: Network, product: Host) -> list[Browser]:
    """Return eight signed-in browsers for a line, of as many people as there are."""
    readers = network.of(line.role)
    if line.name in {lines.SAVE, lines.SITTING}:
        sitting = [reader for reader in readers if reader.checks]
        readers = sitting[:CLIENTS] if line.name == lines.SAVE else sitting[CLIENTS:]
    elif line.is_page:
        readers = [reader for reader in readers if line.endpoint in reader.pages]
    else:
        readers = [reader for reader in readers if not reader.checks]
    if not readers:
        return []
    browsers = []
    for number in range(CLIENTS):
        reader = readers[number % len(readers)]
        browser = Browser(product.port, reader.login, reader.pages, reader.checks)
        browser.sign_in(reader.login, PASSWORD)
        browser.read_token(browser.get("/"))
        if line.name == lines.METRICS:  # what is shown behind the gate is what is measured
            browser.post("/behavior/figures", {})
        browser.close()
        browsers.append(browser)
    return browsers


def judged_pages(pages: Pages) -> list[Goal]:
    """Hold what was measured on one database against the goals for pages."""
    plain = {level: pages.of(level, AT_ONCE_8) for level in PATHS}
    goals = [
        _against(pages, "G2", name, plain["L2"], f"{name} against L2", TIMES_L2, must=True)
        for name in (lines.HOME, lines.MODULE_PAGE)
    ]
    goals.append(
        _against(pages, "G3", lines.HOME, plain["L1"], "home again (pages are never kept) against L1", 1.3, must=False)
    )
    for name in (lines.HOME, lines.MODULE_PAGE, lines.MATRIX, lines.METRICS):
        seen = pages.of(name, AT_ONCE_8)
        if seen.requests:
            found = f"{seen.wait(99) / seen.wait(50):.1f}x ({seen.wait(50):.1f} and {seen.wait(99):.1f} ms)"
            what = f"{pages.database}: p99 over p50, {name}, 8 clients at once"
            goals.append(Goal("G7", what, "at most 4x", Verdict.PRINTED, found))
    return goals


def _against(pages: Pages, key: str, name: str, plain: Series, what: str, at_most: float, *, must: bool) -> Goal:
    seen = pages.of(name, AT_ONCE_8)
    what = f"{pages.database}: CPU of {what}, 8 clients"
    if name in pages.left_out:
        return Goal(key, what, f"at most {at_most:g}x", Verdict.NOT_MEASURED, pages.left_out[name], must)
    errors = len(seen.errors) + len(plain.errors)
    return judged_ratio(key, what, seen.cost_over(plain), at_most=at_most, errors=errors, must=must)
