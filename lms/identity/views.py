"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from lms.extensions import login
from lms.identity import sessions
from lms.identity.forms import SignInForm
from lms.permissions import PUBLIC, Permission, requires
from lms.refusals import NotAllowed
from lms.web.security import own_path

#: Fields that are never carried over a lost session.
NOT_CARRIED = frozenset({"csrf_token", "password"})

bp = Blueprint("identity", __name__, template_folder="../templates")


@login.unauthorized_handler
def ask_to_sign_in() -> ResponseReturnValue:
    """Answer a request without a session: reading leads to the sign-in page and back, sending keeps what was typed."""
    if request.accept_mimetypes.best == "application/json" or request.headers.get("HX-Request"):
        return {"error": _("Your session has ended. Sign in again in another tab; what you typed stays here.")}, 401
    if request.method == "GET":
        return redirect(url_for("identity.sign_in", next=request.full_path.rstrip("?")))
    form = SignInForm(None, next=request.path)
    carried = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_CARRIED]
    idled_out = bool(session.pop("idled_out", False))
    return render_template("lms/sign_in.html", form=form, carried=carried, idled_out=idled_out), 401


@bp.route("/sign-in", methods=["GET", "POST"])
@requires(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Ask for name and password; lead back to where the reader wanted to go, with what they had typed."""
    form = SignInForm()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
    names, values = request.form.getlist("carried_name"), request.form.getlist("carried_value")
    carried = list(zip(names, values, strict=False))
    if form.validate_on_submit():
        try:
            sessions.sign_in(form.login.data or "", form.password.data or "")
        except NotAllowed as refusal:
            form.password.errors = [_(str(refusal))]
        else:
            target = own_path(form.next.data)
            if carried and target:
                return render_template("lms/carried.html", target=target, carried=carried)
            return redirect(target or url_for("web.today"))
    idled_out = bool(session.pop("idled_out", False)) if request.method == "GET" else False
    status = 422 if form.errors else 200
    return render_template("lms/sign_in.html", form=form, carried=carried, idled_out=idled_out), status


@bp.post("/sign-out")
@requires(Permission.HOME_SEE)
def sign_out() -> ResponseReturnValue:
    """End the session; the next reader of a shared computer starts at the sign-in page."""
    sessions.sign_out(current_user.token)
    return redirect(url_for("identity.sign_in"))
