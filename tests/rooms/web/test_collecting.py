"""A page that makes many rows is not held up by the collector walking through everything that is loaded."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.checkout import ROOT

#: Makes what a page of a large network makes, four times, and prints how often everything was walked through meanwhile.
PAGES = """
import gc
from lms.web import serving
{first}
walks = []
gc.callbacks.append(lambda phase, info: walks.append(phase) if (phase, info["generation"]) == ("stop", 2) else None)
for _ in range(4):
    rows = [(number, [number]) for number in range(30_000)]
print(len(walks))
"""


def walks(first: str) -> int:
    script = PAGES.format(first=first)
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(ran.stdout)


def test_a_worker_walks_through_everything_less_often_than_python_would() -> None:
    assert walks("serving.set_aside_what_is_loaded()") == 0
    assert walks("gc.collect(); gc.freeze()") > 0, "set aside alone is not enough"
