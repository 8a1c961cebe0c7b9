"""What the calendar feed puts on the page of a person: that there is one, and the button that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask_babel import gettext as _

from coaching.own_calendar.queries import feed_since
from lms.permissions import Actor, Permission
from lms.web.slots import Panel


def person(*, viewer: Actor, person_id: UUID) -> Iterator[Panel]:
    """Show whoever manages people whether somebody has a feed."""
    if viewer.may(Permission.PEOPLE_MANAGE):
        since = feed_since(person_id)
        yield Panel(
            _("Calendar address"), "coaching/_person_feed.html", {"since": since, "person_id": person_id}, order=70
        )
