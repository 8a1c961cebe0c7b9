"""What attempts put on pages of other rooms: the way in on the study page, and what needs somebody on the home page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from assessments.attempts import queries
from lms.permissions import Actor, Permission
from lms.web.slots import Panel, Todo
from modules.api import check_door


def knowledge_check(*, viewer: Actor, assignment_id: UUID, part_id: UUID) -> Iterable[Panel]:
    """Give the person whose training it is the way into their knowledge check."""
    door = check_door(assignment_id, part_id)
    quiz = queries.quiz_of_module(door.module_id)
    if quiz is None or door.person_id != viewer.person_id:
        return
    attempts = queries.attempts_at(viewer, assignment_id)
    allowed = attempts[-1].allowed if attempts else quiz.attempts
    values = {
        "assignment_id": assignment_id,
        "part_id": part_id,
        "quiz": quiz,
        "attempts": attempts,
        "open": any(attempt.is_open for attempt in attempts),
        "left": allowed - len(attempts),
        "closed_because": door.closed_because,
    }
    yield Panel(_("Knowledge check"), "assessments/_knowledge_check.html", values)


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give the sitter their open attempt, and the trainer those who used all theirs."""
    if viewer.may(Permission.ATTEMPT_SIT):
        for attempt in queries.open_attempts(viewer):
            target = url_for("attempts.resume", attempt_id=attempt.id)
            text = _("The time runs. What you have chosen so far is kept.")
            over = attempt.deadline_at <= now
            yield Todo(
                attempt.deadline_at,
                _("Go on with “%(title)s”", title=attempt.quiz_title),
                _("The time is over: see the result.") if over else text,
                target,
                _("Show the result") if over else _("Go on"),
            )
    if viewer.may(Permission.ASSIGNMENT_MANAGE):
        waiting = queries.used_up(viewer)
        if waiting:
            words = ngettext(
                "%(num)s person has used all attempts", "%(num)s people have used all attempts", len(waiting)
            )
            text = _("Go through it together, then allow another one.")
            yield Todo(waiting[0].finished_at, words, text, url_for("attempts.used_up"), _("Open the list"))
