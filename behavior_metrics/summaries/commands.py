"""Asking for all counts to be made anew."""

from __future__ import annotations

from sqlalchemy import func, select

from behavior_metrics.summaries.models import BehaviorMark, BehaviorRecount
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Permission
from lms.unit_of_work import Work, command


@command(needs=Permission.SYSTEM_RUN)
def recount_summaries(work: Work, *, doubt: bool = False) -> str:
    """Ask for the counts of all sites to be made anew, one site after the other; what is done stays done.

    ``doubt`` is for records that came by another way than commands: no count is read from what is kept until it is made
    anew. While a recount is under way no second one is asked for.
    """
    waiting = db.session.scalar(select(func.count()).where(BehaviorMark.recount_id.is_not(None))) or 0
    if waiting and not doubt:
        return f"a recount is under way, {waiting} sites wait"
    sites = db.session.scalars(select(Site.id).order_by(Site.id)).all()
    recount = BehaviorRecount(asked_at=work.at, sites=len(sites), done=0, differed=0)
    work.add(recount)
    db.session.flush()
    for site_id in sites:
        work.add(BehaviorMark(site_id=site_id, recount_id=recount.id))
        if doubt:
            work.add(BehaviorMark(site_id=site_id))
    return f"{len(sites)} sites to be counted anew"
