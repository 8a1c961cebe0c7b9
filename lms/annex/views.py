"""The annex of the annual report of a site: one page, made to be printed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.annex import queries
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.web.slots import filled
from lms.web.times import local_day

bp = Blueprint("annex", __name__, template_folder="../templates", url_prefix="/sites")
#: No site has records from before.
EARLIEST = 2000


@bp.get("/<uuid:site_id>/annex")
@requires(Permission.CONSOLE_SEE)
def annex(site_id: UUID) -> ResponseReturnValue:
    """Show a site's year: production, deviations, actions, training, and who paused and lifted what."""
    now = clock.now()
    this_year = local_day(now, viewer().zone).year
    year = request.args.get("year", this_year, type=int)
    if not EARLIEST <= year <= this_year:
        raise NotAllowed(_("Choose a year from 2000 to this one."))
    found = queries.annex(viewer(), site_id, year)
    until = min(found.end, now)
    return render_template(
        "lms/annex/annex.html",
        a=found,
        until=until,
        years=range(this_year, this_year - 5, -1),
        panels=sorted(
            filled("annex.panels", site_id=site_id, first=found.first, until=until), key=lambda panel: panel.order
        ),
    )
