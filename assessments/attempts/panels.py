"""What attempts put on pages of other rooms: the way in on the study page, and what needs somebody on the home page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from assessments.attempts import queries
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.slots import Panel, Todo
from modules.api import CheckDoor


def knowledge_check(*, viewer: Actor, door: CheckDoor) -> Iterable[Panel]:
    """Give the person whose training it is the way into their knowledge check."""
    quiz = queries.quiz_of_module(door.module_id)
    if quiz is None or door.person_id != viewer.person_id:
        return
    attempts = queries.attempts_at(viewer, door.assignment_id)
    allowed = attempts[-1].allowed if attempts else quiz.attempts
    values = {
        "assignment_id": door.assignment_id,
        "part_id": door.part_id,
        "quiz": quiz,
        "attempts": attempts,
        "open": any(attempt.is_open for attempt in attempts),
        "left": allowed - len(attempts),
        "closed_because": door.closed_because,
    }
    yield Panel(_("Knowledge check"), "assessments/_knowledge_check.html", values)


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give the trainer those who used all their attempts."""
    if viewer.may(Permission.ASSIGNMENT_MANAGE):
        waiting = queries.used_up(viewer)
        if waiting:
            words = ngettext(
                "%(num)s person has used all attempts", "%(num)s people have used all attempts", len(waiting)
            )
            text = _("Go through it together, then allow another one.")
            yield Todo(waiting[0].finished_at, words, text, url_for("attempts.used_up"), _("Open the list"))
