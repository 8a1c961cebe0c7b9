"""Pages of the survey: the sheet, its receipt, the custodian's releases, the published climate."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm

from coaching.openings.api import is_open, open_page
from coaching.surveys import api, commands, exports, panels, published, queries, sealed
from coaching.surveys.forms import DestroyForm, KeyForm, ReleaseForm, answers_from
from coaching.surveys.instrument import in_force
from coaching.surveys.notice import CURRENT, FALLBACK, Case, languages, told
from coaching.surveys.periods import Month, Quarter
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
    """Ask a lost session to sign in again without carrying answers or a passphrase to whoever signs in next."""
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


# -- the custodian --------------------------------------------------------------------------------------------------------


@bp.get("/releases")
@requires(Permission.SURVEY_RELEASE)
def releases() -> ResponseReturnValue:
    """Show what is due, the keys, and every release so far."""
    return _releases()


def _releases(
    refused: FlaskForm | None = None, report: sealed.ReleaseReport | None = None, status: int = 200
) -> ResponseReturnValue:
    today = clock.now().date()
    keys, events = queries.keys(), queries.release_events()
    due = queries.due_months(keys, events, today)
    missing = panels.missing_keys({key.quarter for key in keys}, today)
    ended = [key.quarter for key in keys if key.destroyed_on is None and key.quarter.destroyable_from <= today]
    wanted = request.args.get("month", "")
    release = refused if isinstance(refused, ReleaseForm) else ReleaseForm(None, month=wanted)
    register = refused if isinstance(refused, KeyForm) else KeyForm(None)
    destroy = refused if isinstance(refused, DestroyForm) else DestroyForm(None)
    release.month.choices = [(str(month), str(month)) for month in due]
    register.quarter.choices = [(str(quarter), str(quarter)) for quarter in missing]
    destroy.quarter.choices = [(str(quarter), str(quarter)) for quarter in ended]
    recorded = [row for event in events for row in event.rows]
    return (
        render_template(
            "coaching/survey_releases.html",
            keys=[(key, _fingerprint(key.public_key)) for key in keys],
            events=list(reversed(events)),
            due=due,
            missing=missing,
            ended=ended,
            next_due=panels.next_release(keys, today),
            wrong=published.discrepancies(recorded, queries.stored_rows()),
            release=release,
            register=register,
            destroy=destroy,
            report=report,
        ),
        status,
    )


def _fingerprint(public_key: bytes) -> str:
    digest = hashlib.sha256(public_key).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, 16, 4))


@bp.post("/releases")
@requires(Permission.SURVEY_RELEASE)
def release() -> ResponseReturnValue:
    """Release a month with the key file of this one request."""
    form = ReleaseForm()
    form.month.choices = [(form.month.data, form.month.data)]
    custodian, today = viewer(), clock.now().date()
    if not form.validate_on_submit():
        return _releases(form, status=422)
    try:
        report = sealed.release_with_file(
            _month(form.month.data),
            form.key_text(),
            form.passphrase.data or "",
            on=today,
            record=lambda made: run(commands.record_release, custodian, "monthly release", made),
        )
    except NotAllowed as refusal:
        return _refused(form, refusal, "key_file")
    return _releases(report=report)


@bp.post("/keys")
@requires(Permission.SURVEY_RELEASE)
def register_key() -> ResponseReturnValue:
    """Register the public half of a quarter's key."""
    form = KeyForm()
    form.quarter.choices = [(form.quarter.data, form.quarter.data)]
    if not form.validate_on_submit():
        return _releases(form, status=422)
    try:
        run(
            commands.register_survey_key,
            viewer(),
            "the quarter's key",
            quarter=form.quarter.data,
            public_key=form.key_bytes(),
        )
    except NotAllowed as refusal:
        return _refused(form, refusal, "public_key")
    flash(_("Registered. Compare its fingerprint with the one of your key file."))
    return redirect(url_for(".releases"))


@bp.post("/keys/destroy")
@requires(Permission.SURVEY_RELEASE)
def destroy_key() -> ResponseReturnValue:
    """Destroy the server's half of a quarter's secrets."""
    form = DestroyForm()
    form.quarter.choices = [(form.quarter.data, form.quarter.data)]
    custodian, today = viewer(), clock.now().date()
    if not form.validate_on_submit():
        return _releases(form, status=422)
    try:
        quarter = _quarter(form.quarter.data)
        sealed.destroy_key(
            quarter,
            on=today,
            record=lambda: run(commands.record_key_destroyed, custodian, "end of the quarter", quarter=str(quarter)),
        )
    except NotAllowed as refusal:
        return _refused(form, refusal, "quarter")
    flash(_("Destroyed here. Now destroy your key file of %(quarter)s, and every copy of it.", quarter=quarter))
    return redirect(url_for(".releases"))


def _refused(form: FlaskForm, refusal: NotAllowed, fallback: str) -> ResponseReturnValue:
    form[refusal.field if refusal.field in form else fallback].errors = [_(str(refusal))]
    return _releases(form, status=422)


def _month(text: str | None) -> Month:
    try:
        return Month.parse(text or "")
    except ValueError:
        raise NotAllowed("Choose the month to release.", field="month") from None


def _quarter(text: str | None) -> Quarter:
    try:
        return Quarter.parse(text or "")
    except ValueError:
        raise NotAllowed("Choose the quarter.", field="quarter") from None


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
    return download(file_type, "climate", exports.HEADINGS, exports.cells(api.climate(viewer())))
