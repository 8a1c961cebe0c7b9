"""What was typed outlives the session it was typed in: it is shown again, and sent when somebody presses."""

from __future__ import annotations

import re

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from lms.identity.forms import SignInForm
from lms.identity.sessions import end_idle_session
from lms.permissions import PUBLIC, Permission
from lms.web import errors
from lms.web.problems import FOR_PROGRAMS
from lms.web.security import comes_from_here, own_path

#: Fields that are never carried, whatever stands before their name: the token, and everything that is known to one person.
NOT_CARRIED = frozenset({"csrf_token", "password", "again", "pin", "passphrase"})

#: Whose forms are nobody's but their writer's: at a shared screen, whoever signs in next must read no sheet of the survey.
CONFIDED = frozenset({PUBLIC, Permission.SURVEY_ANSWER})

Typed = list[tuple[str, str]]

#: A value that nobody typed: the record behind a line of a list.
_CHOSEN = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def typed() -> Typed:
    """Return what was typed into the form that this request sends, without what is never carried."""
    if _permission_of(request.endpoint) in CONFIDED:
        return []
    fields = request.form.items(multi=True)
    return [(name, value) for name, value in fields if name.rpartition("-")[2] not in NOT_CARRIED]


def carried() -> Typed:
    """Return what the sign-in page carries from the request that came without a session."""
    names, values = request.form.getlist("carried_name"), request.form.getlist("carried_value")
    return list(zip(names, values, strict=False))


def send_again(heading: str, target: str, fields: Typed) -> str:
    """Return the page that shows what was typed, where it goes and as whose, and sends it when its reader presses."""
    files = [file for file in request.files.values() if file.filename]
    shown = [(_field_words(name), _value_words(value)) for name, value in fields if value and name != "version"]
    return render_template("lms/carried.html", heading=heading, target=target, carried=fields, shown=shown, files=files)


def _field_words(name: str) -> str:
    """Return a field's name for a reader: its label stands on a page that is not at hand."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def _value_words(value: str) -> str:
    return _("what you chose from a list") if _CHOSEN.fullmatch(value) else value


def ask_to_sign_in() -> ResponseReturnValue:
    """Answer a request without a session: reading leads to the sign-in page and back, sending keeps what was typed."""
    if _asked_by_a_script():
        return {"error": _("Your session has ended. Sign in again in another tab; what you typed stays here.")}, 401
    if request.method == "GET":
        return redirect(url_for("identity.sign_in", next=_here()))
    kept = typed()
    # a button without a field has nothing to bring back, and its address cannot be opened
    return sign_in_page(SignInForm(None, next=_here() if kept else ""), kept), 401


def sign_in_page(form: SignInForm, fields: Typed) -> str:
    """Return the page that asks for name and password, with what it carries."""
    # said once, on the first page after the session ended; whoever has typed a name has read it
    idled_out = bool(session.pop("idled_out", False)) if form.login.data is None else False
    return render_template("lms/sign_in.html", form=form, carried=fields, idled_out=idled_out)


def answer_stale_token(_error: CSRFError) -> ResponseReturnValue:
    """Answer a form that was made in another session, which is over or was replaced: nothing typed in it is lost.

    Nothing is done before a person presses: what another site made somebody's browser send would only be shown to them,
    and is not even that where the browser says that it came from there.
    """
    title = _("The form is too old")
    if not comes_from_here():
        return errors.page(
            400, title, _("This form was sent from another address. Open the page here and use its form.")
        )
    end_idle_session()
    signed_in = bool(current_user.is_authenticated)
    if request.endpoint == "identity.sign_in":
        return _sign_in_again(signed_in=signed_in)
    if request.endpoint == "identity.sign_out" and not signed_in:
        return redirect(url_for("identity.sign_in"))
    if _permission_of(request.endpoint) in CONFIDED:
        # without an account nobody signs in to go on, and a shared screen shows nobody what another person answered
        return errors.page(400, title, _("Open this page anew and type it once more. Nothing was sent."))
    if request.path.startswith(FOR_PROGRAMS) or (signed_in and _asked_by_a_script()):
        return errors.page(400, title, _("Keep a copy of what you typed, reload the page and send it again."))
    if not signed_in:
        return ask_to_sign_in()
    return send_again(_("Your session changed meanwhile. Nothing you typed is lost."), _here(), typed()), 400


def _sign_in_again(*, signed_in: bool) -> ResponseReturnValue:
    target = own_path(request.form.get("next"))
    if not signed_in:
        form = SignInForm(None, next=target or "", login=request.form.get("login", ""))
        form.password.errors = [_("This page was open for too long. Type your password once more.")]
        return sign_in_page(form, carried()), 422
    if carried() and target:
        return send_again(_("You are signed in already. Nothing you typed is lost."), target, carried())
    return redirect(target or url_for("web.today"))


def _here() -> str:
    return request.full_path.rstrip("?")


def _permission_of(endpoint: str | None) -> object:
    return getattr(current_app.view_functions.get(endpoint or ""), "permission", None)


def _asked_by_a_script() -> bool:
    return request.accept_mimetypes.best == "application/json" or "HX-Request" in request.headers
