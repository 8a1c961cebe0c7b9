"""Pages of the shell: today, search, the health check."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.permissions import PUBLIC, Permission, requires, viewer
from lms.web.slots import filled

bp = Blueprint("web", __name__, template_folder="../templates")


@bp.get("/")
@requires(Permission.HOME_SEE)
def today() -> ResponseReturnValue:
    """Answer the reader's first question: what needs me today."""
    now = clock.now()
    todos = sorted(filled("home.todo", viewer=viewer(), now=now), key=lambda todo: str(todo.by or "9999"))
    panels = sorted(filled("home.panels", viewer=viewer(), now=now), key=lambda panel: panel.order)
    return render_template(
        "lms/today.html",
        todos=todos,
        instead=[] if todos else filled("home.instead", viewer=viewer()),
        panels=panels,
        own=filled("home.own", viewer=viewer(), now=now),
        site_name=current_user.site_name,
    )


@bp.get("/today/figures")
@requires(Permission.HOME_SEE)
def figures() -> ResponseReturnValue:
    """Answer the strip of figures on Today. Fetched beside the page, so that what needs the reader never waits for counts."""
    return render_template("lms/_figures.html", figures=filled("home.figures", viewer=viewer(), now=clock.now()))


@bp.get("/today/below")
@requires(Permission.HOME_SEE)
def below() -> ResponseReturnValue:
    """Answer what stands below on Today for the survey's custodian and whoever answers for a site, fetched beside the page."""
    panels = filled("home.below", viewer=viewer(), now=clock.now())
    return render_template("lms/_below.html", panels=panels)


@bp.get("/search")
@requires(Permission.HOME_SEE)
def search() -> ResponseReturnValue:
    """Find records by number, code, name or title, within the reader's sites."""
    words = request.args.get("q", "").strip()
    hits = filled("search", viewer=viewer(), words=words) if len(words) > 1 else []
    return render_template("lms/search.html", words=words, hits=hits)


@bp.get("/health")
@requires(PUBLIC)
def health() -> ResponseReturnValue:
    """Tell a monitor that the server answers."""
    return {"status": "ok"}
