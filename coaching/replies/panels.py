"""What answers by mail put on the home page of a coach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask_babel import gettext as _

from coaching.replies.queries import asking
from coaching.replies.rules import Answer
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.slots import Todo
from lms.web.times import local_day, show_moment


def todos(*, viewer: Actor, now: datetime) -> Iterator[Todo]:
    """Ask the coach for another time where somebody declined by mail or proposed one."""
    if not viewer.may(Permission.REVIEW_COACH):
        return
    for row in asking(viewer, now):
        when = show_moment(row.starts_at, viewer.zone)
        if row.answer == Answer.DECLINED:
            title = _("%(name)s declined by mail", name=row.person_name)
            text = _("Choose another time; until then the review of %(when)s stands.", when=when)
        else:
            proposed = show_moment(row.proposed_starts_at or row.starts_at, viewer.zone)
            title = _("%(name)s proposes %(when)s by mail", name=row.person_name, when=proposed)
            text = _("Choose a time; until then the review of %(when)s stands.", when=when)
        day = local_day(row.starts_at, viewer.zone)
        yield Todo(day, title, text, url_for("scheduling.choose", review_id=row.review_id), _("Find a time"))
