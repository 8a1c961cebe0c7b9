"""What roles put on Today: the first steps of a network in which nobody is registered yet, and an inspector's evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor, Permission, Role
from lms.web.addresses import url_for
from lms.web.slots import Hit, Panel, filled

#: The administrator and the first of quality assurance, whom ``candor init`` registers.
FOUNDERS = 2


def first_steps(*, viewer: Actor, now: datetime) -> Iterable[Panel]:
    """Tell the administrator of a new network where to begin, until a third person is registered."""
    if not viewer.may(Permission.PEOPLE_MANAGE):
        return
    some = select(Person.id).limit(FOUNDERS + 1).subquery()
    if (db.session.scalar(select(func.count()).select_from(some)) or 0) <= FOUNDERS:
        yield Panel(_("First steps"), "lms/_first_steps.html", {}, order=0)


def evidence(*, viewer: Actor) -> Iterable[Panel]:
    """Lead an inspector from what they came to ask to where it is answered, room by room."""
    if viewer.has_role(Role.INSPECTOR):
        yield Panel(_("Where the evidence is"), "lms/_evidence_for.html", {"rows": filled("home.evidence")}, order=0)


def own_evidence() -> Iterable[Hit]:
    """Give the questions that the trail, the register of people and the deviations answer."""
    text = _("Who, when, what, the old value and why; proven unbroken by its own check.")
    yield Hit(_("Was a record changed, and by whom?"), text, url_for("audit.trail"), _("Trail"))
    text = _("Nobody is ever deleted; a role says who granted and who approved it.")
    yield Hit(_("Who works here, in which role, since when?"), text, url_for("people.index"), _("People"))
    text = _("Each with its triage, its recurrence, its actions and their check of effect.")
    yield Hit(_("What went wrong, and what became of it?"), text, url_for("deviations.index"), _("Deviations"))
