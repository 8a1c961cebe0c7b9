"""What a server with two workers keeps in memory after every page was served, and whether analysis got into it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.figures import Goal, Verdict
from bench.hosting import PASSWORD, Kind, hosted
from bench.load import BadAnswer, Browser
from bench.meter import loaded_analytics, proportional_mebibytes
from bench.pages import Installation

WORKERS = 2
#: G13, in MiB.
AT_MOST = 160.0
#: Each page is opened so often that both workers serve it.
TIMES = 8


@dataclass(frozen=True, slots=True)
class Memory:
    """PSS in MiB just started and after every page, and the packages of analysis that were loaded by then."""

    started: float
    served: float
    analytics: list[str]
    #: the first page after which each package was there
    loaded_by: dict[str, str]
    pages: int
    refused: list[str]


def measure_memory(at: Installation) -> Memory:
    """Serve every page that the readers of the network reach, from two workers, and look at their memory."""
    loaded_by: dict[str, str] = {}
    refused: list[str] = []
    pages = 0
    with hosted(Kind.PRODUCT, at.url, at.data_dir, workers=WORKERS) as host:
        started = proportional_mebibytes(host.process)
        for role in sorted({reader.role for reader in at.network.readers}):
            reader = at.network.of(role)[0]
            browser = Browser(host.port, reader.login)
            browser.sign_in(reader.login, PASSWORD)
            for endpoint, urls in reader.pages.items():
                for url in urls:
                    pages += 1
                    try:
                        for _ in range(TIMES):
                            browser.get(url)
                            browser.close()  # the next connection may go to the other worker
                    except (BadAnswer, OSError) as error:
                        refused.append(f"{role}: {error}")
                for package in loaded_analytics(host.process):
                    loaded_by.setdefault(package, f"{endpoint} as {role}")
        served = proportional_mebibytes(host.process)
        analytics = loaded_analytics(host.process)
    return Memory(started, served, analytics, loaded_by, pages, refused)


def judged_memory(memory: Memory) -> Goal:
    """Hold the memory against G13."""
    found = f"{memory.served:.0f} MiB after {memory.pages} pages ({memory.started:.0f} MiB just started)"
    if memory.analytics:
        blame = ", ".join(f"{package} (first by {memory.loaded_by[package]})" for package in memory.analytics)
        found += f"; loaded: {blame}"
    else:
        found += "; no package of analysis loaded"
    if memory.refused:
        found += f"; {len(memory.refused)} pages refused, first {memory.refused[0]}"
    holds = memory.served <= AT_MOST and not memory.analytics and not memory.refused
    bound = f"at most {AT_MOST:.0f} MiB PSS, no analysis"
    what = f"memory of {WORKERS} workers"
    return Goal("G13", what, bound, Verdict.HOLDS if holds else Verdict.DOES_NOT, found, must=True)
