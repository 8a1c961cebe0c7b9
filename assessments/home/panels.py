"""What this room puts on the home page of whoever sits attempts: those that run, and what one is qualified for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _

from assessments.home.queries import own
from assessments.standing.queries import FIRST, first_to_look_at, own_standings
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.slots import Hit, Panel, Todo


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give the sitter their open attempts."""
    if not viewer.may(Permission.ATTEMPT_SIT):
        return
    for attempt in own(viewer, now).open_attempts:
        over = attempt.deadline_at <= now
        yield Todo(
            attempt.deadline_at,
            _("Go on with “%(title)s”", title=attempt.quiz_title),
            _("The time is over: see the result.")
            if over
            else _("The time runs. What you have chosen so far is kept."),
            url_for("attempts.resume", attempt_id=attempt.id),
            _("Show the result") if over else _("Go on"),
        )


def standings(*, viewer: Actor, now: datetime) -> Iterable[Panel]:
    """Give operators what they are qualified for and until when."""
    if viewer.may(Permission.ATTEMPT_SIT):
        rows = own_standings(viewer, now, own(viewer, now).records)
        values = {"rows": first_to_look_at(rows), "present": now, "more": max(len(rows) - FIRST, 0)}
        title = _("What I am qualified for, until when")
        yield Panel(title, "assessments/_home_standings.html", values, order=60)


def evidence() -> Iterable[Hit]:
    """Give an inspector the questions that qualifications answer."""
    text = _("A person, a task, a site and a moment: yes or no, with the records that it rests on.")
    yield Hit(_("Was somebody qualified on a day?"), text, url_for("standing.ask"), _("Qualified?"))
    text = _("A whole site on one page, as it stands or stood.")
    yield Hit(_("Who is qualified for what?"), text, url_for("matrix.index"), _("Matrix"))
