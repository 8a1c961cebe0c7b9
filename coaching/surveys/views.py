"""Pages of the survey: the sheet, its receipt, the published climate. The custodian's are in ``coaching.custody``."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from coaching.surveys import api, exports, queries, sealed
from coaching.surveys.forms import answers_from
from coaching.surveys.instrument import in_force
from coaching.surveys.release import K_FLOOR
from lms import clock
from lms.exports import sheets
from lms.permissions import Permission, requires, viewer

bp = Blueprint("survey", __name__, template_folder="../templates", url_prefix="/survey")


@bp.before_request
def _forget_what_was_sent_without_a_session() -> ResponseReturnValue | None:
    """Ask a lost session to sign in again without carrying answers to whoever signs in next."""
    if request.method == "POST" and not current_user.is_authenticated:
        return redirect(url_for("identity.sign_in", next=request.path), 303)
    return None


# -- the respondent -------------------------------------------------------------------------------------------------------


@bp.get("/<uuid:review_id>")
@requires(Permission.SURVEY_ANSWER)
def page(review_id: UUID) -> ResponseReturnValue:
    """Show the sheet: first what happens to the answer. The page is the same before and after answering."""
    asked = queries.own_sheet(viewer().person_id, review_id)
    state = queries.ticket_state(asked) if asked.is_open(clock.now()) else "over"
    people = queries.members_on(asked.team_id, asked.closed_on) if asked.team_id else 0
    return render_template(
        "coaching/survey.html", asked=asked, state=state, instrument=in_force(), people=people, enough=K_FLOOR
    )


@bp.post("/<uuid:review_id>")
@requires(Permission.SURVEY_ANSWER)
def finish(review_id: UUID) -> ResponseReturnValue:
    """Seal what was answered, which may be nothing. What comes back is the same for everybody."""
    sealed.submit(viewer().person_id, review_id, answers_from(request.form, in_force()), at=clock.now())
    return redirect(url_for(".received", review_id=review_id), 303)


@bp.get("/<uuid:review_id>/received")
@requires(Permission.SURVEY_ANSWER)
def received(review_id: UUID) -> ResponseReturnValue:
    """Show the receipt, which anybody who was asked can open at any time."""
    asked = queries.own_sheet(viewer().person_id, review_id)
    return render_template("coaching/survey_received.html", asked=asked)


# -- the published climate ------------------------------------------------------------------------------------------------


@bp.get("/climate")
@requires(Permission.CLIMATE_SEE)
def climate() -> ResponseReturnValue:
    """Show the published figures of the reader's sites, and which teams wait."""
    return render_template("coaching/survey_climate.html", climate=api.climate(viewer()), enough=K_FLOOR)


@bp.get("/climate.csv")
@requires(Permission.CLIMATE_SEE)
def climate_file() -> ResponseReturnValue:
    """Hand out the page's figures as a file."""
    body = sheets.as_csv(exports.HEADINGS, exports.cells(api.climate(viewer())))
    return Response(body, mimetype="text/csv", headers={"Content-Disposition": 'attachment; filename="climate.csv"'})
