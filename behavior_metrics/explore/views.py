"""Explore: one measure of the counts kept ready, split as one likes, a second one on the same quarters. The address is all.

Records are drawn by the server; this page is for looking around, and its table and its files say the same without a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from behavior_metrics.climate.queries import climate
from behavior_metrics.counting.rules import Facet
from behavior_metrics.explore import exports, pictures
from behavior_metrics.explore.block import block, said, title_of
from behavior_metrics.explore.lines import (
    FACETS,
    Group,
    Line,
    Place,
    Point,
    Track,
    climate_track,
    groups,
    track,
    usual_rate,
)
from behavior_metrics.explore.rules import MOST, Choice, Measure, Per, Split, View, check, choice_of
from behavior_metrics.frames.quarters import Window
from behavior_metrics.frames.queries import Places, SitePlace, TeamPlace, places
from behavior_metrics.frames.rated import FEWEST_EXPECTED, Listed
from behavior_metrics.openings.views import PAGE, opened
from behavior_metrics.summaries.queries import Ask, summed
from coaching.api import is_open
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.web.typed import page_asked

bp = Blueprint("behavior_explore", __name__, template_folder="../templates")

#: Lines of one page.
LINES = 50


@dataclass(frozen=True)
class _Asked:
    """What the address asks for, and where."""

    places: Places
    window: Window
    choice: Choice
    place: Place

    @cached_property
    def groups(self) -> list[Group]:
        """The counts of every line, in one statement."""
        of_teams = self.choice.split is Split.TEAM or isinstance(self.place, TeamPlace)
        facet = Facet.TEAM if of_teams else FACETS[self.choice.split]
        asks = [Ask((facet,), by_site=of_teams or self.choice.split is Split.SITE, by_quarter=True)]
        if facet not in {Facet.ALL, Facet.TEAM}:
            asks.append(Ask((Facet.ALL,), by_quarter=True))
        site = self.place.site if isinstance(self.place, TeamPlace) else self.place
        found = summed(
            viewer(), self.places.zones, [quarter.index for quarter in self.choice.quarters], asks,
            changed=self.places.changed, site=site.id if site else None,
        )  # fmt: skip
        whole = pictures.word("all_network" if self.places.whole_network else "all_sites")
        return groups(self.choice.split, found, self.places, self.place, whole)

    def tracks(self, shown: Sequence[Group]) -> list[Track]:
        """Return the measure, and the second one if there is one, of some of the lines."""
        choice = self.choice
        found = []
        for measure in (choice.measure, choice.second):
            if measure is Measure.CLIMATE:
                found.append(climate_track(climate(viewer(), self.places), self.places, self.place, choice.quarters))
            elif measure is not None:
                per, usual = choice.per_of(measure), usual_rate(self.groups, measure)
                found.append(track(measure, per, shown, usual, choice.quarters))
        return found

    @property
    def closed(self) -> int:
        """How many of the chosen quarters are over everywhere."""
        return sum(quarter.last_day <= self.window.last_full_day for quarter in self.choice.quarters)


def _asked() -> _Asked:
    here = places(viewer())
    window = here.window(clock.now(), MOST)
    choice = choice_of(request.args, window.quarters[-1])
    return _Asked(here, window, choice, _place(here, choice.place))


def _place(here: Places, asked: str) -> Place:
    """Return the site or team of the address. Raises ``NotFound`` for one of another site alike."""
    if not asked:
        return None
    every: tuple[SitePlace | TeamPlace, ...] = (*here.sites, *here.teams)
    found = next((one for one in every if str(one.id) == asked), None)
    if found is None:
        raise NotFound("There is no such team or site among yours.")
    return found


def _check(asked: _Asked) -> None:
    check(asked.choice, asked.window.quarters[-1], of_team=isinstance(asked.place, TeamPlace))


def _page() -> ResponseReturnValue:
    asked, refused = _asked(), None
    try:
        _check(asked)
    except NotAllowed as refusal:
        refused = refusal
    at = page_asked()
    every = [] if refused else asked.groups
    tracks = [] if refused else asked.tracks(every[(at - 1) * LINES : at * LINES])
    page = render_template(
        "behavior_metrics/explore.html", asked=asked, choice=asked.choice, places=asked.places, refused=refused,
        tracks=tracks, measures=Measure, splits=Split, pers=Per, views=View, page=at, pages=-(-len(every) // LINES),
        may_see_climate=is_open(PAGE), open_climate=url_for("behavior_openings.closed", next=request.full_path.rstrip("?")),
        title_of=title_of, said=said, opens=opens, fewest=FEWEST_EXPECTED, drawn=pictures.DRAWN, as_of=clock.now(),
        block=block(tracks, asked.choice.quarters, asked.closed, asked.choice.view, opens),
        # drawn by this server from numbers and escaped words alone
        drawings=[Markup(pictures.picture(one, title_of(one))) for one in tracks],  # noqa: S704
    )  # fmt: skip
    return page, 422 if refused else 200


def _file(file_type: str) -> ResponseReturnValue:
    asked = _asked()
    _check(asked)
    rows = exports.cells(asked.tracks(asked.groups), asked.choice.split, asked.window.last_full_day)
    return download(file_type, "explore", exports.HEADINGS, rows)


#: With climate in them, page and file wait until their reader has opened the figures.
_opened_page, _opened_file = opened(_page), opened(_file)


def _asks_for_climate() -> bool:
    return request.args.get("second") == Measure.CLIMATE


@bp.get("/behavior/explore")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """Show a ``measure`` (``per`` 100 batches or as counts) by ``split`` over quarters ``since``–``until``.

    ``place``: of one site or team; ``second``: another measure under it; ``view``: lines or a heat map.
    """
    return _opened_page() if _asks_for_climate() else _page()


@bp.get("/behavior/explore.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out every line that the page's address asks for."""
    return _opened_file(file_type) if _asks_for_climate() else _file(file_type)


def opens(one: Track, line: Line, point: Point) -> str | None:
    """Return the address of the list that a point counts; None for climate and for batches no list can be narrowed to."""
    if one.measure is Measure.CLIMATE:
        return None
    if one.measure is Measure.BATCHES:
        if line.code is not None or not (line.site or line.team):
            return None
        days = {"from": str(point.quarter.first_day), "to": str(point.quarter.last_day)}
        return url_for("exposure.index", site=line.site, team=line.team, **days)  # type: ignore[arg-type]
    listed = Listed(str(point.quarter), str(point.quarter), line.site)
    address = listed.address(str(one.measure), line.facet, line.code, team=line.team)
    return url_for("behavior_records.index", **address)  # type: ignore[arg-type]
