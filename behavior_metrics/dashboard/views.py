"""The page of the product's sentence: climate, follow-through and recurrences of a team, then what the network shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from behavior_metrics.accountability.queries import Kept, kept_by_team
from behavior_metrics.climate.cells import Climate, ClimateReading
from behavior_metrics.climate.queries import climate
from behavior_metrics.dashboard import exports, pictures
from behavior_metrics.dashboard.lines import SiteLine, TeamLine, site_lines, team_lines
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import (
    Frame,
    Places,
    SitePlace,
    TeamPlace,
    frame,
    frames_of,
    places,
    recurred_lately,
)
from behavior_metrics.frames.sheet import Sheet
from behavior_metrics.linkage.answers import answer
from behavior_metrics.linkage.queries import analysis
from behavior_metrics.linkage.rows import COUNTED, QUARTERS
from behavior_metrics.openings.views import opened
from behavior_metrics.stats.intervals import rate_ratio
from lms import clock
from lms.deviations.filters import day
from lms.permissions import Actor, Permission, requires, viewer
from lms.refusals import NotFound
from lms.web.slots import Figure
from lms.web.typed import page_asked

bp = Blueprint("behavior", __name__, template_folder="../templates")

#: Quarters drawn: two years and the one going on. Sites on a page, with their teams.
SHOWN, SITES = 9, 24
_EVERY = slice(None)
#: What the page and its files count: the study's own, and what stands beside it.
FIGURES = (*COUNTED, "good_catches", "to_be_raised", "raised_first", "raised_in_time", "recorded_later")


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the page and its files are made of."""

    frame: Frame
    climate: ClimateReading
    kept: Mapping[tuple[UUID, Quarter], Kept]

    @property
    def drawn(self) -> Frame:
        """The quarters that are drawn."""
        return replace(self.frame, window=self.frame.window.last(SHOWN))

    def team(self, team: TeamPlace) -> Sequence[TeamLine]:
        """The chosen team's quarters."""
        return team_lines(self.drawn, self.climate, self.kept, team)

    def sites(self, some: slice = _EVERY) -> list[tuple[SitePlace, Sequence[SiteLine]]]:
        """Every site's quarters or those of some, sites by name."""
        drawn = self.drawn
        return [(site, site_lines(drawn, site)) for site in drawn.places.sites[some]]


def _numbers() -> _Numbers:
    counted = frame(viewer(), clock.now(), QUARTERS, day("known_on", request.args), FIGURES)
    return _Numbers(counted, climate(viewer(), counted.places), kept_by_team(viewer(), counted.window))


def _chosen(here: Places) -> TeamPlace | None:
    """Return the team of the address, or the first by name."""
    asked = request.args.get("team", "")
    if not asked:
        return here.teams[0] if here.teams else None
    try:
        return here.team(UUID(asked))
    except ValueError:
        raise NotFound("There is no such team at your sites.") from None


def _pools(released: ClimateReading, sites: Iterable[SitePlace]) -> list[tuple[str, Mapping[Quarter, Climate]]]:
    """Return what small teams gave together by quarter: of these sites by name, then (no name) of the network."""
    names: dict[UUID | None, str] = {site.id: site.name for site in sites}
    names[None] = ""
    found: dict[str, dict[Quarter, Climate]] = {}
    for pool in released.pooled:
        if pool.site in names:
            found.setdefault(names[pool.site], {})[pool.quarter] = pool.climate
    return sorted(found.items(), key=lambda one: (not one[0], one[0]))


