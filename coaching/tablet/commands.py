"""Changes of badges: a person sets their own; a try on a tablet counts, whether it was right or not."""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from sqlalchemy import delete, select

from coaching.tablet import queries, rules
from coaching.tablet.models import Badge, BadgeFailure
from lms.extensions import db
from lms.identity import passwords
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.unit_of_work import Work, command


@command(needs=Permission.SURVEY_ANSWER)
def set_badge(work: Work, *, badge: str, pin: str, again: str) -> None:
    """Set the reader's own badge number and PIN. Raises ``NotAllowed`` without fresh proof, or for a badge already set."""
    if work.actor.person_id is None or work.actor.proof is None:
        raise NotAllowed("Type your password, so that nobody else sets your PIN.", field="password")
    rules.check_new(badge, pin, again)
    number = _digest("badge", rules.normalised(badge))
    taken = db.session.scalar(select(Badge.person_id).where(Badge.badge == number))
    if taken is not None and taken != work.actor.person_id:
        raise NotAllowed("This badge cannot be used. Check its number, or ask your administrator.", field="badge")
    own = db.session.get(Badge, work.actor.person_id)
    if own is None:
        own = Badge(person_id=work.actor.person_id)
        work.add(own)
    own.badge, own.pin_hash = number, passwords.hash_password(_digest("pin", pin))


@command(needs=Permission.SURVEY_ANSWER)
def remove_badge(work: Work) -> None:
    """Remove the reader's own badge; no tablet opens their list any more."""
    db.session.execute(delete(Badge).where(Badge.person_id == work.actor.person_id))


@command(needs=Permission.SYSTEM_RUN)
def try_badge(work: Work, *, badge: str, pin: str) -> UUID | None:
    """Return whose badge and PIN these are, or None; a wrong try counts. Every refusal takes the same work.

    It returns where another command would refuse, since a refusal would undo the count.
    """
    number = _digest("badge", rules.normalised(badge))
    failure = db.session.get(BadgeFailure, number)
    tries = rules.Tries(failure.count, failure.locked_until) if failure else rules.Tries()
    holder = queries.holder_of(number, work.at.date())
    right = passwords.matches(holder.pin_hash if holder else "", _digest("pin", pin))
    if tries.is_locked(work.at):
        return None
    if holder is None or not right:
        after = tries.after_a_wrong_one(work.at)
        if failure is None:
            failure = BadgeFailure(badge=number)
            work.add(failure)
        failure.count, failure.locked_until = after.count, after.locked_until
        return None
    if failure is not None:
        db.session.delete(failure)
    return holder.person_id


def _digest(purpose: str, text: str) -> str:
    return rules.digest(current_app.config["SECRET_KEY"], purpose, text)
