"""What system actions put on other pages: how many the reader owns, and the daily reminder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from flask_babel import gettext as _

from coaching.barriers import queries
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.slots import Figure
from lms.web.times import local_day, show_day


def figures(*, viewer: Actor, now: datetime) -> Iterator[Figure]:
    """Answer the strip of figures on Today: the open system actions that the reader owns, if there are any."""
    if not viewer.may(Permission.ACTION_CARRY_OUT):
        return
    waits = queries.waiting(viewer)
    if waits.own and waits.first_due is not None:
        late = waits.first_due < local_day(now, viewer.zone)
        note = _("the first was due %(day)s") if late else _("the first is due %(day)s")
        target = url_for("system_actions.mine")
        tone = "warn" if late else ""
        yield Figure(_("System actions you own"), waits.own, note % {"day": show_day(waits.first_due)}, target, tone)


def reminders(*, on: date) -> Iterator[Reminder]:
    """Remind owners of system actions that are due within a week or late."""
    for owner_id, action_id, number, what, due in queries.reminded(on):
        yield Reminder(owner_id, due, f"{number}: {what}", f"/system-actions/{action_id}")
