"""What matching adds to a person's page."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask_babel import gettext as _

from lms.permissions import Actor, Permission
from lms.web.slots import Panel


def person_panels(*, viewer: Actor, person_id: UUID) -> Iterator[Panel]:
    """Give whoever keeps people the way to what a person's reviews are matched by."""
    if viewer.may(Permission.PEOPLE_MANAGE):
        yield Panel(_("Coaching"), "coaching/matching/_person.html", {"person_id": person_id}, order=70)
