"""What second coding puts on the home page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from lms.deviations.home import workload_of
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.slots import Todo


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give QA what waits for a second coding, and what they are one of the two to settle."""
    if not viewer.may(Permission.DEVIATION_TRIAGE):
        return
    waits, target = workload_of(viewer, now), url_for("second_coding.index")
    if waits.to_code_again:
        one, many = "%(num)s deviation waits for a second coding", "%(num)s deviations wait for a second coding"
        text = _("You see the story, not how it was coded first.")
        yield Todo(None, ngettext(one, many, waits.to_code_again), text, target, _("Open the list"))
    if waits.to_settle:
        one, many = "%(num)s deviation was coded in two ways", "%(num)s deviations were coded in two ways"
        text = _("You are one of the two who settle it.")
        yield Todo(None, ngettext(one, many, waits.to_settle), text, target, _("Open the list"))
