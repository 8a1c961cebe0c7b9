"""What qualifications put on pages of other rooms: home, a person, a deviation, search."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from assessments.standing import queries
from assessments.training.queries import tasks
from lms import clock
from lms.permissions import Actor, Permission
from lms.web.slots import Hit, Panel


def person(*, viewer: Actor, person_id: UUID) -> Iterable[Panel]:
    """Give the qualifications of a person to whoever may see those of their site."""
    if viewer.may(Permission.QUALIFICATION_SEE):
        now = clock.now()
        people = queries.workers(viewer, Permission.QUALIFICATION_SEE, now, person_id=person_id)
        rows = [row for row in queries.standings(people, now) if row.is_shown] if people else []
        if rows:
            yield Panel(
                _("Qualifications"), "assessments/_person_standings.html", {"rows": rows, "present": now}, order=20
            )


def deviation(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Give the frozen training state of those involved: how many, never who."""
    states = queries.training_states(viewer, deviation_id)
    if states:
        yield Panel(_("Training state"), "assessments/_training_states.html", {"states": states}, order=40)


def search(*, viewer: Actor, words: str) -> Iterable[Hit]:
    """Find tasks by code or title; each leads to the question who is qualified for it."""
    if not viewer.may(Permission.QUALIFICATION_SEE):
        return
    wanted = words.lower()
    for task in tasks():
        if wanted in task.code.lower() or wanted in task.title.lower():
            yield Hit(task.code, task.title, url_for("standing.ask", task=task.id), _("Task"))
