"""What actions put on other pages: things to do, the panel of a deviation, search, reminders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from lms import clock
from lms.capas import queries
from lms.capas.rules import State, only_training
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.labels import label
from lms.web.slots import Hit, Panel, Todo
from lms.web.times import local_day


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give owners their open actions, and QA what is overdue or came back."""
    if not viewer.may(Permission.ACTION_CARRY_OUT):
        return
    today = local_day(now, viewer.zone)
    waits = queries.waiting(viewer, today=today)
    if waits.own:
        words = ngettext("%(num)s action is yours", "%(num)s actions are yours", waits.own)
        first = waits.own_first_due
        late = first is not None and first < today
        yield Todo(first, words, _("What you agreed to see to."), url_for("capas.mine"), _("Open the list"), late)
    if waits.overdue:
        words = ngettext("%(num)s action is past its due day", "%(num)s actions are past their due day", waits.overdue)
        text = _("Ask its owner what is in the way.")
        yield Todo(
            None, words, text, url_for("capas.index", state=State.OPEN, overdue=1), _("Open the list"), overdue=True
        )
    if waits.returned:
        one, many = "%(num)s action did not work", "%(num)s actions did not work"
        text = _("Open the one that follows it.")
        target = url_for("capas.index", state=State.RETURNED)
        yield Todo(None, ngettext(one, many, waits.returned), text, target, _("Open the list"))


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Give the record of a deviation the actions that were opened from it."""
    rows = queries.of_deviation(viewer, deviation_id)
    values = {
        "rows": rows,
        "only_training": only_training((row.kind, row.state) for row in rows),
        "may_open": viewer.may(Permission.CAPA_MANAGE),
        "deviation_id": deviation_id,
        "today": local_day(clock.now(), viewer.zone),
    }
    yield Panel(_("Actions"), "lms/capas/_panel.html", values, order=10)


def search(*, viewer: Actor, words: str) -> Iterable[Hit]:
    """Find actions by number or title."""
    if viewer.may(Permission.DEVIATION_SEE):
        today = local_day(clock.now(), viewer.zone)
        for found in queries.rows(viewer, queries.CapaFilters(q=words), today=today, page=1)[:10]:
            about = f"{found.title} · {found.site_name} · {label(found.state, 'capa_state')}"
            yield Hit(found.number, about, url_for("capas.record", capa_id=found.id), _("Action"))


def reminders(*, on: date) -> Iterable[Reminder]:
    """Remind owners of actions that are due within a week, are late, or came back."""
    for owner_id, capa_id, number, title, due in queries.reminded(on):
        yield Reminder(owner_id, due, f"{number}: {title}", f"/actions/{capa_id}")
