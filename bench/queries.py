"""What each page asks of the database: every route that answers GET, opened by every role on the measured network.

``python -m bench.queries`` reads the prepared network from its input, walks the application of its environment in this
process, and prints what it found.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from flask.testing import FlaskClient

from bench.figures import Goal, Verdict
from bench.hosting import PASSWORD, installed
from bench.network import Network, Reader
from bench.walk import Visit, readable_rules, signed_in, token_of, walk
from lms.app import create_app

AT_MOST = 6


@dataclass(frozen=True, slots=True)
class Counted:
    """One endpoint: how often its page came, and the least and most statements that it asked."""

    endpoint: str
    pages: int
    roles: list[str]
    least: int
    most: int
    #: the address that asked most, and what it asked
    url: str
    statements: list[str]
    writes: list[str]

    @property
    def holds(self) -> bool:
        """Whether the page keeps to the goal."""
        return self.most <= AT_MOST and not self.writes


@dataclass(frozen=True)
class Walked:
    """The whole walk. ``unreached`` are endpoints of which no reader got a page: they are not proven."""

    counted: list[Counted]
    unreached: list[str]
    #: addresses that ended in a fault of the program
    broken: list[str]
    #: endpoint -> most statements of a page together with what it fetches beside
    together: dict[str, int]

    @classmethod
    def read(cls, text: str) -> Walked:
        """Return what a walking process printed."""
        values: dict[str, Any] = json.loads(text)
        return cls(
            [Counted(**row) for row in values["counted"]], values["unreached"], values["broken"], values["together"]
        )


def count_queries(network: Network) -> Walked:
    """Walk the application of this environment as each role, and count."""
    app = create_app(installed())
    visits: list[tuple[str, Visit]] = []
    for role in sorted({reader.role for reader in network.readers}):
        for reader in _walkers(network.of(role)):
            client = signed_in(app, reader.login, PASSWORD)
            if reader.checks:
                _start_attempt(client, *reader.checks[0])
            visits += [(role, visit) for visit in walk(app, client, reader.login)]
    by_endpoint: defaultdict[str, list[tuple[str, Visit]]] = defaultdict(list)
    for role, visit in visits:
        if visit.status < 400:  # a redirect asks and could write as well
            by_endpoint[visit.endpoint].append((role, visit))
    endpoints = {str(rule.endpoint) for rule in readable_rules(app)}
    return Walked(
        counted=[_counted(endpoint, found) for endpoint, found in sorted(by_endpoint.items())],
        unreached=sorted(endpoints - by_endpoint.keys()),
        broken=sorted({f"{role}: {visit.url} ({visit.status})" for role, visit in visits if visit.status >= 500}),
        together=_together([visit for _, visit in visits]),
    )


def _together(visits: list[Visit]) -> dict[str, int]:
    """Return the most statements of each page that fetches parts of itself, those parts counted with it."""
    asked = {(visit.login, visit.url): len(visit.statements) for visit in visits}
    most: dict[str, int] = {}
    for visit in visits:
        if visit.beside:
            total = len(visit.statements) + sum(asked.get((visit.login, address), 0) for address in visit.beside)
            most[visit.endpoint] = max(most.get(visit.endpoint, 0), total)
    return most


def _walkers(readers: list[Reader]) -> list[Reader]:
    """Return who reaches most pages, and one who has a knowledge check to sit."""
    sitting = [reader for reader in readers if reader.checks]
    return [max(readers, key=lambda reader: len(reader.pages)), *sitting[:1]]


def _start_attempt(client: FlaskClient, assignment: str, part: str) -> None:
    """Start an attempt, so that its pages are there to be walked."""
    form = {"csrf_token": token_of(client), "assignment": assignment, "part": part}
    answer = client.post("/attempts", data=form)
    if answer.status_code not in {302, 303}:
        message = f"the knowledge check cannot be started: {answer.status_code}"
        raise RuntimeError(message)


def _counted(endpoint: str, found: list[tuple[str, Visit]]) -> Counted:
    worst = max((visit for _, visit in found), key=lambda visit: len(visit.statements))
    return Counted(
        endpoint,
        len(found),
        sorted({role for role, _ in found}),
        min(len(visit.statements) for _, visit in found),
        len(worst.statements),
        worst.url,
        list(worst.statements),
        sorted({write for _, visit in found for write in visit.writes}),
    )


def judged_queries(walked: Walked) -> list[Goal]:
    """Hold the walk against the goal: six statements of a request at most, and none that writes."""
    what = f"statements of a page, over {len(walked.counted)} endpoints and every role"
    bound = f"at most {AT_MOST}, none writes"
    bad = [one for one in walked.counted if not one.holds]
    most = max((one.most for one in walked.counted), default=0)
    found = f"at most {most}"
    if bad:
        found = "; ".join(f"{one.endpoint}: {one.most} statements, {len(one.writes)} writing" for one in bad)
    if walked.broken:
        found += f"; broken: {', '.join(walked.broken)}"
    if walked.unreached:
        found += f"; not reached: {', '.join(walked.unreached)}"
    holds = bool(walked.counted) and not bad and not walked.broken
    goals = [Goal("G14", what, bound, Verdict.HOLDS if holds else Verdict.DOES_NOT, found, must=True)]
    if walked.together:
        sums = ", ".join(f"{endpoint}: {total}" for endpoint, total in sorted(walked.together.items()))
        what = "statements of pages that fetch parts of themselves, parts included"
        goals.append(Goal("G14", what, "beside it", Verdict.PRINTED, sums))
    return goals


def main() -> None:
    """Walk the application of this environment and print what was counted as JSON."""
    sys.stdout.write(json.dumps(asdict(count_queries(Network.read(sys.stdin.read())))))


if __name__ == "__main__":
    main()
