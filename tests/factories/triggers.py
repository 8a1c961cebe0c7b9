"""Rules switched on, and coaches with a load, for tests; made by the application's own commands where there is one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from assessments.attempts import commands as attempts
from assessments.qualifications.models import Qualification
from coaching.matching.commands import keep_coaching_profile
from coaching.matching.rules import Share, Week
from coaching.occasions.rules import Trigger
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import WorkingHours
from coaching.scheduling.queries import free_slots
from coaching.triggers import commands
from coaching.triggers.jobs import propose_due_reviews
from coaching.triggers.models import ReviewProposal
from coaching.triggers.queries import rules_in_force
from lms import clock
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Role
from lms.unit_of_work import run
from tests.factories.assessments import World, plant
from tests.factories.people import INSTALLER, Someone, someone, today


def switch_on(code: Trigger, *, cool_down_days: int | None = None, alerts: str = "site_lead", **figures: int) -> None:
    """Put a rule into force with some figures."""
    rule = rules_in_force()[code]
    run(
        commands.change_trigger_rule,
        INSTALLER,
        "test",
        code,
        number=rule.number,
        is_on=True,
        figures={**rule.figures, **figures},
        cool_down_days=rule.cool_down_days if cool_down_days is None else cool_down_days,
        alerts=alerts,
        reason="tried in a test",
        would_have_fired=0,
    )


def matched_by(
    person: Someone,
    *,
    share: Share = Share.FULL,
    languages: Collection[str] = (),
    subjects: Collection[str] = (),
    manager: Someone | None = None,
    week: Week = (),
) -> None:
    """Keep what a person is matched by, and their hours."""
    run(
        keep_coaching_profile,
        INSTALLER,
        "test",
        person.person.id,
        share=share,
        languages=languages,
        subjects=subjects,
        line_manager_id=manager.person.id if manager else None,
    )
    for weekday, first, last in week:
        plant(WorkingHours(person_id=person.person.id, weekday=weekday, from_minute=first, to_minute=last))


def planned_reviews(coach: Someone, site: Site, count: int) -> None:
    """Put so many reviews of a coach into the calendars of the coming days, each with another operator."""
    for _ in range(count):
        operator = someone(Role.OPERATOR, site)
        proposal = run(commands.propose_routine_review, coach.actor, "", coachee_id=operator.person.id)
        review = run(commands.accept_proposal, coach.actor, "", proposal.id)
        begin = clock.now() + timedelta(hours=1)
        slots = free_slots(coach.person.id, operator.person.id, starts_at=begin, ends_at=begin + timedelta(days=6))
        run(
            scheduling.schedule_review,
            coach.actor,
            "",
            review.id,
            starts_at=slots[0].starts_at,
            mode="video",
            place="",
        )


def proposals(person: Someone | None = None) -> list[ReviewProposal]:
    """Return the proposals there are, with somebody or with all, oldest first."""
    statement = select(ReviewProposal).order_by(ReviewProposal.id)
    if person is not None:
        statement = statement.where(ReviewProposal.coachee_id == person.person.id)
    db.session.expire_all()
    return list(db.session.scalars(statement))


def a_failed_attempt(world: World, operator: Someone, assignment: UUID) -> UUID:
    """Let an operator hand in a knowledge check without an answer."""
    attempt_id = run(attempts.start_attempt, operator.actor, "", assignment, world.newest.check)
    run(attempts.submit_attempt, operator.actor, "", attempt_id)
    return attempt_id


def qualified(person: Someone, task_id: UUID, *, days_ago: int) -> None:
    """Let somebody be qualified for a task since so many days."""
    begin = clock.now() - timedelta(days=days_ago)
    plant(
        Qualification(
            person_id=person.person.id, task_id=task_id, site_id=person.person.site_id, valid_from=begin,
            valid_to=clock.now() + timedelta(days=100), evidence={}, limited_by="grant",
        )
    )  # fmt: skip


def joined(site: Site, *, days_ago: int) -> Someone:
    """Return an operator who joined so many days ago."""
    operator = someone(Role.OPERATOR, site)

    def moved(work: Any) -> None:
        operator.person.joined_on = today() - timedelta(days=days_ago)
        work.add(operator.person)

    moved.needs, moved.action = "system.run", "tests.move"  # type: ignore[attr-defined]
    run(moved, INSTALLER, "test")  # type: ignore[arg-type]
    return operator


def night(site: Site) -> int:
    """Let the rules of time look at a site, and return how many reviews they proposed."""
    return run(propose_due_reviews, INSTALLER, "", site_ids=[str(site.id)])
