"""The way from triage to closing, as the people of the demonstration network go it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from lms.capas.queries import count_standing
from lms.demonstration.cast import Member
from lms.demonstration.loading import Day
from lms.demonstration.places import phrases
from lms.deviations import commands as deviations
from lms.deviations.models import Deviation
from lms.deviations.rules import State
from lms.extensions import db
from lms.investigations import commands as investigations
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import Decision
from lms.unit_of_work import Command


def investigate(
    day: Day, at: datetime, deviation: Deviation, lead: Member, act: Callable[[], None] | None = None
) -> None:
    """Let the site's lead look for the cause, act if something is to be done, and send it to QA's review."""

    def step(what: Command[..., Deviation], **values: object) -> None:
        day.run(what, lead.actor, at, "", deviation.id, version=deviation.version, **values)

    words = phrases()["course"]
    step(investigations.start_investigation, lead_id=lead.id)
    if act is not None:
        act()
    step(
        investigations.record_result,
        method="five_whys",
        finding=words["finding"][0],
        factors=(),
        root_cause_class=deviation.root_cause_class,
        action_needed=bool(count_standing(deviation.id)),
        why_none=words["no_action"][0],
    )
    step(investigations.send_to_review)


def close(day: Day, at: datetime, deviation: Deviation, qa: Member, cause: str) -> None:
    """Let QA sign the closing."""
    day.run(
        deviations.close_deviation,
        day.cast.signing(qa.spec.employee_no, at),
        at,
        "",
        deviation.id,
        version=deviation.version,
        root_cause_class=cause,
        reason=phrases()["course"]["minor"][0],
    )


def close_anew(day: Day, at: datetime, deviation: Deviation, *, qa: Member, lead: Member) -> None:
    """Investigate and close again what was opened because its action did not work, unless a match waits for a decision."""
    waiting = select(Recurrence.id).where(
        Recurrence.deviation_id == deviation.id, Recurrence.decision == Decision.PROPOSED
    )
    if deviation.state == State.REOPENED and db.session.scalar(waiting) is None:
        investigate(day, at, deviation, lead)
        close(day, at, deviation, qa, deviation.root_cause_class)
