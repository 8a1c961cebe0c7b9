"""What lists over many people put on the home page: what runs out, what waits for a run or a signature."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from assessments.matrix import queries
from assessments.training.queries import tasks
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission, Role
from lms.web.slots import Figure, Todo
from lms.web.times import local_day, start_of_day

#: Days before the end on which a person is reminded.
REMIND_DAYS = (60, 30, 7)


def figures(*, viewer: Actor, now: datetime) -> Iterable[Figure]:
    """Give whoever oversees a site how many qualifications run out within 30 days; the figure opens that list."""
    if viewer.may(Permission.QUALIFICATION_SEE) and not viewer.has_role(Role.ASSESSOR):
        count = len(queries.running_out(viewer, now, queries.SOON_DAYS))
        target = url_for("matrix.expiring", days=queries.SOON_DAYS)
        yield Figure(_("Running out"), count, _("qualifications within 30 days"), target, "warn" if count else "")


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give QA what waits for their signature, and the assessor their drafts and those who wait for a run."""
    if viewer.may(Permission.QUALIFICATION_GRANT):
        yield from _todos_of_qa(queries.for_qa(viewer))
    if viewer.may(Permission.OBSERVATION_RECORD):
        yield from _assessors_todos(queries.desk(viewer, now))


def _todos_of_qa(waits: queries.ForQa) -> Iterable[Todo]:
    if waits.fresh_runs:
        text = _("Observed runs were signed since the last grant. Look at what they rest on, and sign.")
        yield Todo(None, _("Qualifications may be due"), text, url_for("matrix.to_grant"), _("Open the list"))
    for checklist_id, code, number in waits.checklists:
        title = _("Approve version %(number)s of %(code)s", number=number, code=code)
        text = _("Runs are marked on it once it is approved.")
        target = url_for("observations_checklists.version", checklist_id=checklist_id)
        yield Todo(None, title, text, target, _("Review"))


def _assessors_todos(desk: queries.Desk) -> Iterable[Todo]:
    for draft, row in desk.drafts:
        title = _("Sign the observed run of %(name)s", name=row.worker.name)
        text = _(
            "Until it is signed it counts for nothing. %(task)s, batch %(batch)s.",
            task=row.task.title,
            batch=draft.batch or "–",
        )
        target = url_for("observations.record", observation_id=draft.id)
        yield Todo(draft.observed_at, title, text, target, _("Open the draft"))
    people = {row.worker.person_id for row in desk.waiting}
    if people:
        words = ngettext(
            "%(num)s person waits for an observed run", "%(num)s people wait for an observed run", len(people)
        )
        text = _("Their training is complete in the versions in force.")
        yield Todo(None, words, text, url_for("matrix.waiting"), _("Open the list"))


def reminders(*, on: date) -> Iterable[Reminder]:
    """Remind a person of their own qualification 60, 30 and 7 days before it runs out."""
    titles = {task.id: task.title for task in tasks()}
    everywhere = Actor.system("reminders")
    for row in queries.running_out(everywhere, start_of_day(on, "UTC"), max(REMIND_DAYS) + 1):
        ends_on = local_day(row.valid_to, row.zone)
        if (ends_on - on).days in REMIND_DAYS:
            text = _("Your qualification for “%(task)s” runs out.", task=titles[row.task_id])
            yield Reminder(row.person_id, ends_on, text, "/my-qualifications")
