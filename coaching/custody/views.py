"""Pages of the survey's custodian: releases and keys, rehearsals and the log of acts, a quarter that is given up.

Key file and passphrase come in one small request that is parsed in memory, and are kept nowhere.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm

from coaching.custody import commands, exports, forms, queries
from coaching.custody.forms import DestroyForm, GiveUpForm, KeyFileForm, RegisterForm, ReleaseForm
from coaching.surveys import commands as surveys
from coaching.surveys import panels, published, sealed
from coaching.surveys import queries as survey
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.sealing import fingerprint
from lms import clock
from lms.exports.download import download
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("custody", __name__, template_folder="../templates", url_prefix="/survey")


@bp.url_value_preprocessor
def _keep_in_memory(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Refuse a request that would be too large to parse in memory, before anything of it is read.

    Werkzeug spools the parts of a larger form into a temporary file; a private key must never lie in one.
    """
    request.max_content_length = forms.LARGEST_REQUEST


@bp.before_request
def _forget_what_was_sent_without_a_session() -> ResponseReturnValue | None:
    """Ask a lost session to sign in again without carrying a passphrase to whoever signs in next."""
    if request.method == "POST" and not current_user.is_authenticated:
        return redirect(url_for("identity.sign_in", next=request.path), 303)
    return None


# -- releases and keys ----------------------------------------------------------------------------------------------------


@bp.get("/releases")
@requires(Permission.SURVEY_RELEASE)
def releases() -> ResponseReturnValue:
    """Show what is due, the keys, and every release so far."""
    return _releases()


def _releases(
    refused: FlaskForm | None = None,
    report: sealed.ReleaseReport | None = None,
    look: sealed.Look | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    today = clock.now().date()
    keys, events = survey.keys(), survey.release_events()
    due = survey.due_months(keys, events, today)
    missing = panels.missing_keys({key.quarter for key in keys}, today)
    ended = [key.quarter for key in keys if key.destroyed_on is None and key.quarter.destroyable_from <= today]
    wanted = str(look.month) if look else request.args.get("month", "")
    release = refused if isinstance(refused, ReleaseForm) else ReleaseForm(None, month=wanted)
    register = refused if isinstance(refused, RegisterForm) else RegisterForm(None)
    destroy = refused if isinstance(refused, DestroyForm) else DestroyForm(None)
    release.month.choices = [(str(month), str(month)) for month in due]
    register.quarter.choices = [(str(quarter), str(quarter)) for quarter in missing]
    destroy.quarter.choices = [(str(quarter), str(quarter)) for quarter in ended]
    recorded = [row for event in events for row in event.rows]
    return (
        render_template(
            "coaching/survey_releases.html",
            keys=[(key, fingerprint(key.public_key)) for key in keys],
            events=list(reversed(events)),
            due=due,
            missing=missing,
            ended=ended,
            next_due=panels.next_release(keys, today),
            wrong=published.discrepancies(recorded, survey.stored_rows()),
            release=release,
            register=register,
            destroy=destroy,
            report=report,
            look=look,
        ),
        status,
    )


@bp.post("/releases")
@requires(Permission.SURVEY_RELEASE)
def release() -> ResponseReturnValue:
    """Release a month with the key file of this one request, or only look what a release would do (``step=look``)."""
    form = ReleaseForm()
    form.month.choices = [(form.month.data, form.month.data)]
    custodian, today = viewer(), clock.now().date()
    if not form.validate_on_submit():
        return _releases(form, status=422)
    try:
        month = _month(form.month.data)
        if request.form.get("step") == "look":
            look = sealed.look_with_file(
                month,
                form.key_text(),
                form.passphrase.data or "",
                on=today,
                record=lambda looked: run(commands.record_look, custodian, "before a release", looked),
            )
            return _releases(look=look)
        report = sealed.release_with_file(
            month,
            form.key_text(),
            form.passphrase.data or "",
            on=today,
            record=lambda made: run(surveys.record_release, custodian, "monthly release", made),
        )
    except NotAllowed as refusal:
        return _releases(form, status=blame(form, refusal, "key_file"))
    return _releases(report=report)


@bp.post("/keys")
@requires(Permission.SURVEY_RELEASE)
def register_key() -> ResponseReturnValue:
    """Register the public half of a quarter's key."""
    form = RegisterForm()
    form.quarter.choices = [(form.quarter.data, form.quarter.data)]
    if not form.validate_on_submit():
        return _releases(form, status=422)
    try:
        run(
            surveys.register_survey_key,
            viewer(),
            "the quarter's key",
            quarter=form.quarter.data,
            public_key=form.key_bytes(),
        )
    except NotAllowed as refusal:
        return _releases(form, status=blame(form, refusal, "public_key"))
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
            record=lambda: run(surveys.record_key_destroyed, custodian, "end of the quarter", quarter=str(quarter)),
        )
    except NotAllowed as refusal:
        return _releases(form, status=blame(form, refusal, "quarter"))
    flash(_("Destroyed here. Now destroy your key file of %(quarter)s, and every copy of it.", quarter=quarter))
    return redirect(url_for(".releases"))


