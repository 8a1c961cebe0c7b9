"""Climate beside recurrences is shown once its reader has opened it, which the respondents can read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.api import is_open, open_page
from lms.permissions import Permission, requires

bp = Blueprint("behavior_openings", __name__, template_folder="../templates")

#: The room's pages in the list of openings: one opening for all of them.
PAGE = "behavior"
_ROOT = "/behavior"

P = ParamSpec("P")


def opened(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Show a page or a file with climate in it only to who has opened the figures in this session.

    A page says so in its place, a file leads to where it is said; both come by themselves once the figures are open.
    """

    @wraps(view)
    def shown(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if is_open(PAGE):
            return view(*args, **kwargs)
        wanted = request.full_path.rstrip("?")
        if "." in request.path:
            return redirect(url_for("behavior_openings.closed", next=wanted))
        return _gate(wanted)

    return shown


@bp.get("/behavior/figures")
@requires(Permission.METRICS_SEE)
def closed() -> ResponseReturnValue:
    """Say that opening the figures is written down, and offer to open them."""
    return _gate(request.args.get("next", _ROOT))


@bp.post("/behavior/figures")
@requires(Permission.METRICS_SEE)
def open_figures() -> ResponseReturnValue:
    """Open the room's figures: who and when is written down for the respondents."""
    open_page(PAGE)
    wanted = request.args.get("next", _ROOT)
    return redirect(wanted if wanted.startswith(_ROOT) else _ROOT, 303)


def _gate(wanted: str) -> ResponseReturnValue:
    target = url_for("behavior_openings.open_figures", next=wanted)
    return render_template("coaching/openings/gate.html", heading=_("Team climate and recurrences"), target=target)
