"""The list behind a figure: the very deviations it counts."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import FIGURES, PAGE_SIZE, Behind, places, records
from lms import clock
from lms.deviations.filters import day
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed

bp = Blueprint("behavior_records", __name__, template_folder="../templates")


@bp.get("/behavior/records")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """List what a figure counts: ``figure``, ``quarter``, ``site`` or ``team``, ``known_on``, as its link names them."""
    behind = _behind()
    here = places(viewer())
    team = here.team(behind.team) if behind.team else None
    page = max(1, request.args.get("page", 1, type=int))
    total, rows = records(viewer(), here, behind, page)
    site = next((site for site in here.sites if site.id == behind.site), None)
    return render_template(
        "behavior_metrics/records.html", behind=behind, team=team, site=site, total=total, rows=rows, page=page,
        pages=-(-total // PAGE_SIZE), as_of=clock.now(), query={k: v for k, v in request.args.items() if k != "page"},
    )  # fmt: skip


def _behind() -> Behind:
    given = request.args
    try:
        site = UUID(given["site"]) if given.get("site") else None
        team = UUID(given["team"]) if given.get("team") else None
        quarter = Quarter.parse(given.get("quarter", ""))
    except ValueError:
        raise _not_understood() from None
    if given.get("figure") not in FIGURES:
        raise _not_understood()
    return Behind(given["figure"], quarter, site, team, day("known_on", given))


def _not_understood() -> NotAllowed:
    return NotAllowed("This address names no figure. Go back to Behaviour and open the list from there.")
