"""The survey on a phone of the trade's usual kind: bytes of its page, and until something is painted.

``python -m bench.survey_page ROUNDS`` closes reviews in the empty database of its environment, serves it, opens the sheet
of each as its operator would, and prints what it found. The phone is Lighthouse's slow one, emulated by Chromium: 150 ms
there and back, 1.6 Mbit/s down, a processor four times slower. It has been at the sign-in page before, as everybody has.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import Goal, Verdict
from bench.hosting import Kind, hosted, installed
from bench.load import BadAnswer
from lms import clock, schema
from lms.app import create_app
from lms.extensions import db
from tests.factories.people import PASSWORD, Someone
from tests.factories.surveys import a_closed_review, a_crew, a_registered_key
from tests.servers.chromium import CHROMIUM_ARGUMENTS, chromium_path

PHONE = {"width": 390, "height": 844}
#: Milliseconds there and back, bytes a second down and up, how many times slower (Lighthouse's "slow 4G" and phone).
LATENCY, DOWN, UP, SLOWER = 150, 1.6e6 / 8, 750e3 / 8, 4
MOST_MS, MOST_BYTES = 1000.0, 30_000
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@dataclass(frozen=True, slots=True)
class Painted:
    """Milliseconds until the first paint of each sheet, and the bytes of the largest page as it was sent."""

    first_paint_ms: list[float]
    page_bytes: int


def measure_survey_page(rounds: int) -> Painted:
    """Open as many sheets as rounds, each by somebody else on a phone of their own."""
    settings = installed()
    app = create_app(settings)
    with app.app_context():
        schema.create_everything()
        a_registered_key()
        crew = a_crew(rounds)
        sheets = [
            (operator, f"/survey/{a_closed_review(crew.coach, operator, clock.now() - timedelta(hours=1))}")
            for operator in crew.operators
        ]
        db.session.remove()
    painted, sizes = [], []
    with hosted(Kind.PRODUCT, settings.database_url, settings.data_dir, workers=1) as host, sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_ARGUMENTS))
        for operator, path in sheets:
            with _phone(chromium, f"http://127.0.0.1:{host.port}", operator) as page:
                answer = page.goto(path)
                if answer is None or not answer.ok:
                    raise BadAnswer(f"{path} answered {answer and answer.status}")
                page.wait_for_function(f"({PAINTED}) > 0")
                painted.append(float(page.evaluate(PAINTED)))
                sizes.append(len(answer.body()))
        chromium.close()
    return Painted(painted, max(sizes))


@contextmanager
def _phone(chromium: Browser, address: str, operator: Someone) -> Iterator[Page]:
    context = chromium.new_context(viewport=PHONE, base_url=address, has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("User name").fill(operator.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    slow = context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY, "downloadThroughput": DOWN, "uploadThroughput": UP},
    )
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    yield page
    context.close()


def read_painted(text: str) -> Painted:
    """Return what a measuring process printed."""
    values: dict[str, Any] = json.loads(text)
    return Painted(**values)


def judged_survey_page(found: Painted) -> list[Goal]:
    """Hold the first paint and the size against what was promised."""
    middle, worst = median(found.first_paint_ms), max(found.first_paint_ms)
    said = f"{middle:.0f} ms ({min(found.first_paint_ms):.0f} to {worst:.0f}, {len(found.first_paint_ms)} sheets)"
    return [
        Goal(
            "survey",
            "first paint of a sheet on a throttled phone",
            f"at most {MOST_MS:.0f} ms",
            Verdict.HOLDS if middle <= MOST_MS else Verdict.DOES_NOT,
            said,
            must=True,
        ),
        Goal(
            "survey",
            "its page as sent",
            f"at most {MOST_BYTES:,} bytes",
            Verdict.HOLDS if found.page_bytes <= MOST_BYTES else Verdict.DOES_NOT,
            f"{found.page_bytes:,} bytes",
            must=True,
        ),
    ]


def main() -> None:
    """Measure so many rounds and print what was found as JSON."""
    sys.stdout.write(json.dumps(asdict(measure_survey_page(int(sys.argv[1])))))


if __name__ == "__main__":
    main()
