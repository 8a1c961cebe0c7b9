"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from lms.extensions import login
from lms.identity import carrying, sessions
from lms.identity.forms import SignInForm
from lms.permissions import PUBLIC, Permission, requires
from lms.refusals import NotAllowed
from lms.web.security import own_path

bp = Blueprint("identity", __name__, template_folder="../templates")
login.unauthorized_handler(carrying.ask_to_sign_in)
bp.app_errorhandler(CSRFError)(carrying.answer_stale_token)


@bp.route("/sign-in", methods=["GET", "POST"])
@requires(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Ask for name and password; lead back to where the reader wanted to go, with what they had typed."""
    form = SignInForm()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
    carried, typed_by = carrying.carried(), session.get("typed_by")
    if form.validate_on_submit():
        try:
            sessions.sign_in(form.login.data or "", form.password.data or "")
        except NotAllowed as refusal:
            form.password.errors = [_(str(refusal))]
        else:
            target = own_path(form.next.data)
            if carried and typed_by not in {None, str(current_user.actor.account_id)}:
                flash(_("Somebody else had typed something here. It was neither sent nor shown to you."), "warn")
                return redirect(url_for("web.today"))
            if carried and target:
                return carrying.send_again(_("You are signed in again. Nothing you typed is lost."), target, carried)
            return redirect(target or url_for("web.today"))
    return carrying.sign_in_page(form, carried), 422 if form.errors else 200


@bp.post("/sign-out")
@requires(Permission.HOME_SEE)
def sign_out() -> ResponseReturnValue:
    """End the session; the next reader of a shared computer starts at the sign-in page."""
    sessions.sign_out(current_user.token)
    return redirect(url_for("identity.sign_in"))
