"""What deviations put on the pages of the shell: things to do, figures, the way in for reporters, search."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.deviations import queries
from lms.deviations.workload import Workload, workload
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.labels import label
from lms.web.slots import Figure, Hit, Panel, Todo
from lms.web.times import local_day


def workload_of(viewer: Actor, now: datetime) -> Workload:
    """Return what waits for QA: one statement for the page, although several slots ask."""
    if "deviation_workload" not in g:
        g.deviation_workload = workload(viewer, now=now)
    found: Workload = g.deviation_workload
    return found


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give QA the triage that is due and the matches to decide."""
    if not viewer.may(Permission.DEVIATION_TRIAGE):
        return
    work = workload_of(viewer, now)
    if work.waiting:
        words = ngettext("%(num)s deviation waits for triage", "%(num)s deviations wait for triage", work.waiting)
        late = ngettext("%(num)s is overdue.", "%(num)s are overdue.", work.overdue)
        text = late if work.overdue else _("Least time left first.")
        by = local_day(work.due_first, viewer.zone) if work.due_first else None
        yield Todo(by, words, text, url_for("deviations.desk"), _("Open the triage desk"), work.overdue > 0)
    if work.closing_overdue:
        one, many = "%(num)s deviation is not closed in time", "%(num)s deviations are not closed in time"
        target = url_for("deviations.index", overdue="closing")
        text = _("Investigated and closed within 30 days of recording, or by the day it was extended to.")
        yield Todo(None, ngettext(one, many, work.closing_overdue), text, target, _("Open the list"), overdue=True)
    if work.to_report:
        one, many = "%(num)s report to an authority is due", "%(num)s reports to authorities are due"
        first = work.report_due_first
        by, late = local_day(first, viewer.zone) if first else None, first is not None and first < now
        target = url_for("reportable.index", state="open")
        yield Todo(
            by, ngettext(one, many, work.to_report), _("Least time left first."), target, _("Open the list"), late
        )
    if work.in_review:
        words = ngettext("%(num)s deviation is in QA review", "%(num)s deviations are in QA review", work.in_review)
        text = _("Close it with a signature, or send it back.")
        yield Todo(None, words, text, url_for("deviations.index", state="qa_review"), _("Open the list"))
    if work.reopened:
        words = ngettext("%(num)s deviation is open again", "%(num)s deviations are open again", work.reopened)
        text = _("Its action did not keep it away, or QA had a reason.")
        yield Todo(None, words, text, url_for("deviations.index", state="reopened"), _("Open the list"))
    if work.undecided:
        one, many = "Same one again? %(num)s match to decide", "Same one again? %(num)s matches to decide"
        words = ngettext(one, many, work.undecided)
        text = _("The rule proposes, QA confirms or overrules with a reason and a signature.")
        yield Todo(None, words, text, url_for("deviations.index", recurrence="proposed"), _("Open the list"))


def figures(*, viewer: Actor, now: datetime) -> Iterable[Figure]:
    """Give QA the count of open deviations; it opens the list it counts."""
    if viewer.may(Permission.DEVIATION_TRIAGE):
        work = workload_of(viewer, now)
        target = url_for("deviations.index", state="open")
        yield Figure(_("Open deviations"), work.open, _("reported, and not closed yet"), target)


def panels(*, viewer: Actor, now: datetime) -> Iterable[Panel]:
    """Give everybody who may report the way to do it."""
    if viewer.may(Permission.DEVIATION_RAISE):
        yield Panel(_("Good catch"), "lms/deviations/_home_catch.html", {}, order=30)


def search(*, viewer: Actor, words: str) -> Iterable[Hit]:
    """Find deviations by number, title or the number in the file they came from."""
    if viewer.may(Permission.DEVIATION_SEE):
        for found in queries.found(viewer, words):
            target = url_for("deviations.record", deviation_id=found.id)
            about = f"{found.title} · {found.site_name} · {label(found.state, 'deviation_state')}"
            yield Hit(found.number, about, target, _("Deviation"))
