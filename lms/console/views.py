"""The control site's console: sites by state, each figure the door to its list. Training states are fetched beside it."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.console import exports, queries
from lms.exports.download import download
from lms.gates.rules import GATES
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.standings.rules import State
from lms.web.times import local_day

bp = Blueprint("console", __name__, template_folder="../templates")


def _lines() -> tuple[list[queries.SiteLine], str]:
    now = clock.now()
    state = request.args.get("state", "")
    if state and state not in set(State):
        raise NotAllowed(_("A filter in the address is not understood. Open the list and choose it there."))
    return queries.lines(viewer(), now, local_day(now, viewer().zone)), state


@bp.get("/console")
@requires(Permission.CONSOLE_SEE)
def index() -> ResponseReturnValue:
    """Show the reader's sites: what is held back or late first, then by name."""
    lines, state = _lines()
    counts = Counter(line.state for line in lines)
    return render_template(
        "lms/console/console.html",
        lines=[line for line in lines if not state or line.state == state],
        total=len(lines),
        states=[(str(one), counts[one]) for one in State],
        state=state,
        gates=len(GATES),
        first_day=queries.first_day(local_day(clock.now(), viewer().zone)),
    )


@bp.get("/console.<any(csv, xlsx):file_type>")
@requires(Permission.CONSOLE_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the same sites with the same filter."""
    lines, state = _lines()
    shown = [line for line in lines if not state or line.state == state]
    return download(file_type, "console", exports.HEADINGS, exports.cells(shown))
