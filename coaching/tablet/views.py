"""Pages of a shared tablet: a door with badge and PIN, the list of open sheets, a sheet, its receipt. Nothing else.

A session on a tablet is a cookie of its own that is sent to these addresses alone. No row of it is kept on the server: a
row with a person and a moment would tell when they answered.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

import segno
from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer

from coaching.surveys import api
from coaching.surveys.commands import acknowledge_notice
from coaching.surveys.instrument import shipped
from coaching.surveys.notice import told
from coaching.surveys.queries import own_review
from coaching.surveys.views import NOBODY, chosen, language, take
from coaching.tablet import commands, forms, queries
from coaching.tablet.rules import REFUSED, SESSION
from lms import clock
from lms.identity.sessions import prove
from lms.permissions import PUBLIC, Actor, Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame

bp = Blueprint("tablet", __name__, template_folder="../templates", url_prefix="/survey/tablet")
own = Blueprint("badge", __name__, template_folder="../templates", url_prefix="/my-badge")

COOKIE = "candor-tablet"
PATH = "/survey/tablet"
TABLET = Actor.system("survey-tablet")


@bp.after_request
def _leave_nothing_open(response: Response) -> Response:
    """Lead a page that was left open back to the door when its session has ended."""
    response.headers.setdefault("Refresh", f"{int(SESSION.total_seconds())}; url={PATH}")
    return response


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="survey tablet")


def _person() -> UUID | None:
    """Return whose list is open on this tablet, for at most three minutes."""
    try:
        person_id, ends = _seal().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return None
    is_open = clock.now() < datetime.fromtimestamp(ends, UTC)
    return UUID(person_id) if is_open and queries.may_answer(UUID(person_id), clock.now().date()) else None


def _closed(answer: ResponseReturnValue) -> Response:
    response = make_response(answer)
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="Strict")
    return response


def _to_the_door() -> Response:
    return _closed(redirect(url_for(".door"), 303))


@bp.get("")
@requires(PUBLIC)
def door() -> ResponseReturnValue:
    """Ask for badge and PIN. Whoever was here before is gone with it."""
    return _closed(render_template("coaching/tablet/door.html", form=forms.DoorForm(None), refused=""))


@bp.post("")
@requires(PUBLIC)
def enter() -> ResponseReturnValue:
    """Open the list of whoever badge and PIN belong to."""
    form = forms.DoorForm()
    person_id = None
    if form.validate_on_submit():
        person_id = run(commands.try_badge, TABLET, "", badge=form.badge.data, pin=form.pin.data)
    if person_id is None:
        page = render_template("coaching/tablet/door.html", form=forms.DoorForm(None), refused=_(REFUSED))
        return _closed((page, 422))
    answer = redirect(url_for(".sheets"), 303)
    answer.set_cookie(
        COOKIE,
        str(_seal().dumps([str(person_id), (clock.now() + SESSION).timestamp()])),
        max_age=int(SESSION.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="Strict",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return answer


@bp.get("/sheets")
@requires(PUBLIC)
def sheets() -> ResponseReturnValue:
    """List the open sheets of whoever signed in, answered or not."""
    person_id = _person()
    if person_id is None:
        return _to_the_door()
    rows = queries.open_sheets(person_id, clock.now())
    return render_template(
        "coaching/tablet/sheets.html",
        rows=[(asked, len(shipped()[asked.instrument].items)) for asked in rows],
    )


@bp.get("/<uuid:review_id>")
@requires(PUBLIC)
def sheet(review_id: UUID) -> ResponseReturnValue:
    """Show a sheet of whoever signed in, after the notice was read once."""
    person_id = _person()
    if person_id is None:
        return _to_the_door()
    page = api.sheet_page(person_id, review_id, language(), at=clock.now())
    shared = {"sheet": page, "on_tablet": True}
    if page.state == "open" and not page.notice_read:
        read = url_for(".read", review_id=review_id, **chosen())
        return render_template("coaching/survey_notice.html", read=read, **shared)
    send = url_for(".finish", review_id=review_id, **chosen())
    return render_template("coaching/survey.html", send=send, received=url_for(".received"), **shared)


@bp.post("/<uuid:review_id>/notice")
@requires(PUBLIC)
def read(review_id: UUID) -> ResponseReturnValue:
    """Note that whoever signed in has read the notice, and lead to the sheet."""
    person_id = _person()
    if person_id is None:
        return _to_the_door()
    own_review(person_id, review_id)
    run(acknowledge_notice, TABLET, "", person_id)
    return redirect(url_for(".sheet", review_id=review_id, **chosen()), 303)


@bp.post("/<uuid:review_id>")
@requires(PUBLIC)
def finish(review_id: UUID) -> ResponseReturnValue:
    """Seal what was answered, and end the session."""
    person_id = _person()
    if person_id is None:
        return _to_the_door()
    take(person_id, review_id)
    return _closed(redirect(url_for(".received", **chosen()), 303))


@bp.get("/received")
@requires(PUBLIC)
def received() -> ResponseReturnValue:
    """Show the receipt, which is the same for everybody and belongs to nobody."""
    return render_template("coaching/survey_received.html", asked=None, told=told(language(), NOBODY), on_tablet=True)


# -- the code on the wall, and one's own badge ---------------------------------------------------------------------------


@bp.get("/code")
@requires(Permission.HOME_SEE)
def code() -> ResponseReturnValue:
    """Show the code that opens the door, to be printed or shown."""
    address = f"{current_app.config['SETTINGS'].base_url}{PATH}"
    return render_template("coaching/tablet/code.html", address=address)


@bp.get("/code.svg")
@requires(Permission.HOME_SEE)
def picture() -> ResponseReturnValue:
    """Draw the code, black on white in the dark as well, with the quiet margin that readers of codes need."""
    drawn = BytesIO()
    code_of = segno.make_qr(f"{current_app.config['SETTINGS'].base_url}{PATH}", error="m")
    code_of.save(drawn, kind="svg", border=4, scale=10, dark="#000", light="#fff", xmldecl=False, omitsize=True)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@own.route("", methods=["GET", "POST"])
@requires(Permission.SURVEY_ANSWER)
def page() -> ResponseReturnValue:
    """Set one's own badge and PIN, with the password."""
    form = forms.BadgeForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            run(
                commands.set_badge,
                viewer().proven(proof),
                "",
                badge=form.badge.data,
                pin=form.pin.data,
                again=form.again.data,
            )
        except NotFound:
            raise
        except NotAllowed as refusal:
            status = blame(form, refusal, "badge")
        else:
            flash(_("Set. Your badge and PIN open your sheets on a shared tablet, and nothing else."))
            return redirect(url_for("badge.page"))
    return render_template("coaching/tablet/badge.html", form=form, has=queries.has_badge(viewer().person_id)), status


@own.post("/remove")
@requires(Permission.SURVEY_ANSWER)
def remove() -> ResponseReturnValue:
    """Remove one's own badge."""
    run(commands.remove_badge, viewer(), "")
    flash(_("Removed. No tablet opens your sheets any more."))
    return redirect(url_for("badge.page"))
