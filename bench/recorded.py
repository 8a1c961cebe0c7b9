"""Goals that are printed only: held against another system that was measured by hand on another day, or not measured here.

The figures of Moodle 4.3 (opcache on, PostgreSQL, 500 users, 19 pages, a quiz of 20) are of 22-Nov-2026, on 2 processors. A
figure of another day and another machine tells an order of magnitude, no more.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench import lines
from bench.figures import Goal, Verdict
from bench.pages import Pages
from bench.windows import AT_ONCE_8

#: Line, goal, what of Moodle's, its CPU-ms, and the bound as a part of it.
COSTS = (
    (lines.HOME, "G1", "dashboard", 92.7, 8),
    (lines.MODULE_PAGE, "G1", "page of an SOP", 72.6, 8),
    (lines.SITTING, "G4", "quiz of 20 from view to review", 420.0, 12),
    (lines.MATRIX, "G5", "completion report of 25 users x 20", 189.0, 15),
)
MOODLES_SIGN_INS = 24.7
#: What needs a prepared database of millions of rows or a package that Candor does not depend on.
ELSEWHERE = (
    ("G10", "compliance of a network of 20 million assignments", "at most 100 ms p95"),
    ("G11", "growth of an operator's page and of a site's matrix from 0.2 to 20 million rows", "at most 1.5x"),
    ("G12", "dashboard job over 5 million answers and 1 million deviations", "at most 1/4 of pandas.read_sql"),
)


def printed_goals(measured: Sequence[Pages]) -> list[Goal]:
    """Return the goals that are printed only."""
    goals = []
    for pages in measured:
        for name, key, theirs, cost, part in COSTS:
            seen = pages.of(name, AT_ONCE_8)
            if seen.requests and seen.cost:
                what = f"{pages.database}: CPU of {name} against Moodle's {theirs}, recorded {cost:g} CPU-ms"
                goals.append(Goal(key, what, f"at most 1/{part}", Verdict.PRINTED, f"1/{cost / seen.cost:.0f}"))
        seen = pages.of(lines.SIGN_IN, AT_ONCE_8)
        if seen.requests:
            what = f"{pages.database}: sign-ins per second, 8 clients, against Moodle's, recorded {MOODLES_SIGN_INS:g}"
            found = f"{seen.rate / MOODLES_SIGN_INS:.1f}x ({seen.rate:.0f} per second)"
            goals.append(Goal("G6", what, "at least 1.5x", Verdict.PRINTED, found))
    goals += [
        Goal(key, what, bound, Verdict.NOT_MEASURED, "not part of this run: see docs/performance.md")
        for key, what, bound in ELSEWHERE
    ]
    return goals
