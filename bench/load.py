"""Readers with browsers of their own, and the two ways they come: as fast as they are answered, or one page every 2 s."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import unescape
from urllib.parse import urlencode, urlsplit

from bench.figures import percentile
from bench.hosting import LOOPBACK

#: A client in use: one page or one save in so many seconds.
SECONDS_PER_PAGE = 2.0
ANSWER_SECONDS = 30.0


class BadAnswer(RuntimeError):
    """A page or a save was not answered as it must be. It counts as an error of the line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    location: str

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Browser:
    """One reader: a connection that is kept open, their cookies, and the token that their forms carry."""

    def __init__(
        self,
        port: int,
        login: str = "",
        pages: Mapping[str, Sequence[str]] | None = None,
        checks: Sequence[Sequence[str]] = (),
    ) -> None:
        self.login = login
        #: addresses this reader can open, by endpoint
        self.pages = pages or {}
        #: assignment and part of each knowledge check to sit
        self.checks = checks
        #: what an act wants to remember of this reader
        self.kept: dict[str, str] = {}
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_SECONDS)
        self._cookies: dict[str, str] = {}
        self._token = ""

    def get(self, path: str) -> Answer:
        """Ask for a page. Raises ``BadAnswer`` unless it comes with 200."""
        return self._checked("GET", path, self._send("GET", path, None, {}), {200})

    def get_part(self, path: str) -> Answer:
        """Fetch a part of a page as the page's script does. Raises ``BadAnswer`` unless it comes with 200."""
        return self._checked("GET", path, self._send("GET", path, None, AS_A_PART), {200})

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form with its token. Raises ``BadAnswer`` unless it is answered with 200 or a redirect."""
        body = urlencode({"csrf_token": self._token, **fields}).encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._checked("POST", path, self._send("POST", path, body, sent), {200, 302, 303})

    def post_json(self, path: str, value: object) -> Answer:
        """Send what a page's script sends. Raises ``BadAnswer`` unless it is answered with 200."""
        sent = {"Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": self._token}
        return self._checked("POST", path, self._send("POST", path, json.dumps(value).encode(), sent), {200})

    def sign_in(self, login: str, password: str) -> Answer:
        """Sign in as a browser does: fetch the form, send it; return the form. Raises ``BadAnswer`` if refused."""
        self._cookies.clear()
        form = self.get("/sign-in")
        self.read_token(form)
        answer = self.post("/sign-in", {"login": login, "password": password})
        if answer.status not in {302, 303}:
            message = f"{login} cannot sign in: {answer.status}"
            raise BadAnswer(message)
        return form

    def read_token(self, answer: Answer) -> None:
        """Take the token of this session's forms from a page."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', answer.text)
        if found is None:
            raise BadAnswer("the page carries no token for forms")
        self._token = found[1]

    def close(self) -> None:
        """Close the connection; the next request opens another, and the cookies stay."""
        self._connection.close()

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, body, {**headers, "Cookie": cookie} if cookie else headers)
        response = self._connection.getresponse()
        content = response.read()
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";", 1)[0].partition("=")
            self._cookies[name] = value
        return Answer(response.status, content, response.headers.get("Location") or "")

    @staticmethod
    def _checked(method: str, path: str, answer: Answer, good: set[int]) -> Answer:
        lost = urlsplit(answer.location).path == "/sign-in"
        if answer.status not in good or lost:
            words = " ".join(re.sub(r"(?s)<head.*?</head>|<nav.*?</nav>|<[^>]+>", " ", answer.text).split())
            message = f"{method} {path}: {'the session is gone' if lost else f'{answer.status}, {words[:200]}'}"
            raise BadAnswer(message)
        return answer


#: One page or one save by a browser; returns the bytes of the page and the seconds of the step that the line is about.
Act = Callable[[Browser, int], tuple[int, float]]


class Pace(StrEnum):
    """How a client comes back."""

    #: The next request as soon as the last was answered: for processor time and the highest rate.
    AT_ONCE = "at once"
    #: One page or save every 2 s: for what a reader waits.
    EVERY_2_S = "every 2 s"


@dataclass(slots=True)
class Sample:
    """What the clients of one window saw."""

    seconds: float
    waits: list[float] = field(default_factory=list)
    size: int = 0
    errors: list[str] = field(default_factory=list)

    def wait(self, percent: float) -> float:
        """Return a percentile of the answers' times, in milliseconds."""
        return percentile(self.waits, percent) * 1000


def drive(browsers: Sequence[Browser], act: Act, pace: Pace, seconds: float) -> Sample:
    """Let each browser act for so many seconds, and return what they saw. A client that fails goes on."""
    sample = Sample(seconds)
    lock = threading.Lock()
    begun = time.perf_counter()

    def client(number: int, browser: Browser) -> None:
        due = begun + (number / len(browsers) * SECONDS_PER_PAGE if pace is Pace.EVERY_2_S else 0.0)
        count = 0
        while True:
            if max(due, time.perf_counter()) - begun >= seconds:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                size, wait = act(browser, count)
            except (BadAnswer, OSError, http.client.HTTPException) as error:
                browser.close()
                with lock:
                    sample.errors.append(f"{type(error).__name__}: {error}")
                time.sleep(0.05)  # a server that refuses at once must not be asked a thousand times
            else:
                with lock:
                    sample.size = size
                    sample.waits.append(wait)
            count += 1
            due = due + SECONDS_PER_PAGE if pace is Pace.EVERY_2_S else 0.0
        browser.close()  # the server closes idle connections after 5 s; the next window opens its own

    threads = [threading.Thread(target=client, args=(number, browser)) for number, browser in enumerate(browsers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sample.seconds = time.perf_counter() - begun
    return sample


#: What the page's script says when it fetches a part.
AS_A_PART = {"HX-Request": "true"}


def beside(page: str) -> list[str]:
    """Return the addresses that a page fetches by itself as soon as it is there: they are part of what it costs."""
    elements = re.findall(r"<[^>]*\bhx-get=[^>]*>", page)
    loading = [element for element in elements if re.search(r'hx-trigger="[^"]*\bload\b', element)]
    return [unescape(address) for element in loading for address in re.findall(r'hx-get="([^"]+)"', element)]


def timed(step: Callable[[], Answer]) -> tuple[int, float]:
    """Return the bytes of an answer and how long it took."""
    begun = time.perf_counter()
    answer = step()
    return len(answer.body), time.perf_counter() - begun
