"""Actions for tests, made by the application's own commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from lms import clock
from lms.capas import commands
from lms.capas.models import Capa
from lms.capas.rules import Plan
from lms.extensions import db
from lms.unit_of_work import replay, run
from tests.factories.people import Someone, today

PLAN = Plan(baseline_days=365, window_days=30, window_batches=40, reduction_percent=50, grace_days=0)


def an_action(qa: Someone, deviation_id: UUID, owner: Someone, *, days_ago: int = 0, **values: Any) -> Capa:
    """Open an action so many days ago."""
    at = clock.now() - timedelta(days=days_ago)
    given: dict[str, Any] = {
        "kind": "corrective",
        "title": "Print the MOI on the worksheet",
        "description": "The value is no longer typed.",
        "due_on": at.date() + timedelta(days=60),
    }
    with replay() as day:
        return day.run(
            commands.open_capa, qa.actor, at, "test", deviation_id, owner_id=owner.person.id, **{**given, **values}
        )


def in_place(by: Someone, capa_id: UUID, *, days_ago: int) -> Capa:
    """Note that an action has been in place for so many days."""
    day = today() - timedelta(days=days_ago)
    run(
        commands.implement_capa,
        by.actor,
        "test",
        capa_id,
        version=kept(capa_id).version,
        implemented_on=day,
        evidence="worksheet version 4 at both benches",
    )
    return kept(capa_id)


def planned(qa: Someone, capa_id: UUID, plan: Plan = PLAN, **codes: str) -> None:
    """Declare how it will be told whether an action worked."""
    criterion = "Entry errors at transduction fall by half."
    run(
        commands.plan_effectiveness,
        qa.actor,
        "test",
        capa_id,
        version=kept(capa_id).version,
        criterion=criterion,
        plan=plan,
        **codes,
    )


def look(qa: Someone, capa_id: UUID) -> str:
    """Look at the effect of an action, sign, and return the verdict."""
    made = run(
        commands.look_at_effect,
        qa.signing,
        "test",
        capa_id,
        version=kept(capa_id).version,
        remark="counted from the records",
    )
    return made.verdict


def kept(capa_id: UUID) -> Capa:
    """Return the action as it stands in the database."""
    db.session.expire_all()
    return db.session.get_one(Capa, capa_id)
