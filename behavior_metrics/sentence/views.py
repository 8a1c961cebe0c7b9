"""Accountability, the page of the product's sentence: climate, follow-through and recurrence on one time axis.

The index holds neither score nor recurrence; it is set beside them. It speaks of teams and sites and of nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import median

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from behavior_metrics.climate.cells import ClimateReading
from behavior_metrics.climate.queries import climate_of
from behavior_metrics.follow_through.days import ROLLING_DAYS, Span
from behavior_metrics.follow_through.queries import PAGE_SIZE, Behind, counted, items
from behavior_metrics.follow_through.tallies import Counted, Place
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.queries import Frame, Places, frame, frame_of, places
from behavior_metrics.openings.views import opened
from behavior_metrics.sentence import answers, exports, lines, pictures
from behavior_metrics.sentence.lines import Chosen, spans_of
from behavior_metrics.sentence.queries import index_by_quarter, nightly
from behavior_metrics.stats.followthrough import FEWEST, FEWEST_IN_ALL, FEWEST_PARTS, FEWEST_PEOPLE, PARTS
from behavior_metrics.stats.index_check import FEWEST_PAIRS, part_correlations, sensitivity, stability
from behavior_metrics.weights.queries import zones_and_weights
from behavior_metrics.weights.rules import Weights
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.web.parts import render_part
from lms.web.typed import page_asked

bp = Blueprint("accountability", __name__, template_folder="../templates")

#: Quarters drawn: two years and the one going on.
SHOWN = 9


@dataclass(frozen=True)
class _Numbers:
    """What the page and its file are made of."""

    frame: Frame
    climate: ClimateReading
    counted: Counted
    weights: Weights
    chosen: Chosen | None

    @cached_property
    def quarters(self) -> tuple[lines.Line, ...]:
        """The chosen place's quarters."""
        if self.chosen is None:
            return ()
        return lines.lines(self.frame, self.climate, self.counted, self.chosen, self.weights.percents)

    @cached_property
    def last_days(self) -> lines.Standing | None:
        """How the chosen place stands in the last 180 days."""
        if self.chosen is None:
            return None
        return lines.standing(self.counted, self.chosen.place, lines.ROLLING, self.weights.percents)


def _numbers() -> _Numbers:
    here = places(viewer())
    chosen, now = _chosen(here), clock.now()
    seen = frame_of(viewer(), now, SHOWN, here, (chosen.place.site,)) if chosen else frame(viewer(), now, SHOWN)
    zones, weights = zones_and_weights()
    asked = (chosen.place, lines.ROLLING) if chosen else None
    found = counted(viewer(), spans_of(seen.window), zones, days_of=asked)
    team = here.team(chosen.place.team) if chosen and chosen.place.team else None
    return _Numbers(seen, climate_of(viewer(), here, team), found, weights, chosen)


def _chosen(here: Places) -> Chosen | None:
    """Return the team or site of the address, or the first team. Raises ``NotFound`` for one of another site alike."""
    asked = request.args.get("place", "")
    every = [Chosen(Place(team.site.id, team.id), team.full_name) for team in here.teams]
    sites = [Chosen(Place(site.id), site.name) for site in here.sites]
    if not asked:
        return next(iter((*every, *sites)), None)
    found = next((one for one in (*every, *sites) if str(one.id) == asked), None)
    if found is None:
        raise NotFound("There is no such team or site among yours.")
    return found


@bp.get("/behavior/accountability")
@requires(Permission.METRICS_SEE)
@opened
def index() -> ResponseReturnValue:
    """Show one team or site on one time axis, its last 180 days by part, and what the index is worth."""
    numbers = _numbers()
    chosen, here = numbers.chosen, numbers.frame.places
    days = {part: (median(known), len(known)) for part, known in numbers.counted.days.items()}
    return render_template(
        "behavior_metrics/accountability.html", places=here, chosen=chosen, lines=numbers.quarters, parts=PARTS,
        last=numbers.last_days, days=days, weights=numbers.weights, as_of=numbers.frame.as_of,
        flips=lines.flips(numbers.counted, here, numbers.weights.percents), window_days=ROLLING_DAYS,
        fewest={"parts": FEWEST_PARTS, "cases": FEWEST_IN_ALL, "people": FEWEST_PEOPLE, "part": FEWEST},
        until=numbers.frame.window.last_full_day,
        # drawn by this server from numbers and escaped words alone
        tracks=Markup(pictures.tracks_picture(numbers.quarters, chosen)) if chosen else "",  # noqa: S704
    )  # fmt: skip