# -- rehearsals and the log -----------------------------------------------------------------------------------------------


@bp.get("/custody")
@requires(Permission.SURVEY_RELEASE)
def care() -> ResponseReturnValue:
    """Show when each key was last rehearsed, and every act with a key."""
    return _care(KeyFileForm(None))


def _care(form: KeyFileForm, status: int = 200) -> ResponseReturnValue:
    keys = survey.keys()
    log = queries.log(keys, survey.release_events())
    return (
        render_template(
            "coaching/survey_custody.html",
            form=form,
            log=log,
            keys=[key for key in reversed(keys) if key.destroyed_on is None],
            rehearsed=queries.last_rehearsals(log),
        ),
        status,
    )


@bp.post("/custody")
@requires(Permission.SURVEY_RELEASE)
def rehearse() -> ResponseReturnValue:
    """Try a key file and its passphrase without opening an answer."""
    form, custodian = KeyFileForm(), viewer()
    if not form.validate_on_submit():
        return _care(form, status=422)
    try:
        quarter = sealed.rehearse_with_file(
            form.key_text(),
            form.passphrase.data or "",
            record=lambda tried: run(commands.record_rehearsal, custodian, "rehearsal", tried),
        )
    except NotAllowed as refusal:
        return _care(form, status=blame(form, refusal, "key_file"))
    flash(
        _(
            "It holds: the file opens, and it is the registered key of %(quarter)s. No answer was opened.",
            quarter=quarter,
        )
    )
    return redirect(url_for(".care"))


@bp.get("/custody.<any(csv, xlsx):file_type>")
@requires(Permission.SURVEY_RELEASE)
def log_file(file_type: str) -> ResponseReturnValue:
    """Hand out the log of acts with keys."""
    rows = queries.log(survey.keys(), survey.release_events())
    return download(file_type, "survey-custody", exports.headings(), exports.cells(rows))


# -- a quarter that is given up -------------------------------------------------------------------------------------------


@bp.route("/keys/<quarter>/give-up", methods=["GET", "POST"])
@requires(Permission.SURVEY_RELEASE)
def give_up(quarter: str) -> ResponseReturnValue:
    """Give up, by signature, what is sealed to a key that is lost or was seen by others."""
    try:
        named = Quarter.parse(quarter)
    except ValueError:
        raise NotFound("There is no such quarter.") from None
    version = queries.version_of_key(named)
    if version is None:
        raise NotFound(f"There is no survey key of {named}.")
    form = GiveUpForm(version=version)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            custodian = viewer().proven(prove(viewer(), form.password.data, current_user.session_started_at))
            sealed.give_up(
                named,
                record=lambda: run(
                    commands.give_up_quarter,
                    custodian,
                    form.reason.data,
                    named,
                    version=version_of(form),
                    cause=form.cause.data,
                    reason=form.reason.data,
                ),
            )
            flash(_("Given up. What was sealed to the key of %(quarter)s is destroyed, unread.", quarter=named))
            return redirect(url_for(".care"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "cause")
    return render_template("coaching/survey_give_up.html", quarter=named, form=form), status


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
