"""Error pages in the application's own style: one sentence, and what to do."""

from __future__ import annotations

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.web.problems import FOR_PROGRAMS, problem

MIB = 1024 * 1024


def init_app(app: Flask) -> None:
    """Answer every refusal and every fault with a page, or with a sentence where a script asked."""
    app.register_error_handler(NotAllowed, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def page(status: int, title: str, sentence: str) -> Response:
    """Return an error page, or the sentence as JSON where JSON was asked for; a problem where only programs knock."""
    if request.path.startswith(FOR_PROGRAMS):
        return problem(status, sentence)
    if request.accept_mimetypes.best == "application/json":
        return make_response(jsonify(error=sentence), status)
    return make_response(render_template("lms/error.html", status=status, title=title, sentence=sentence), status)


def _refused(refusal: NotAllowed) -> Response:
    status = (
        404
        if isinstance(refusal, NotFound)
        else 403
        if isinstance(refusal, NoPermission)
        else 409
        if isinstance(refusal, StaleForm)
        else 422
    )
    titles = {404: _("Not found"), 403: _("Not yours to do"), 409: _("Changed meanwhile"), 422: _("Not possible")}
    return page(status, titles[status], _(str(refusal)))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    known = {
        400: (_("Not understood"), _("The request was not complete. Go back and try again.")),
        403: (_("Not yours to do"), _("Your roles do not include this page. Ask an administrator if you need it.")),
        404: (_("Not found"), _("There is nothing at this address, or not at your sites.")),
        405: (_("Not possible"), _("This address cannot be opened in this way. Go back and use the buttons.")),
        413: (_("Too large"), _too_large()),
        429: (_("Too many tries"), _("Wait a minute, then try again.")),
    }
    if status == 403 and current_user and current_user.is_authenticated and not current_user.actor.grants:
        known[403] = (
            _("No role of yours holds yet"),
            _(
                "Your account is open, but a role holds only once quality assurance has approved it. They have been told; "
                "come back then, or ask them."
            ),
        )
    title, sentence = known.get(
        status, (_("Not possible"), error.description or _("The request could not be answered."))
    )
    return page(status, title, sentence)


def _too_large() -> str:
    most = request.max_content_length or 0
    if (request.content_length or 0) <= most:
        return str(_("This is more text than a form takes. Shorten it, or attach it as a file."))
    limit = f"{most // MIB} MiB" if most >= MIB else f"{most // 1024} KiB"
    sentence = _(
        "What you sent is larger than the %(limit)s that are accepted here. Choose a smaller file, or divide it; if larger "
        "ones are needed, ask your administrator.",
        limit=limit,
    )
    return str(sentence)


def _fault(error: Exception) -> Response:
    if current_app.testing:
        raise error
    current_app.logger.error("unhandled fault", exc_info=error)
    return page(
        500,
        _("Something broke here"),
        _("Nothing was half-saved. Try again; if it happens again, tell your administrator the time."),
    )
