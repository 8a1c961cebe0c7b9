"""What a client does once: open a page, sign in, save, sit a check. Each returns the bytes and the seconds of one step."""

from __future__ import annotations

import re
import time
from itertools import count
from urllib.parse import urlsplit

from bench.hosting import PASSWORD
from bench.load import Act, Answer, BadAnswer, Browser, beside, timed

_numbers = count(1)
#: Counts up from save to save, as a browser's does; a run lasts less than the days that 31 bits of milliseconds hold.
_sequences = count(1)


def page(endpoint: str) -> Act:
    """Return the act of opening one's own page of an endpoint, with what it fetches beside; one address after another."""

    def act(browser: Browser, number: int) -> tuple[int, float]:
        urls = browser.pages.get(endpoint)
        if not urls:
            message = f"{browser.login} reaches no page of {endpoint}"
            raise BadAnswer(message)
        begun = time.perf_counter()
        opened = browser.get(urls[number % len(urls)])
        parts = [browser.get_part(address) for address in beside(opened.text)]
        return sum(len(part.body) for part in (opened, *parts)), time.perf_counter() - begun

    return act


def reference(path: str, argument: str = "") -> Act:
    """Return the act of opening a page of the reference, with another row each time."""

    def act(browser: Browser, number: int) -> tuple[int, float]:
        return timed(lambda: browser.get(f"{path}?{argument}={number % 1000}" if argument else path))

    return act


def sign_in(browser: Browser, _number: int) -> tuple[int, float]:
    """Sign in: the form, and the name and password that are sent with it."""
    begun = time.perf_counter()
    form = browser.sign_in(browser.login, PASSWORD)
    return len(form.body), time.perf_counter() - begun


def good_catch(browser: Browser, _number: int) -> tuple[int, float]:
    """Report a good catch: one form, a change of records, the trail of it. The form's own moment is sent back."""
    if "occurred_at" not in browser.kept:
        form = browser.get("/good-catch")
        browser.kept["occurred_at"] = _first(r'name="occurred_at"[^>]* value="([^"]+)"', form)
    story = f"Bag {next(_numbers)}: the label was smudged, both persons read it again."
    fields = {"description": story, "occurred_at": browser.kept["occurred_at"]}
    return timed(lambda: _led_to(browser.post("/good-catch", fields), "/good-catch/"))


def save_answer(browser: Browser, _number: int) -> tuple[int, float]:
    """Save an answer as the question page does at each choice. The attempt is started by the first."""
    if "answer" not in browser.kept:
        attempt = _start(browser, 0)
        shown = browser.get(f"{attempt}/questions/1")
        browser.kept["answer"] = f"{attempt}/questions/1/answer"
        browser.kept["option"] = _first(r'name="chosen" value="([^"]+)"', shown)
    choice = {"chosen": [browser.kept["option"]], "flagged": False, "sequence": next(_sequences)}
    return timed(lambda: browser.post_json(browser.kept["answer"], choice))


def sit(browser: Browser, number: int) -> tuple[int, float]:
    """Sit a knowledge check: start, every question with one save, the overview, hand in, the result; timed is handing in.

    Every answer is left open, so that nobody passes and the check can be sat again.
    """
    attempt = _start(browser, number)
    total = int(_first(r"(?s)<h1>[^<]*?(\d+)\s*</h1>", browser.get(f"{attempt}/questions/1")))
    for position in range(1, total + 1):
        if position > 1:
            browser.get(f"{attempt}/questions/{position}")
        nothing = {"chosen": [], "flagged": False, "sequence": next(_sequences)}
        browser.post_json(f"{attempt}/questions/{position}/answer", nothing)
    browser.get(f"{attempt}/review")
    _, wait = timed(lambda: _led_to(browser.post(f"{attempt}/hand-in", {}), f"{attempt}/result"))
    return len(browser.get(f"{attempt}/result").body), wait


def _start(browser: Browser, number: int) -> str:
    """Start an attempt, or go on with the open one; return its address."""
    if not browser.checks:
        message = f"{browser.login} has no knowledge check to sit"
        raise BadAnswer(message)
    assignment, part = browser.checks[number % len(browser.checks)]
    started = browser.post("/attempts", {"assignment": assignment, "part": part})
    return urlsplit(_led_to(started, "/attempts/").location).path


def _led_to(answer: Answer, path: str) -> Answer:
    if answer.status not in {302, 303} or not urlsplit(answer.location).path.startswith(path):
        message = f"{answer.status} led to {answer.location or 'no page'}, not to {path}"
        raise BadAnswer(message)
    return answer


def _first(pattern: str, answer: Answer) -> str:
    found = re.search(pattern, answer.text)
    if found is None:
        message = f"the page lacks {pattern}"
        raise BadAnswer(message)
    return found[1]