@bp.get("/behavior/accountability.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
@opened
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the page's numbers with every count behind the index."""
    numbers = _numbers()
    if numbers.chosen is None or numbers.last_days is None:
        raise NotFound("There is no team at your sites yet.")
    rows = exports.cells(numbers.chosen, numbers.quarters, numbers.last_days, numbers.weights)
    return download(file_type, "accountability", exports.HEADINGS, rows)


@bp.get("/behavior/accountability/associations")
@requires(Permission.METRICS_SEE)
@opened
def associations() -> ResponseReturnValue:
    """Give the page what goes with what, fetched beside it: the newest night's answer, never a sum made here."""
    here = places(viewer())
    found = nightly() if here.whole_network else None
    rows = answers.rows(found.recurrence, found.found) if found else ()
    return render_part(
        "behavior_metrics/_associations.html",
        _("Declared associations"),
        (url_for(".index"), _("Accountability")),
        style="candor/behavior.css",
        found=found,
        rows=rows,
    )


@bp.get("/behavior/accountability/records")
@requires(Permission.METRICS_SEE)
def records() -> ResponseReturnValue:
    """List the records behind a figure (``part``, ``place``, ``quarter`` or the last 180 days, ``done=1``)."""
    here = places(viewer())
    chosen, part = _chosen(here), request.args.get("part", "")
    if chosen is None or part not in PARTS:
        raise NotAllowed("This address names no figure. Go back to Accountability and open the list there.")
    quarter, span = _asked_span(here.window(clock.now(), SHOWN))
    zones, _weights = zones_and_weights()
    behind = Behind(part, span, chosen.place, request.args.get("done") == "1")
    page = page_asked()
    total, rows = items(viewer(), behind, zones, page)
    return render_template(
        "behavior_metrics/accountability_records.html", behind=behind, chosen=chosen, quarter=quarter, total=total,
        rows=rows, page=page, pages=-(-total // PAGE_SIZE), as_of=clock.now(),
        query={key: value for key, value in request.args.items() if key != "page"},
    )  # fmt: skip


def _asked_span(window: Window) -> tuple[Quarter | None, Span]:
    text = request.args.get("quarter", "")
    spans = {span.key: span for span in spans_of(window)}
    if not text:
        return None, spans[lines.ROLLING]
    try:
        quarter = Quarter.parse(text)
    except ValueError:
        quarter = None
    if quarter not in window.quarters:
        raise NotAllowed("This address names no quarter of the last two years. Go back to Accountability.")
    return quarter, spans[quarter.index]


@bp.get("/behavior/accountability/check")
@requires(Permission.METRICS_SEE)
def check() -> ResponseReturnValue:
    """Show what speaks for and against the index itself: its parts, its steadiness, and what the weights decide."""
    here, now = places(viewer()), clock.now()
    zones, weights = zones_and_weights()
    window = here.window(now, SHOWN)
    found = counted(viewer(), spans_of(window), zones)
    teams = lines.team_places(here)
    closed = [quarter.index for quarter in window.closed_quarters]
    values = index_by_quarter(Frame(now, here, window, {}), found, weights.percents)
    return render_template(
        "behavior_metrics/index_check.html", parts=PARTS, weights=weights, fewest_pairs=FEWEST_PAIRS,
        correlations=part_correlations([found.tallies(place, key) for place in teams for key in closed]),
        stability=stability({(team, quarter): value for (_site, team, quarter), value in values.items()}),
        ways=sensitivity(
            [(found.tallies(place, lines.ROLLING), found.people(place, lines.ROLLING)) for place in teams],
            weights.percents,
        ),
        teams=len(teams), as_of=now, window_days=ROLLING_DAYS,
    )  # fmt: skip
