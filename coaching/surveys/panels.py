"""What the survey adds to other pages. The same for everybody who was asked, whether they answered or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from flask import url_for
from flask_babel import gettext as _

from coaching.surveys import queries
from coaching.surveys.instrument import shipped
from coaching.surveys.periods import Month, Quarter
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission
from lms.web.slots import Panel, Todo

#: A quarter's key is asked for so long before the quarter begins.
KEY_AHEAD = timedelta(days=21)


def todos(*, viewer: Actor, now: datetime) -> Iterator[Todo]:
    """Answer the custodian's home page: releases and keys that are due."""
    if viewer.may(Permission.SURVEY_RELEASE):
        yield from _custodian_todos(now.date())


def _custodian_todos(today: date) -> Iterator[Todo]:
    keys = queries.keys()
    for month in queries.due_months(keys, queries.release_events(), today):
        yield Todo(
            month.releasable_from,
            _("Release the survey of %(month)s", month=month),
            _("You need the key file of %(quarter)s and its passphrase.", quarter=month.quarter),
            url_for("custody.releases", month=str(month)),
            _("Release"),
        )
    for quarter in missing_keys({key.quarter for key in keys}, today):
        yield Todo(
            today,
            _("Register the survey key of %(quarter)s", quarter=quarter),
            _("Without it no answer of that quarter can be sealed."),
            url_for("custody.releases"),
            _("Register"),
        )
    for key in keys:
        if key.destroyed_on is None and key.quarter.destroyable_from <= today:
            yield Todo(
                key.quarter.destroyable_from,
                _("Destroy the survey key of %(quarter)s", quarter=key.quarter),
                _("Here, and your own file. Sealed answers in old backups then stay shut for ever."),
                url_for("custody.releases"),
                _("Destroy"),
            )


def keys_panel(*, viewer: Actor, now: datetime) -> Iterator[Panel]:
    """Answer the custodian's home page: which keys stand, which is missing, and when the next release can be made."""
    if not viewer.may(Permission.SURVEY_RELEASE):
        return
    today, keys = now.date(), queries.keys()
    yield Panel(
        _("Your survey keys"),
        "coaching/survey_panel.html",
        {
            "quarters": [key for key in keys if key.destroyed_on is None],
            "missing": missing_keys({key.quarter for key in keys}, today),
            "next_due": next_release(keys, today),
        },
        order=10,
    )


def next_release(keys: list[queries.KeyState], today: date) -> Month | None:
    """Return the next month that becomes releasable after today."""
    months = [month for key in keys for month in queries.months_of(key.quarter) if month.releasable_from > today]
    return min(months, default=None)


def missing_keys(registered: set[Quarter], today: date) -> list[Quarter]:
    """Return the present quarter, and the next one three weeks ahead, where there is no key for them."""
    wanted = [Month.of(today).quarter, Month.of(today + KEY_AHEAD).quarter]
    return sorted({quarter for quarter in wanted if quarter not in registered})


def title(instrument: int) -> str:
    """Return what a sheet is called: by its number of questions."""
    match len(shipped()[instrument].items):
        case 7:
            return str(_("Seven questions about your team"))
        case 3:
            return str(_("Three questions about your team"))
        case _:
            return str(_("Questions about your team"))


def reminders(*, on: date) -> Iterator[Reminder]:
    """Answer the daily digest two days before a window ends. It goes to all who were asked: nobody knows who answered."""
    for asked in queries.all_open_sheets(datetime.combine(on, time(12), UTC)):
        if asked.until == on + timedelta(days=2):
            text = _(
                "%(title)s, if you like. This reminder goes to everybody who was asked.", title=title(asked.instrument)
            )
            yield Reminder(asked.person_id, asked.until, text, f"/survey/{asked.review_id}")