@bp.get("/behavior")
@requires(Permission.METRICS_SEE)
@opened
def index() -> ResponseReturnValue:
    """Show one team on one time axis, the sites' rates and their teams' released climate, and whether they go together."""
    here, now, known_on = places(viewer()), clock.now(), day("known_on", request.args)
    team, pages = _chosen(here), -(-len(here.sites) // SITES)
    at = max(1, min(page_asked(), pages))
    part = slice((at - 1) * SITES, at * SITES)
    found = None
    if known_on is None or known_on > here.window(now, QUARTERS).last_full_day:
        # what goes together is asked of all that is known, never of a past day; the rest is read of the sites shown
        seen = {site.id for site in here.sites[part]} | ({team.site.id} if team else set())
        everywhere, counted = frames_of(viewer(), now, QUARTERS, FIGURES, here, seen)
        released, kept = climate(viewer(), here), kept_by_team(viewer(), counted.window)
        numbers, found = _Numbers(counted, released, kept), analysis(everywhere, released)
    else:
        numbers = _numbers()
    some = numbers.sites(part)
    sites = [one for one in some if any(line.counts.batches or line.counts.recurrences for line in one[1])]
    busy, shown = {site.id for site, _lines in sites}, {site.id for site, _lines in some}
    lines = numbers.team(team) if team else ()
    names = {site.code: site.name for site in here.sites}
    return render_template(
        "behavior_metrics/dashboard.html", places=here, team=team, lines=lines, sites=sites, drawn=numbers.drawn,
        idle=[site.name for site, _lines in some if site.id not in busy], page=at, pages=pages,
        teams=[one for one in here.teams if one.site.id in shown],
        climate=numbers.climate, pools=_pools(numbers.climate, (site for site, _lines in some)), analysis=found,
        query={k: v for k, v in request.args.items() if k != "page"},
        answer=answer(found.output, names) if found and found.output else None, as_of=numbers.frame.as_of,
        # drawn by this server from numbers and escaped words alone
        tracks=Markup(pictures.tracks_picture(lines, team.full_name)) if team else "",  # noqa: S704
        rates=Markup(pictures.sites_picture([(site.name, own) for site, own in sites])) if sites else "",  # noqa: S704
    )  # fmt: skip


@bp.get("/behavior/team.csv")
@requires(Permission.METRICS_SEE)
@opened
def team_csv() -> ResponseReturnValue:
    """Hand out one team's three tracks."""
    numbers = _numbers()
    team = _chosen(numbers.frame.places)
    if team is None:
        raise NotFound("There is no team at your sites yet.")
    return handed_out(exports.team_sheet(viewer(), numbers.frame, team, numbers.team(team)), "team-quarters")


@bp.get("/behavior/sites.csv")
@requires(Permission.METRICS_SEE)
def sites_csv() -> ResponseReturnValue:
    """Hand out the sites' rates."""
    numbers = _numbers()
    sites = [(site.name, lines) for site, lines in numbers.sites()]
    return handed_out(exports.sites_sheet(viewer(), numbers.frame, sites), "site-quarters")


@bp.get("/behavior/climate.csv")
@requires(Permission.METRICS_SEE)
@opened
def climate_csv() -> ResponseReturnValue:
    """Hand out the released climate."""
    numbers = _numbers()
    return handed_out(exports.climate_sheet(viewer(), numbers.drawn, numbers.climate), "team-climate")


def handed_out(sheet: Sheet, name: str) -> Response:
    """Return a file for download."""
    return Response(
        sheet.as_csv(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'}
    )


def figures(*, viewer: Actor, now: datetime) -> Iterable[Figure]:
    """Give QA on the home page the quarter's confirmed recurrences beside those of the last."""
    if not viewer.may(Permission.METRICS_SEE):
        return
    quarter, last, present = recurred_lately(viewer, now)
    note = _(
        "in %(now)s batches; last quarter %(last)s in %(before)s",
        now=present.batches,
        last=last.recurrences,
        before=last.batches,
    )
    if present.batches and last.batches and (present.recurrences or last.recurrences):
        ratio = rate_ratio(last.recurrences, last.batches, present.recurrences, present.batches).estimate
        high = "∞" if ratio.high == float("inf") else f"{ratio.high:.1f}"
        note += _(", ratio of rates %(low)s to %(high)s", low=f"{ratio.low:.1f}", high=high)
    target = url_for("behavior_records.index", figure="recurrences", quarter=str(quarter))
    yield Figure(_("Recurrences this quarter"), present.recurrences, note, target)
