"""Telling those who answer for the network of a critical deviation, once, when QA calls it critical."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select

from lms.deviations.models import Deviation
from lms.deviations.rules import OPEN, State
from lms.deviations.taxonomy import CORE
from lms.extensions import db
from lms.identity.models import Account, Person, RoleAssignment
from lms.network.models import Network, Site
from lms.notifications.commands import notify
from lms.permissions import Permission, Role
from lms.unit_of_work import Work, command

CRITICAL = "critical"


def escalate(work: Work, deviation: Deviation) -> bool:
    """Tell QA of the control site and the site's responsible persons of a critical deviation; return whether anybody was.

    In the application and by mail. What was told once is not told again, whatever becomes of the record. Without anybody
    to tell it stays untold, so that the hourly job tries again and the record says so.
    """
    if deviation.severity != CRITICAL or deviation.escalated_at is not None:
        return False
    site = db.session.get_one(Site, deviation.site_id)
    control = select(Site.id).where(Site.is_control_site, Site.network_id == site.network_id)
    whole = RoleAssignment.site_id.is_(None)
    today = work.at.date()
    statement = (
        select(Person.id, Person.email)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .join(Account, Account.person_id == Person.id)
        .where(
            or_(
                and_(RoleAssignment.role == Role.QA, or_(whole, RoleAssignment.site_id.in_(control))),
                and_(RoleAssignment.role == Role.RESPONSIBLE_PERSON, or_(whole, RoleAssignment.site_id == site.id)),
            ),
            RoleAssignment.approved_at.is_not(None),
            RoleAssignment.valid_from <= today,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
            Account.is_active,
        )
        .distinct()
        .order_by(Person.id)
    )
    told = db.session.execute(statement).all()
    for person_id, mail in told:
        target = f"/deviations/{deviation.id}"
        notify(
            work,
            person_id,
            "deviation_critical",
            target,
            number=deviation.number,
            site=site.name,
            title=deviation.title[:200],
        )
        if mail:
            work.send_mail(
                key=f"critical:{deviation.id}:{person_id}",
                to=mail,
                subject=_("Critical deviation %(number)s at %(site)s", number=deviation.number, site=site.name),
                body=_(
                    "QA called a deviation critical. Sign in to Candor and open %(number)s.", number=deviation.number
                ),
            )
    if told:
        deviation.escalated_at = work.at
    return bool(told)


@command(needs=Permission.SYSTEM_RUN)
def escalate_critical(work: Work) -> str:
    """Tell of open critical deviations of which nobody was told yet, such as those that came classified in a file."""
    waiting = (
        select(Deviation)
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(
            Network.taxonomy == CORE,
            Deviation.severity == CRITICAL,
            Deviation.escalated_at.is_(None),
            Deviation.state.in_([state for state in OPEN if state != State.REPORTED]),
        )
    )
    told = sum(escalate(work, deviation) for deviation in db.session.scalars(waiting).all())
    return f"{told} critical deviations told"
