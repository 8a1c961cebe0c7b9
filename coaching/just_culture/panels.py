"""What the just-culture step adds to the page of a deviation: the way in for whoever may assess, and nothing about any case."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask_babel import gettext as _

from lms.permissions import Actor, Permission
from lms.web.slots import Panel


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterator[Panel]:
    """Give those who may assess the way in. The same words whether or not there is a case: that is confided."""
    if viewer.may(Permission.JUST_CULTURE_ASSESS):
        yield Panel(
            _("Just-culture step"), "coaching/_just_culture_panel.html", {"deviation_id": deviation_id}, order=70
        )
