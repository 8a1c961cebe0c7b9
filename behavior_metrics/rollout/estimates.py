"""What went with the start of coaching, and the same as text to be kept: for each site by itself, and for sites in turn.

A site by itself is a series of months cut at its first review (interrupted series); sites that began in different
quarters are compared with those still waiting (stepped wedge). Both outcomes stay apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import Check
from behavior_metrics.stats.rate_findings import BeforeStart, Effect, Refusal

if TYPE_CHECKING:  # they bring numpy
    from behavior_metrics.stats.interrupted_series import InterruptedSeries
    from behavior_metrics.stats.stepped_wedge import SteppedWedge

#: Raised whenever the meaning of these estimates changes.
METHOD_VERSION = 1
OUTCOMES = ("independent", "self_reported")
#: A series has three effects (step, bend, slope before) of ten events each; the wedge is gated as every study of sites.
SERIES_EVENTS, WEDGE_SITES, WEDGE_EVENTS = 30, 8, 50


@dataclass(frozen=True, slots=True)
class SiteMonth:
    """One month of a site in which it made batches, months counted since the year 0."""

    site: str
    month: int
    batches: int
    independent: int
    self_reported: int


@dataclass(frozen=True, slots=True)
class Told:
    """A rate ratio of after over before with its doubt; without one, what is missing or why.

    `lead` is how bad the periods right before the start were against what was to be expected, `warned` whether they were
    bad, `without` the ratio when they are not looked at. `smallest` is the fall that would usually have been seen.
    """

    ratio: Estimate | None = None
    verdict: str = ""
    smallest: float | None = None
    warned: bool | None = None
    lead: float | None = None
    without: Estimate | None = None
    missing: tuple[Check, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class SiteStart:
    """A site, the month of its first review (None: none was held yet), and what went with it."""

    start: int | None
    told: Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class Found:
    """What came out: by site, and over all sites by their quarters."""

    sites: Mapping[str, SiteStart]
    network: Mapping[str, Told]


def estimated(rows: Sequence[SiteMonth], starts: Mapping[str, int]) -> Found:
    """Estimate every site's series and the wedge of all. `starts` is the month of each site's first review."""
    by_site: dict[str, list[SiteMonth]] = {}
    for row in rows:
        by_site.setdefault(row.site, []).append(row)
    sites = {
        site: SiteStart(
            starts.get(site),
            {outcome: _series(sorted(own, key=_month), outcome, starts.get(site)) for outcome in OUTCOMES},
        )
        for site, own in by_site.items()
    }
    return Found(sites, {outcome: _wedge(rows, outcome, starts) for outcome in OUTCOMES})


def _series(rows: Sequence[SiteMonth], outcome: str, start: int | None) -> Told:
    from behavior_metrics.stats.interrupted_series import FEWEST_PER_SIDE, interrupted_series  # noqa: PLC0415 - a job's

    if start is None:
        return Told(refusal="Not estimable because no review was held here yet.")
    events = [getattr(row, outcome) for row in rows]
    checks = (
        Check("months_before", sum(row.month < start for row in rows), FEWEST_PER_SIDE),
        Check("months_after", sum(row.month >= start for row in rows), FEWEST_PER_SIDE),
        Check("events", sum(events), SERIES_EVENTS),
    )
    if not all(check.met for check in checks):
        return Told(missing=tuple(check for check in checks if not check.met))
    try:
        found: InterruptedSeries = interrupted_series(
            events, [row.batches for row in rows], [row.month for row in rows], start
        )
    except NoEstimate as reason:
        return Told(refusal=str(reason))
    return _told(found.step, found.before_start)


def _wedge(rows: Sequence[SiteMonth], outcome: str, starts: Mapping[str, int]) -> Told:
    """Compare quarters: that of the first review counts as coached, although part of it lay before."""
    from behavior_metrics.stats.stepped_wedge import stepped_wedge  # noqa: PLC0415 - scipy comes with the job

    cells: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        cell = cells.setdefault((row.site, row.month // 3), [0, 0])
        cell[0] += getattr(row, outcome)
        cell[1] += row.batches
    events = sum(cell[0] for cell in cells.values())
    checks = (
        Check("sites", len({site for site, _ in cells}), WEDGE_SITES),
        Check("starts", len({starts[site] // 3 for site, _ in cells if site in starts}), 2),
        Check("events", events, WEDGE_EVENTS),
    )
    if not all(check.met for check in checks):
        return Told(missing=tuple(check for check in checks if not check.met))
    coached = [float(site in starts and quarter >= starts[site] // 3) for site, quarter in cells]
    try:
        found: SteppedWedge = stepped_wedge(
            [cell[0] for cell in cells.values()],
            [cell[1] for cell in cells.values()],
            [site for site, _ in cells],
            [quarter for _, quarter in cells],
            coached,
        )
    except NoEstimate as reason:
        return Told(refusal=str(reason))
    return _told(found.coached, found.before_start)


def _told(effect: Effect, before: BeforeStart | Refusal) -> Told:
    if isinstance(before, Refusal):
        return Told(effect.ratio, effect.verdict, effect.smallest)
    without = None if isinstance(before.without, Refusal) else before.without.ratio
    lead = before.lead.ratio.value
    return Told(effect.ratio, effect.verdict, effect.smallest, before.warned, lead, without)


def _month(row: SiteMonth) -> int:
    return row.month


def fingerprint(rows: Sequence[SiteMonth], starts: Mapping[str, int]) -> str:
    """Return the SHA-256 of the method, every row and every start, as 64 hexadecimal digits."""
    content = [METHOD_VERSION, sorted(list(asdict(row).values()) for row in rows), sorted(starts.items())]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def as_text(found: Found) -> str:
    """Write what came out, to the last digit."""
    return json.dumps(asdict(found))


def from_text(text: str) -> Found:
    """Read what came out."""
    read: dict[str, Any] = json.loads(text)
    sites = {site: SiteStart(one["start"], _outcomes(one["told"])) for site, one in read["sites"].items()}
    return Found(sites, _outcomes(read["network"]))


def _outcomes(read: dict[str, dict[str, Any]]) -> dict[str, Told]:
    return {outcome: _read(one) for outcome, one in read.items()}


def _read(one: dict[str, Any]) -> Told:
    ratio, without = (Estimate(**one[name]) if one[name] else None for name in ("ratio", "without"))
    missing = tuple(Check(**check) for check in one["missing"])
    return Told(**{**one, "ratio": ratio, "without": without, "missing": missing})
