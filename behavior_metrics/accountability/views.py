"""The list behind “commitments kept”: due days and what became of them. No names and no text."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from behavior_metrics.accountability.queries import DueIn, commitments_due
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import PAGE_SIZE, places
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.web.typed import page_asked

bp = Blueprint("behavior_commitments", __name__, template_folder="../templates")


@bp.get("/behavior/commitments")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """List a team's commitments due in a quarter (``team``, ``quarter``, ``kept=1`` for those kept)."""
    try:
        wanted = DueIn(
            UUID(request.args.get("team", "")), Quarter.parse(request.args.get("quarter", "")),
            request.args.get("kept") == "1",
        )  # fmt: skip
    except ValueError:
        raise NotAllowed(
            "This address names no team and quarter. Go back to Behaviour and open the list there."
        ) from None
    here, now = places(viewer()), clock.now()
    page = page_asked()
    total, rows = commitments_due(viewer(), here, here.window(now, 1), wanted, page)
    return render_template(
        "behavior_metrics/commitments.html", wanted=wanted, team=here.team(wanted.team), total=total, rows=rows,
        page=page, pages=-(-total // PAGE_SIZE), as_of=now,
        query={k: v for k, v in request.args.items() if k != "page"},
    )  # fmt: skip
