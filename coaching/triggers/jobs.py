"""What the rules of time do by themselves: every night they look at everybody, in parts, and propose what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import func, or_, select

from coaching.matching.queries import known_at
from coaching.occasions.queries import asked, facts_for
from coaching.occasions.rules import LOOK_BACK, OF_TIME, Firing, Rule, Trigger, firings, is_cooled, is_still_due
from coaching.triggers import queries
from coaching.triggers.commands import WAITING, Coaches, propose_what_fires, tell_nobody_is_free
from coaching.triggers.models import ProposalState, ReviewProposal
from lms.audit.canonical import moment
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site, SiteState, TeamMembership
from lms.notifications.commands import notify
from lms.permissions import Permission, Role
from lms.recurrences.reconciling import in_parts
from lms.scheduler.jobs import Job
from lms.unit_of_work import Work, command
from lms.web.times import local_day, start_of_day

#: People of the sites that are looked at in one transaction.
PART = 5_000


@command(needs=Permission.SYSTEM_RUN)
def look_for_due_reviews(work: Work) -> str:
    """Ask for the rules of time to look at all sites, in parts that the outbox runs one after the other."""
    on = [rule for rule in queries.rules_in_force().values() if rule.is_on and rule.code in OF_TIME]
    sizes = (
        select(Site.id, func.count(Person.id))
        .outerjoin(Person, Person.site_id == Site.id)
        .where(Site.state != SiteState.CEASED)
        .group_by(Site.id)
        .order_by(Site.id)
    )
    rows = db.session.execute(sizes).all()
    parts = in_parts([(row[0], row[1]) for row in rows], PART)
    for number, site_ids in enumerate(parts, 1):
        key = f"{moment(work.at)}:{number}"
        work.follow_up(propose_due_reviews, key, site_ids=[str(site_id) for site_id in site_ids])
    return f"{len(on)} rules of time, {len(rows)} sites, asked for in {len(parts)} parts"


@command(needs=Permission.SYSTEM_RUN)
def propose_due_reviews(work: Work, *, site_ids: Sequence[str]) -> int:
    """Propose what the rules of time find due at some sites, and find a coach for what lost its own; return how many.

    Running it again changes nothing: each occasion proposes once, and a rule leaves a person alone while it cools down.
    """
    ids = [UUID(site_id) for site_id in site_ids]
    today = work.at.date()
    coaches = Coaches(ids, today)
    found = _due(ids, work.at, coaches.today)
    known = known_at(ids) if found else {}
    teams = _teams(ids, today) if found else {}
    # who has waited longest comes first
    alone = _find_again(work, ids, coaches)
    for rule, firing in found:
        proposal = propose_what_fires(
            work, firing, rule=rule, coaches=coaches, team_id=teams.get(firing.person_id), known=known, alert=False
        )
        if proposal.coach_id is None:
            alone[firing.site_id, rule.alerts] += 1
    for (site_id, alerts), count in sorted(alone.items(), key=str):
        tell_nobody_is_free(work, site_id, alerts, count)
    return len(found)


def _find_again(work: Work, site_ids: Sequence[UUID], coaches: Coaches) -> Counter[tuple[UUID, str]]:
    """Look again for a coach of open proposals that have none, or whose coach no longer coaches there.

    Returns how many lost theirs and found no other, by site and who is told.
    """
    lost: Counter[tuple[UUID, str]] = Counter()
    waiting = select(ReviewProposal).where(
        ReviewProposal.site_id.in_(site_ids), ReviewProposal.state == ProposalState.OPEN
    )
    in_force = queries.rules_in_force()
    for proposal in db.session.scalars(waiting.order_by(ReviewProposal.due_on, ReviewProposal.id)).all():
        before = proposal.coach_id
        if before is not None and coaches.has(before, proposal.site_id):
            continue
        case = queries.case_of(proposal.coachee_id, proposal.site_id, coaches.today, deviation_id=proposal.deviation_id)
        coach, matching = coaches.ask(case)
        if coach is not None:
            proposal.coach_id, proposal.matching = coach.person_id, matching
            notify(work, coach.person_id, "review_proposed", f"{WAITING}/{proposal.id}")
        elif before is not None:
            proposal.coach_id, proposal.matching = None, matching
            rule = in_force[Trigger(proposal.trigger)] if proposal.trigger in set(Trigger) else None
            lost[proposal.site_id, rule.alerts if rule is not None else Role.SITE_LEAD] += 1
    return lost


def _due(site_ids: Sequence[UUID], at: datetime, today: date) -> list[tuple[Rule, Firing]]:
    """Return what is due and was not proposed yet: of each rule for each person the newest occasion."""
    of_time = [rule for rule in queries.rules_in_force().values() if rule.is_on and rule.code in OF_TIME]
    if not of_time:
        return []
    occasions: set[tuple[str, str | None]] = set()
    last_on: dict[tuple[str, UUID], date] = {}
    for trigger, person_id, occasion, day in queries.proposed_already([rule.code for rule in of_time], site_ids):
        occasions.add((trigger, occasion))
        last_on[trigger, person_id] = max(day, last_on.get((trigger, person_id), day))
    since = today - LOOK_BACK
    question = asked(start_of_day(since, "UTC"), at, site_ids, only_now=True)
    found: list[tuple[Rule, Firing]] = []
    for rule in of_time:
        newest: dict[UUID, Firing] = {}
        for fact in facts_for(rule.code, question):
            # the site's own day, which may have begun already
            local = local_day(at, question.zones[fact.site_id])
            for firing in firings(rule, fact, since, local):
                if is_still_due(fact, firing, local):
                    newest[firing.person_id] = firing
        found += [
            (rule, firing)
            for person_id, firing in newest.items()
            if (rule.code, firing.occasion) not in occasions
            and is_cooled(rule, last_on.get((rule.code, person_id)), today)
        ]
    return found


def _teams(site_ids: Sequence[UUID], today: date) -> dict[UUID, UUID]:
    statement = (
        select(TeamMembership.person_id, TeamMembership.team_id)
        .join(Person, Person.id == TeamMembership.person_id)
        .where(
            Person.site_id.in_(site_ids),
            TeamMembership.valid_from <= today,
            or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > today),
        )
        .order_by(TeamMembership.valid_from)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


DUE_REVIEWS = Job("look_for_due_reviews", look_for_due_reviews, daily_at=time(4, 30))
