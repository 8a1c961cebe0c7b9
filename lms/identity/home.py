"""What people and their roles put on Today: the first steps of a network in which nobody was registered yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor, Permission
from lms.web.slots import Panel

#: The administrator and the first of quality assurance, whom ``candor init`` registers.
FOUNDERS = 2


def first_steps(*, viewer: Actor, now: datetime) -> Iterable[Panel]:
    """Tell the administrator of a new network where to begin, until a third person is registered."""
    if not viewer.may(Permission.PEOPLE_MANAGE):
        return
    some = select(Person.id).limit(FOUNDERS + 1).subquery()
    if (db.session.scalar(select(func.count()).select_from(some)) or 0) <= FOUNDERS:
        yield Panel(_("First steps"), "lms/_first_steps.html", {"command": "candor import people FILE"}, order=0)
