"""The page's charts as files: what stands in them, unrounded, and by which methods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _

from behavior_metrics.accountability.shares import Share
from behavior_metrics.climate.cells import ClimateReading
from behavior_metrics.dashboard.lines import SiteLine, TeamLine
from behavior_metrics.frames.queries import Frame, Places, TeamPlace
from behavior_metrics.frames.sheet import Cell, Sheet
from behavior_metrics.stats.intervals import POISSON_EXACT, WILSON, Estimate
from lms.permissions import Actor
from lms.recurrences.rules import R1, VERSIONS, WINDOW_DAYS
from lms.web.times import show_day, show_moment


def about(reader: Actor, known: str, what: str, scope: str, method: str) -> list[tuple[str, str]]:
    """Return the lines that head every file: what it is, who made it, as known when, of what, and how."""
    return [
        (_("File"), what),
        (_("Made by"), reader.name),
        (_("As known on"), known),
        (_("Filter"), scope),
        (_("Method"), method),
    ]


def _known(reader: Actor, frame: Frame) -> str:
    if frame.known_on is None:
        return show_moment(frame.as_of, reader.zone)
    text: str = _(
        "%(day)s, when it was over at the site: recorded and decided by then, classified as now; commitments and climate "
        "are those of now",
        day=show_day(frame.known_on),
    )
    return text


def recurrence_method() -> str:
    """Say what is counted as a recurrence."""
    text: str = _(
        "Recurrences are matches of rule R1 version %(version)s (same site, process step, category and root cause class "
        "within %(days)s days) that quality assurance confirmed, by the day the later one occurred at its site; per 100 "
        "batches started in the quarter; %(interval)s.",
        version=VERSIONS[R1], days=WINDOW_DAYS, interval=POISSON_EXACT,
    )  # fmt: skip
    return text


def team_sheet(reader: Actor, frame: Frame, team: TeamPlace, lines: Sequence[TeamLine]) -> Sheet:
    """One team's three tracks."""
    method = " ".join(
        (
            recurrence_method(),
            _(
                "Shares: %(interval)s, none below five. Commitments of signed reviews due by the end of the day and done "
                "by then; raised by the performer or a colleague among these and what a supervisor, batch review or audit "
                "found; in time is within 24 hours. Climate is the mean of the released cells of the quarter, low and "
                "high what their rounding leaves open.",
                interval=WILSON,
            ),
        )
    )
    headings = [
        "quarter", "over", "climate", "climate_low", "climate_high", "climate_n_at_least",
        *_named("kept", "due"), *_named("raised_first", "to_be_raised"), *_named("raised_in_time", "raised"),
        "batches", *_rated("recurrences"), *_rated("self_reported"), *_rated("independent"), "good_catches",
        "recorded_later",
    ]  # fmt: skip
    rows = [
        [
            str(line.quarter), _yes(said=line.closed),
            *((c.score, c.low, c.high, c.n_low) if (c := line.climate) else (None,) * 4),
            *_share(line.kept), *_share(line.raised_first), *_share(line.raised_in_time),
            line.counts.batches, line.counts.recurrences, *_three(line.rate), line.counts.self_reported,
            *_three(line.self_reported), line.counts.independent, *_three(line.independent), line.counts.good_catches,
            line.counts.recorded_later,
        ]
        for line in lines
    ]  # fmt: skip
    what = _("Climate, follow-through and recurrences of a team by quarter")
    return Sheet(about(reader, _known(reader, frame), what, team.full_name, method), headings, rows)


def sites_sheet(reader: Actor, frame: Frame, sites: Iterable[tuple[str, Sequence[SiteLine]]]) -> Sheet:
    """Recurrences per 100 batches by site and quarter."""
    rows = [
        [
            name,
            str(line.quarter),
            _yes(said=line.closed),
            line.counts.batches,
            line.counts.recurrences,
            *_three(line.rate),
            line.counts.recorded_later,
        ]
        for name, lines in sites
        for line in lines
    ]
    headings = ["site", "quarter", "over", "batches", *_rated("recurrences"), "recorded_later"]
    what = _("Recurrences per 100 batches by site and quarter")
    known = _known(reader, frame)
    return Sheet(about(reader, known, what, scope(frame.places), recurrence_method()), headings, rows)


def climate_sheet(reader: Actor, frame: Frame, climate: ClimateReading) -> Sheet:
    """Released climate by team and quarter, and the pools of small teams."""
    rows: list[list[Cell]] = []
    for team in frame.places.teams:
        for quarter in frame.window.quarters:
            found = climate.of(team.id).get(quarter)
            if found is not None:
                rows.append(
                    [team.site.name, team.name, str(quarter), found.score, found.rounding, found.n_low, found.cells]
                )
    names = {site.id: site.name for site in frame.places.sites}
    for pool in climate.pooled:
        site = names[pool.site] if pool.site else _("Network")
        found = pool.climate
        rows.append(
            [site, _("small teams together"), str(pool.quarter), found.score, found.rounding, found.n_low, found.cells]
        )
    method = _(
        "Mean of the cells the survey released for the months of the quarter (instrument %(instrument)s); the true mean of "
        "a cell lies within its rounding; the number of people is given as the lower end of its band.",
        instrument=climate.instrument or "–",
    )
    headings = ["site", "team", "quarter", "climate", "rounding", "n_at_least", "cells"]
    now = show_moment(frame.as_of, reader.zone)
    return Sheet(about(reader, now, _("Released team climate"), scope(frame.places), method), headings, rows)


def scope(here: Places) -> str:
    """Name the sites a file is limited to."""
    return _("all sites") if here.whole_network else ", ".join(site.name for site in here.sites)


def _named(done: str, due: str) -> tuple[str, ...]:
    return done, f"{done}_of_{due}", f"{done}_share", f"{done}_low", f"{done}_high"


def _rated(name: str) -> tuple[str, ...]:
    return name, f"{name}_per_100", f"{name}_low", f"{name}_high"


def _share(share: Share) -> tuple[Cell, ...]:
    return share.done, share.due, *_three(share.estimate)


def _three(estimate: Estimate | None) -> tuple[Cell, ...]:
    return (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)


def _yes(*, said: bool) -> str:
    return "yes" if said else "no"
