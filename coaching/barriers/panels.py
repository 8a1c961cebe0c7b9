"""What system actions put on other pages: what their owners see to, and the daily reminder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from coaching.barriers import queries
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.slots import Todo
from lms.web.times import local_day


def todos(*, viewer: Actor, now: datetime) -> Iterator[Todo]:
    """Answer the home page of site leads, QA and trainers: the open system actions that the reader owns."""
    # who coaches or is coached has them among what waits for them already, see coaching.home
    if (
        not viewer.may(Permission.ACTION_CARRY_OUT)
        or viewer.may(Permission.REVIEW_COACH)
        or viewer.may(Permission.REVIEW_TAKE_PART)
    ):
        return
    yield from own_todos(queries.waiting(viewer), local_day(now, viewer.zone))


def own_todos(waits: queries.Waiting, today: date) -> Iterator[Todo]:
    """Give what an owner is shown."""
    if waits.own:
        words = ngettext("%(num)s system action is yours", "%(num)s system actions are yours", waits.own)
        late = waits.first_due is not None and waits.first_due < today
        text = _("What a coaching review asks of the site.")
        yield Todo(waits.first_due, words, text, url_for("system_actions.mine"), _("Open the list"), overdue=late)


def reminders(*, on: date) -> Iterator[Reminder]:
    """Remind owners of system actions that are due within a week or late."""
    for owner_id, action_id, number, what, due in queries.reminded(on):
        yield Reminder(owner_id, due, f"{number}: {what}", f"/system-actions/{action_id}")
