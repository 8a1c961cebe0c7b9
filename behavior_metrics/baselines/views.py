"""The baselines of a site: every version with its signature, the months to choose from, and freezing the next one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from behavior_metrics.baselines import commands, exports
from behavior_metrics.baselines.forms import FreezeForm
from behavior_metrics.baselines.queries import versions
from behavior_metrics.baselines.rules import FEWEST_MONTHS, MOST_MONTHS, RAISED
from behavior_metrics.baselines.showing import drift_of
from behavior_metrics.frames.queries import places
from behavior_metrics.months.queries import Counted, monthly
from behavior_metrics.months.rules import Month, until
from lms import clock
from lms.exports.download import download
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame, version_of
from lms.web.times import local_day

bp = Blueprint("behavior_baselines", __name__, template_folder="../templates")


@bp.get("/behavior/recurrence/<uuid:site_id>/baselines")
@requires(Permission.METRICS_SEE)
def index(site_id: UUID) -> ResponseReturnValue:
    """Show every baseline a site ever had, and the months of which the next one can be made."""
    return _page(site_id)


@bp.post("/behavior/recurrence/<uuid:site_id>/baselines")
@requires(Permission.BASELINE_FREEZE)
def freeze(site_id: UUID) -> ResponseReturnValue:
    """Freeze the months chosen, by signature."""
    form = FreezeForm()
    form.offer(_months(site_id))
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            run(
                commands.freeze_baseline,
                viewer().proven(proof),
                form.reason.data,
                site_id,
                first=Month.parse(form.first.data),
                last=Month.parse(form.last.data),
                reason=form.reason.data,
                current=version_of(form),
            )
            flash(_("Frozen and signed. Later months are held against it from now on."))
            return redirect(url_for("behavior_recurrence.index", site=site_id) + "#drift")
        except NotAllowed as refusal:
            status = blame(form, refusal, "password")
    return _page(site_id, form), status


@bp.get("/behavior/recurrence/<uuid:site_id>/drift.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def months_file(site_id: UUID, file_type: str) -> ResponseReturnValue:
    """Hand out the months against the baseline in force; no line while there is none."""
    found = drift_of(viewer(), places(viewer()).site(site_id))
    rows = exports.month_cells(found.watches, found.baseline.number) if found else ()
    return download(file_type, "drift", exports.MONTHS, rows)


def _months(site_id: UUID) -> list[Month]:
    """Return the months that are over at a site. Raises ``NotFound`` for another's."""
    site = places(viewer()).site(site_id)
    return until(local_day(clock.now(), site.zone), MOST_MONTHS)


def _page(site_id: UUID, refused: FreezeForm | None = None) -> str:
    here = places(viewer())
    site = here.site(site_id)
    months = until(local_day(clock.now(), site.zone), MOST_MONTHS)
    counted = monthly(viewer(), {site.zone}, months, site=site_id).get(site_id, {})
    begun = min(counted, default=months[-1])
    rows = [(month, counted.get(month, Counted())) for month in months if month >= begun]
    history = versions(viewer(), site_id)
    number = history[0].baseline.number if history else 0
    form = refused or FreezeForm(None)
    form.offer(months)
    if refused is None:
        form.first.data, form.last.data = str(rows[0][0]), str(months[-1])
        form.version.data = number
    return render_template(
        "behavior_metrics/baselines.html", places=here, site=site, rows=rows[::-1], history=history, number=number,
        form=form, may_freeze=viewer().may(Permission.BASELINE_FREEZE, site_id), raised=RAISED, fewest=FEWEST_MONTHS,
        as_of=clock.now(),
    )  # fmt: skip
