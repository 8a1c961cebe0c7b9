"""Pages of the survey: the sheet, its receipt, the published climate. The custodian's are in ``coaching.custody``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from coaching.openings.api import is_open, open_page
from coaching.surveys import api, commands, exports, queries, sealed
from coaching.surveys.forms import answers_from
from coaching.surveys.instrument import in_force
from coaching.surveys.notice import CURRENT, FALLBACK, Case, languages, told
from coaching.surveys.release import K_FLOOR
from coaching.voice.queries import custodian_today
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run

bp = Blueprint("survey", __name__, template_folder="../templates", url_prefix="/survey")

#: The page of published figures in the list of openings.
CLIMATE = "climate"
#: The receipt speaks of no team and of no sheet.
NOBODY = Case(K_FLOOR, K_FLOOR, "", 0, 0)


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
    """Show the sheet, after the notice was read once. The page is the same before and after answering."""
    sheet = api.sheet_page(viewer().person_id, review_id, language(), at=clock.now())
    if sheet.state == "open" and not sheet.notice_read:
        return render_template("coaching/survey_notice.html", sheet=sheet, read=url_for(".read", review_id=review_id))
    return render_template("coaching/survey.html", sheet=sheet, **addresses(review_id))


def addresses(review_id: UUID) -> dict[str, str]:
    """Return where a sheet is sent, and which receipt follows, in the language it is shown in."""
    return {
        "send": url_for(".finish", review_id=review_id, **chosen()),
        "received": url_for(".received", review_id=review_id),
    }


def language() -> str:
    """Return the language for a sheet: chosen on the page, or that of the browser. It is kept nowhere."""
    wanted = [chosen().get("lang", ""), *(tag.partition("-")[0].lower() for tag in request.accept_languages.values())]
    return next((tag for tag in wanted if tag in languages()), FALLBACK)


def chosen() -> dict[str, Any]:
    """Return the language that was chosen on the page, as an address carries it on."""
    wanted = request.args.get("lang", "")
    return {"lang": wanted} if wanted in languages() else {}


@bp.post("/<uuid:review_id>/notice")
@requires(Permission.SURVEY_ANSWER)
def read(review_id: UUID) -> ResponseReturnValue:
    """Note that the reader has read the privacy notice, and lead to the sheet."""
    queries.own_review(viewer().person_id, review_id)
    run(commands.acknowledge_notice, viewer(), "", viewer().person_id)
    return redirect(url_for(".page", review_id=review_id, **chosen()), 303)


@bp.get("/notice")
@requires(Permission.HOME_SEE)
def notice() -> ResponseReturnValue:
    """Show the whole privacy notice to whoever works here."""
    usual = in_force()
    case = Case(K_FLOOR, K_FLOOR, custodian_today(), len(usual.items), usual.minimum_answered)
    return render_template(
        "coaching/survey_notice_page.html", told=told(language(), case), languages=languages(), version=CURRENT
    )


@bp.post("/<uuid:review_id>")
@requires(Permission.SURVEY_ANSWER)
def finish(review_id: UUID) -> ResponseReturnValue:
    """Seal what was answered, which may be nothing. What comes back is the same for everybody."""
    take(viewer().person_id, review_id)
    return redirect(url_for(".received", review_id=review_id, **chosen()), 303)


def take(person_id: UUID | None, review_id: UUID) -> None:
    """Seal what a respondent sent. Raises ``NotAllowed`` before the notice was read, and after the last day."""
    asked = queries.own_review(person_id, review_id)
    ticket = queries.ticket_of(asked)
    if ticket is not None and ticket.notice_read < CURRENT:
        raise NotAllowed("Read first what happens to your answer: open the sheet again. Nothing was kept.")
    instrument = ticket.instrument if ticket else in_force()
    sealed.submit(person_id, review_id, answers_from(request.form, instrument), at=clock.now())


@bp.get("/<uuid:review_id>/received")
@requires(Permission.SURVEY_ANSWER)
def received(review_id: UUID) -> ResponseReturnValue:
    """Show the receipt, which anybody who was asked can open at any time."""
    asked = queries.own_review(viewer().person_id, review_id)
    return render_template("coaching/survey_received.html", asked=asked, told=told(language(), NOBODY))


# -- the published climate ------------------------------------------------------------------------------------------------


@bp.get("/climate")
@requires(Permission.CLIMATE_SEE)
def climate() -> ResponseReturnValue:
    """Show the published figures of the reader's sites, and which teams wait, once the reader has opened them."""
    if not is_open(CLIMATE):
        heading, target = _("Team climate"), url_for(".open_climate")
        return render_template("coaching/openings/gate.html", heading=heading, target=target)
    return render_template("coaching/survey_climate.html", climate=api.climate(viewer()), enough=K_FLOOR)


@bp.post("/climate")
@requires(Permission.CLIMATE_SEE)
def open_climate() -> ResponseReturnValue:
    """Open the figures: who and when is written down for the respondents."""
    open_page(CLIMATE)
    return redirect(url_for(".climate"), 303)


@bp.get("/climate.<any(csv, xlsx):file_type>")
@requires(Permission.CLIMATE_SEE)
def climate_file(file_type: str) -> ResponseReturnValue:
    """Hand out the page's figures as a file, once the reader has opened them."""
    if not is_open(CLIMATE):
        return redirect(url_for(".climate"))
    return download(file_type, "climate", exports.headings(), exports.cells(api.climate(viewer())))
