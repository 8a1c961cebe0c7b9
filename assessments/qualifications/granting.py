"""When a qualification is due, and until when it will last. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from assessments.qualifications.rules import Facts, Run, Status, consecutive_passes, decide, evidence_at
from lms.web.times import local_day, start_of_day

#: A qualification may be renewed this long before it runs out, so that nobody has to lapse to be renewed.
RENEWAL_OPENS = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Due:
    """What is still missing before a qualification can be granted, and what it would rest on."""

    #: Sentences' codes (vocabulary ``grant_missing``) with their names; empty: it can be granted.
    missing: tuple[tuple[str, dict[str, str]], ...]
    runs: tuple[Run, ...]
    runs_needed: int
    is_renewal: bool
    valid_to: datetime | None
    #: What runs out first: kind (``run``, ``module`` or ``grant``) and name.
    runs_out: tuple[str, str]

    @property
    def can_be_granted(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month where it does not exist."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_later_at(at: datetime, months: int, zone: str) -> datetime:
    """Return the first moment of the site's day some months after the day of ``at``."""
    return start_of_day(months_later(local_day(at, zone), months), zone)


def due(facts: Facts, at: datetime, zone: str) -> Due:
    """Return what a grant at ``at`` would rest on and what is missing.

    The first time, and after a withdrawal: every module in the version in force and ``runs_needed`` passed runs in a row that
    have not run out. To renew, or after a lapse: one run passed since (EU GMP Annex 1 §9: three at first, then one each
    period). It lasts until the earliest of: the newest run plus the task's months, and the end of each completion.
    """
    evidence = evidence_at(facts, at)
    last = evidence.grant
    held = last is not None and last.holds_at(at)
    withdrawn = last is not None and last.ended_at is not None
    needed = min(1, facts.runs_needed) if last is not None and not withdrawn else facts.runs_needed
    fresh = [run for run in evidence.runs if months_later_at(run.observed_at, facts.valid_months, zone) > at]
    since = None if last is None else last.ended_at or last.valid_from
    passes = consecutive_passes(run for run in fresh if since is None or run.observed_at > since)
    missing: list[tuple[str, dict[str, str]]] = []
    if decide(facts, at).status is Status.PAUSED:
        missing.append(("paused", {}))
    if not evidence.modules:
        missing.append(("no_modules", {}))
    missing += [
        ("module", {"module": m.module.title, "version": str(m.version.number)})
        for m in evidence.modules
        if m.state != "done"
    ]
    if len(passes) < needed:
        missing.append(("runs", {"passed": str(len(passes)), "runs": str(needed)}))
    valid_to, runs_out = _runs_out(facts, passes, at, zone)
    if held and last is not None and (last.valid_to - at > RENEWAL_OPENS or valid_to <= last.valid_to):
        missing.append(("not_yet", {}))
    return Due(tuple(missing), tuple(passes), needed, last is not None, valid_to, runs_out)


def _runs_out(facts: Facts, passes: list[Run], at: datetime, zone: str) -> tuple[datetime, tuple[str, str]]:
    newest = max((run.observed_at for run in passes), default=None)
    if newest is not None:
        ends = [(months_later_at(newest, facts.valid_months, zone), ("run", ""))]
    else:
        ends = [(months_later_at(at, facts.valid_months, zone), ("grant", ""))]
    for module in evidence_at(facts, at).modules:
        if module.state == "done" and module.completion is not None and module.completion.counts_until is not None:
            ends.append((module.completion.counts_until, ("module", module.module.title)))
    return min(ends)
