"""Keeping an action's state true to what is confirmed about it: came back, or did not after all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select

from lms.capas.models import Capa, EffectivenessLook
from lms.capas.rules import State, Verdict
from lms.deviations.reopening import reopen_for_action
from lms.extensions import db
from lms.notifications.commands import notify
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R3, Decision
from lms.unit_of_work import Work


def settle(work: Work, capa_id: UUID) -> None:
    """Give an action back to its owner if it is confirmed not to have worked, or take that back if it is not any more.

    It failed if QA confirmed a deviation that came back after it (R3), or a signed look says so. The deviation that it
    was opened from is opened again, if it was closed.
    """
    db.session.flush()
    came_back = select(Recurrence.id).where(
        Recurrence.capa_id == capa_id, Recurrence.rule == R3, Recurrence.decision == Decision.CONFIRMED
    )
    looked = select(EffectivenessLook.id).where(
        EffectivenessLook.capa_id == capa_id, EffectivenessLook.verdict == Verdict.NOT_EFFECTIVE
    )
    failed = db.session.scalar(select(Capa.id).where(Capa.id == capa_id, or_(came_back.exists(), looked.exists())))
    capa = db.session.get_one(Capa, capa_id)
    if failed is not None and capa.verdict != Verdict.NOT_EFFECTIVE:
        capa.verdict, capa.state, capa.closed_at = Verdict.NOT_EFFECTIVE, State.RETURNED, None
        tell_owner(work, capa, "capa_returned")
        reopen_for_action(work, capa.deviation_id, capa.id, capa.number)
    elif failed is None and capa.state == State.RETURNED:
        capa.verdict, capa.state = "", State.IMPLEMENTED


def tell_owner(work: Work, capa: Capa, sentence: str, **arguments: str) -> None:
    """Tell the owner of an action what became of it, unless the owner did it."""
    if capa.owner_id != work.actor.person_id:
        notify(work, capa.owner_id, sentence, f"/actions/{capa.id}", number=capa.number, **arguments)
