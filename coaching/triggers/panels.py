"""What triggers add to other pages: proposals without a coach on the home page, and reminders before a proposal is late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from coaching.triggers.models import ProposalState, ReviewProposal
from lms.extensions import db
from lms.identity.queries import holders
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission, Role
from lms.scope import within
from lms.web.addresses import url_for
from lms.web.slots import Todo
from lms.web.times import local_day

#: A coach is reminded from this many days before the due day on.
REMINDED = timedelta(days=2)


def todos(*, viewer: Actor, now: datetime) -> Iterator[Todo]:
    """Give the site lead the proposals for which no coach was free; QA, who may find one too, has the list and is told."""
    if not viewer.has_role(Role.SITE_LEAD):
        return
    waiting = select(func.count(), func.min(ReviewProposal.due_on)).where(
        within(ReviewProposal.site_id, viewer, Permission.REVIEW_ASSIGN),
        ReviewProposal.state == ProposalState.OPEN,
        ReviewProposal.coach_id.is_(None),
    )
    count, due_on = db.session.execute(waiting).one()
    if count:
        yield Todo(
            due_on,
            ngettext("%(num)s proposed review has no coach", "%(num)s proposed reviews have no coach", count),
            _("Nobody is free within the caps. Choose a coach, or ask the control site for one."),
            url_for("proposals.waiting"),
            _("Find a coach"),
            overdue=due_on < local_day(now, viewer.zone),
        )


def reminders(*, on: date) -> Iterator[Reminder]:
    """Remind coaches of proposals that are nearly due or late, and site leads of those that have none; QA where there is no lead."""
    soon = select(ReviewProposal.id, ReviewProposal.coach_id, ReviewProposal.site_id, ReviewProposal.due_on).where(
        ReviewProposal.state == ProposalState.OPEN, ReviewProposal.due_on <= on + REMINDED
    )
    leads: dict[UUID, list[UUID]] = {}
    for proposal_id, coach_id, site_id, due_on in db.session.execute(
        soon.order_by(ReviewProposal.due_on, ReviewProposal.id)
    ):
        target = f"/reviews/proposals/{proposal_id}"
        if coach_id is not None:
            yield Reminder(coach_id, due_on, _("A proposed review waits for your answer."), target)
            continue
        if site_id not in leads:
            found = holders(Role.SITE_LEAD, site_id, on) or holders(Role.QA, site_id, on)
            leads[site_id] = [person_id for person_id, _name in found]
        for person_id in leads[site_id]:
            yield Reminder(person_id, due_on, _("A proposed review has no coach."), f"{target}/coach")
