"""What training puts on the pages of the shell: things to do, a figure, search results, a person's training, reminders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from flask import g
from flask_babel import gettext as _

from lms import clock
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.labels import label
from lms.web.slots import Figure, Hit, Panel, Todo
from modules.assignments.queries import reminders_on, training_of
from modules.documents.queries import documents
from modules.home.queries import Home, home, search_hits


def _home(viewer: Actor, now: datetime) -> Home:
    """One statement for the page, although two slots ask."""
    if "modules_home" not in g:
        g.modules_home = home(viewer, now)
    found: Home = g.modules_home
    return found


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give the reader what they have to study, and QA of the network the SOP versions that wait for approval."""
    found = _home(viewer, now)
    for own in found.to_study:
        text = f"{label(own.reason, 'assignment_reason')} · {own.document_code}, " + _(
            "version %(number)s", number=own.number
        )
        target = url_for("study.page", assignment_id=own.id)
        yield Todo(own.due_on, own.title, text, target, _("Go on") if own.begun else _("Start"), own.overdue)
    for version in found.to_approve:
        title = _("Approve version %(number)s of %(code)s", number=version.number, code=version.code)
        target = url_for("documents_authoring.review", version_id=version.id)
        yield Todo(None, title, version.title, target, _("Review"))


def figures(*, viewer: Actor, now: datetime) -> Iterable[Figure]:
    """Give trainers and QA the count of overdue training; it opens the list it counts."""
    if viewer.may(Permission.ASSIGNMENT_MANAGE):
        overdue = _home(viewer, now).overdue
        target = url_for("assignments.index", standing="overdue")
        yield Figure(_("Overdue training"), overdue, _("at your sites"), target, "bad" if overdue else "")


def on_the_way(*, viewer: Actor, now: datetime) -> Iterable[Panel]:
    """Show authors every SOP version that is in draft, in review or approved for a later day."""
    if not viewer.may(Permission.DOCUMENT_AUTHOR):
        return
    rows = [(row, version) for row in documents(viewer, now) for version in (row.open, row.coming) if version]
    yield Panel(_("SOP versions on their way"), "modules/_home_on_the_way.html", {"rows": rows}, order=20)


def evidence() -> Iterable[Hit]:
    """Give an inspector the question that the SOPs answer."""
    text = _("Every version with its author, its approver, the day it took effect and what it changed.")
    yield Hit(_("Which procedure held on a day?"), text, url_for("documents.index"), _("SOPs"))


def search(*, viewer: Actor, words: str) -> Iterable[Hit]:
    """Find SOPs and modules by number or title."""
    for hit in search_hits(viewer, words):
        if hit.kind == "sop":
            yield Hit(hit.code, hit.title, url_for("documents.document", document_id=hit.id), _("SOP"))
        else:
            yield Hit(hit.code, hit.title, url_for("library.module", module_id=hit.id), _("Module"))


def person_panels(*, viewer: Actor, person_id: UUID) -> Iterable[Panel]:
    """Show a person's training to whoever oversees it at their site."""
    if viewer.may(Permission.ASSIGNMENT_MANAGE) or viewer.may(Permission.MATRIX_SEE):
        rows = training_of(viewer, person_id, clock.now())
        yield Panel(_("Training"), "modules/_person_training.html", {"rows": rows}, order=40)


def reminders(*, on: date) -> Iterable[Reminder]:
    """Give the daily mail the training that is due, coming due or late."""
    for one in reminders_on(on):
        # a job asks, outside any request, so no address can be built from a route
        target = f"/training/{one.assignment_id}"
        yield Reminder(one.person_id, one.due_on, f"{one.module_title} ({label(one.stage, 'reminder_stage')})", target)
