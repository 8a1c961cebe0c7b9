"""The released climate by team and quarter: suppressed as it was released, with how reliably it was measured. No order by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from behavior_metrics.climate import exports, pictures
from behavior_metrics.climate.cells import Climate, ClimateReading, read
from behavior_metrics.climate.queries import Answered, answered, as_cell, released, reliability
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.queries import Places, TeamPlace, places
from behavior_metrics.openings.views import opened
from coaching.api import ReliabilityRow
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotFound
from lms.web.typed import page_asked

bp = Blueprint("behavior_climate", __name__, template_folder="../templates")

#: Quarters shown: two years and the one going on. Teams on one page.
SHOWN, TEAMS = 9, 50


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the page and its files are made of."""

    places: Places
    window: Window
    reading: ClimateReading
    reliability: Sequence[ReliabilityRow]
    answered: Sequence[Answered]
    as_of: datetime

    def team(self) -> TeamPlace | None:
        """Return the team of the address, or the first by name with a figure."""
        asked = request.args.get("team", "")
        try:
            if asked:
                return self.places.team(UUID(asked))
        except ValueError:
            raise NotFound("There is no such team at your sites.") from None
        told = self.reading.by_team
        return next((team for team in self.places.teams if team.id in told), next(iter(self.places.teams), None))

    def pools(self) -> list[tuple[str, Mapping[Quarter, Climate]]]:
        """Return what small teams gave together: of each site by name, then (no name) of the network."""
        names = {site.id: site.name for site in self.places.sites}
        found: dict[str, dict[Quarter, Climate]] = {}
        for pool in self.reading.pooled:
            found.setdefault(names[pool.site] if pool.site else "", {})[pool.quarter] = pool.climate
        return sorted(found.items(), key=lambda one: (not one[0], one[0]))


def _numbers() -> _Numbers:
    here, now = places(viewer()), clock.now()
    window, rows = here.window(now, SHOWN), released(viewer(), here)
    reading = read(map(as_cell, rows))
    return _Numbers(here, window, reading, reliability(reading.instrument), answered(rows, here, window), now)


@bp.get("/behavior/climate")
@requires(Permission.METRICS_SEE)
@opened
def index() -> ResponseReturnValue:
    """Show each team's quarters as released, one team's trend (``team``), the response, and how reliable the figures are."""
    numbers = _numbers()
    team, here = numbers.team(), numbers.places
    pages = -(-len(here.teams) // TEAMS)
    at = max(1, min(page_asked(), pages))
    teams = here.teams[(at - 1) * TEAMS : at * TEAMS]
    named = {one.full_name for one in teams}
    quarters = numbers.window.quarters
    own = numbers.reading.of(team.id) if team else {}
    return render_template(
        "behavior_metrics/climate.html", places=here, team=team, teams=teams, page=at, pages=pages, window=numbers.window,
        climate=numbers.reading, pools=numbers.pools(), reliability=numbers.reliability, figures_in_all=len(numbers.answered),
        # as the table above: the page's teams, and on the last what small teams gave together
        answered=[one for one in numbers.answered if (at == pages if one.pooled else one.place in named)],
        as_of=numbers.as_of,
        # drawn by this server from numbers and escaped words alone
        picture=Markup(pictures.trend_picture(team.full_name, own, quarters)) if team and own else "",  # noqa: S704
    )  # fmt: skip


@bp.get("/behavior/climate-reliability.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
@opened
def reliability_file(file_type: str) -> Response:
    """Hand out how reliable the figures are, as released."""
    return download(
        file_type, "climate-reliability", exports.RELIABILITY, exports.reliability_cells(_numbers().reliability)
    )


@bp.get("/behavior/climate-response.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
@opened
def answered_file(file_type: str) -> Response:
    """Hand out how many answered, in the bands that were released."""
    return download(file_type, "climate-response", exports.ANSWERED, exports.answered_cells(_numbers().answered))
