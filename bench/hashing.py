"""Signing in with argon2id beside Werkzeug's default hash: the hashes alone, and whole sign-ins through the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from werkzeug.security import check_password_hash, generate_password_hash

from bench import acts
from bench.figures import Goal, Ratio, judged_ratio, paired
from bench.hosting import PASSWORD, Kind, hosted
from bench.load import Browser
from bench.network import CLIENTS
from bench.pages import Installation, roots
from bench.windows import AT_ONCE_8, Target, Window, measure, series
from lms.identity import passwords

CHECKS_PER_ROUND = 8
#: How many times as many sign-ins as with Werkzeug's default hash.
AT_LEAST = 1.5
OURS, THEIRS = Kind.PRODUCT, Kind.PRODUCT_WERKZEUG


@dataclass(frozen=True, slots=True)
class Hashes:
    """Processor milliseconds of one check, by hash, and how many times faster argon2id is."""

    argon2id: float
    werkzeug: float
    method: str
    ratio: Ratio | None


def compare_hashes(rounds: int) -> Hashes:
    """Return what one check costs with each hash, measured in turn."""
    ours, theirs = passwords.hash_password(PASSWORD), generate_password_hash(PASSWORD)
    argon2id, werkzeug = [], []
    for _ in range(rounds):
        argon2id.append(_milliseconds(lambda: passwords.matches(ours, PASSWORD)))
        werkzeug.append(_milliseconds(lambda: check_password_hash(theirs, PASSWORD)))
    middle = len(argon2id) // 2
    return Hashes(sorted(argon2id)[middle], sorted(werkzeug)[middle], theirs.split("$")[0], paired(werkzeug, argon2id))


def _milliseconds(check: Callable[[], bool]) -> float:
    begun = time.process_time()
    for _ in range(CHECKS_PER_ROUND):
        if not check():
            raise AssertionError("a right password was refused")
    return (time.process_time() - begun) / CHECKS_PER_ROUND * 1000


def measure_sign_ins(at: Installation, rounds: int, seconds: float, say: Callable[[str], None]) -> list[Window]:
    """Sign in eight people over and over, to the product and to the product with the other hash in turn."""
    operators = [reader for reader in at.network.of("operator") if not reader.checks]
    targets = []
    with ExitStack() as stack:
        for kind in (OURS, THEIRS):
            host = stack.enter_context(hosted(kind, at.url, at.data_dir, workers=at.workers))
            browsers = [Browser(host.port, operators[n % len(operators)].login) for n in range(CLIENTS)]
            targets.append(Target(kind, roots(host, at.url), browsers, acts.sign_in))
        return measure(targets, [AT_ONCE_8], rounds, seconds, lambda text: say(f"{at.database}, sign-in: {text}"))


def judged_hashes(hashes: Hashes) -> Goal:
    """Compare the hashes alone."""
    what = f"a check of argon2id ({hashes.argon2id:.0f} CPU-ms) against {hashes.method} ({hashes.werkzeug:.0f} CPU-ms)"
    return judged_ratio("sign-in", what, hashes.ratio, at_least=AT_LEAST, must=False)


def judged_sign_ins(at: Installation, windows: list[Window]) -> Goal:
    """Hold the rate of whole sign-ins against the goal."""
    ours, theirs = series(windows, OURS, AT_ONCE_8), series(windows, THEIRS, AT_ONCE_8)
    what = f"{at.database}: sign-ins per second, {ours.rate:.0f} against {theirs.rate:.0f} with Werkzeug's default hash"
    errors = len(ours.errors) + len(theirs.errors)
    return judged_ratio("sign-in", what, ours.rate_over(theirs), at_least=AT_LEAST, errors=errors)
