"""The annex of the annual report of a site: a page, and the same as a file to hand in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.annex import queries
from lms.annex.printing import as_pdf
from lms.annex.sections import Section, sections
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.web.slots import filled
from lms.web.times import local_day, show_moment

bp = Blueprint("annex", __name__, template_folder="../templates", url_prefix="/sites")
#: No site has records from before.
EARLIEST = 2000


@bp.get("/<uuid:site_id>/annex")
@requires(Permission.CONSOLE_SEE)
def annex(site_id: UUID) -> ResponseReturnValue:
    """Show a site's year: production, deviations, actions, training, and who paused and lifted what."""
    now = clock.now()
    this_year = local_day(now, viewer().zone).year
    found, parts = _annex(site_id, now)
    return render_template("lms/annex/annex.html", a=found, parts=parts, years=range(this_year, this_year - 5, -1))


@bp.get("/<uuid:site_id>/annex.pdf")
@requires(Permission.CONSOLE_SEE)
def pdf(site_id: UUID) -> ResponseReturnValue:
    """Hand out the same as a tagged PDF."""
    now = clock.now()
    found, parts = _annex(site_id, now)
    title = _("Annex to the annual report %(year)s", year=found.year)
    known = _("As known on %(at)s", at=show_moment(now, viewer().zone))
    foot = _("Printed copy, uncontrolled unless stamped")
    body = as_pdf(title=title, site=f"{found.place.name} ({found.place.code})", known=known, foot=foot, sections=parts)
    name = f"{found.place.code}-annex-{found.year}.pdf"
    return Response(body, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _annex(site_id: UUID, now: datetime) -> tuple[queries.Annex, list[Section]]:
    this_year = local_day(now, viewer().zone).year
    year = request.args.get("year", this_year, type=int)
    if not EARLIEST <= year <= this_year:
        raise NotAllowed(_("Choose a year from 2000 to this one."))
    found = queries.annex(viewer(), site_id, year)
    others = filled("annex.sections", site_id=site_id, first=found.first, until=min(found.end, now))
    return found, [*sections(found), *others]
