"""“What I raised, promised and did”: a person's own part of follow-through, for that person alone."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from behavior_metrics.follow_through.days import ROLLING_DAYS
from behavior_metrics.own_part.queries import own
from lms import clock
from lms.permissions import Permission, requires, viewer

bp = Blueprint("own_part", __name__, template_folder="../templates")


@bp.get("/my-follow-through")
@requires(Permission.OWN_RECORD_SEE)
def index() -> ResponseReturnValue:
    """Show the reader's own last 180 days. The address names nobody, so it can show nobody else."""
    found = own(viewer().person_id, clock.now(), viewer().zone)
    return render_template("behavior_metrics/own_part.html", own=found, days=ROLLING_DAYS)
