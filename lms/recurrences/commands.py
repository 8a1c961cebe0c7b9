"""Deciding whether a deviation is the same one again, and looking again over whole sites."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import func, select

from lms import signals
from lms.audit.canonical import moment
from lms.capas.settling import settle
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.facts import RecurrenceConfirmed
from lms.network.models import Site
from lms.permissions import Permission
from lms.recurrences import rules
from lms.recurrences.models import Matched, NetworkRecurrence, Recurrence
from lms.recurrences.queries import elsewhere
from lms.recurrences.reconciling import in_parts, reconcile
from lms.recurrences.rules import R1, R2, R3, Decision
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command


@command(needs=Permission.RECURRENCE_DECIDE)
def decide_recurrence(work: Work, recurrence_id: UUID, *, version: int, decision: str, reason: str) -> Recurrence:
    """Confirm or overrule that a deviation is the same one again, with a reason and a signature.

    Confirming that it came back after an action (R3) confirms that it is a repetition (R1) by the same act, so that it
    is counted once. Raises ``NotAllowed`` without a reason, without fresh proof of identity, or for a match that no
    longer holds. A later decision replaces the earlier one, whose signature then shows as void.
    """
    recurrence = get_scoped(Recurrence, recurrence_id, work.actor, Permission.RECURRENCE_DECIDE)
    if recurrence.version != version:
        raise StaleForm("Somebody decided on this match meanwhile. Look at it again before you decide.")
    if recurrence.decision == Decision.WITHDRAWN:
        raise NotAllowed("This match no longer holds: one of the two records was classified anew.")
    _decide(work, recurrence, decision, reason)
    decided = [recurrence]
    if recurrence.rule == R3 and recurrence.decision == Decision.CONFIRMED:
        local = select(Recurrence).where(
            Recurrence.deviation_id == recurrence.deviation_id,
            Recurrence.rule == R1,
            Recurrence.decision == Decision.PROPOSED,
        )
        for row in db.session.scalars(local).all():
            _decide(work, row, decision, reason)
            decided.append(row)
    if recurrence.capa_id is not None:
        settle(work, recurrence.capa_id)
    if recurrence.decision == Decision.CONFIRMED:
        _tell(work, decided)
    return recurrence


@command(needs=Permission.RECURRENCE_DECIDE)
def decide_network_match(
    work: Work, deviation_id: UUID, *, earlier_id: UUID, version: int, decision: str, reason: str
) -> NetworkRecurrence:
    """Confirm or overrule that another site has had the same one (R2), with a reason and a signature.

    Only whoever answers for both sites may, which is QA of the control site. ``version`` is that of the decision shown, 0
    if there was none. Raises ``NotAllowed`` if the two do not match, ``StaleForm`` if it was decided meanwhile.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.RECURRENCE_DECIDE)
    found = next((match for match in elsewhere(deviation) if match.earlier_id == earlier_id), None)
    if found is None:
        raise NotAllowed("These two no longer match: one of them was classified anew.")
    if not work.actor.may(Permission.RECURRENCE_DECIDE, found.earlier_site_id):
        raise NotFound("A match with another site is decided by QA of the control site.")
    of_pair = select(NetworkRecurrence).where(
        NetworkRecurrence.deviation_id == deviation_id, NetworkRecurrence.earlier_site_id == found.earlier_site_id
    )
    row = db.session.scalar(of_pair)
    if (row.version if row is not None else 0) != version:
        raise StaleForm("Somebody decided on this match meanwhile. Look at it again before you decide.")
    if row is None:
        row = NetworkRecurrence(
            deviation_id=deviation_id, site_id=deviation.site_id, earlier_site_id=found.earlier_site_id, rule=R2
        )
        work.add(row)
    row.earlier_id, row.days_between, row.found_at = earlier_id, found.days_between, work.at
    row.rule_version, row.window_days = rules.VERSIONS[R2], rules.WINDOW_DAYS
    _decide(work, row, decision, reason)
    return row


@command(needs=Permission.SYSTEM_RUN)
def rescan_recurrences(work: Work, *, site_ids: Sequence[str]) -> int:
    """Run the rules over all deviations of some sites; return how many matches changed. A second run changes nothing."""
    with _uncollected():
        changed = reconcile(work, [UUID(site_id) for site_id in site_ids])
    return changed.proposed + changed.withdrawn


@command(needs=Permission.SYSTEM_RUN)
def rescan_every_site(work: Work) -> str:
    """Ask for the rules to be run over all sites, in parts that the outbox runs one after the other.

    Each part is a transaction of its own, so that neither memory nor a writer's wait grows with the network, and whatever
    breaks off goes on with the parts that are left.
    """
    of_site = select(Site.id, func.count(Deviation.id)).outerjoin(Deviation, Deviation.site_id == Site.id)
    sizes = db.session.execute(of_site.group_by(Site.id).order_by(Site.id)).all()
    parts = in_parts([(site_id, size) for site_id, size in sizes])
    for number, site_ids in enumerate(parts, 1):
        key = f"{moment(work.at)}:{number}"
        work.follow_up(rescan_recurrences, key, site_ids=[str(site_id) for site_id in site_ids])
    return f"{len(sizes)} sites, asked for in {len(parts)} parts"


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles among what is read here: there are none, and looking takes as long as the rules do."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _decide(work: Work, recurrence: Matched, decision: str, reason: str) -> None:
    if decision not in rules.DECIDED:
        raise NotAllowed("Choose whether you confirm or overrule the match.", field="decision")
    if not reason.strip():
        raise NotAllowed("Say why: the reason is part of what you sign.", field="reason")
    recurrence.decision, recurrence.decision_reason = Decision(decision), reason.strip()
    recurrence.decided_by_id, recurrence.decided_at = work.actor.person_id, work.at
    confirmed = recurrence.decision == Decision.CONFIRMED
    sign(work, recurrence, Meaning.CONFIRMED if confirmed else Meaning.OVERRULED, reason=reason.strip())


def _tell(work: Work, decided: list[Recurrence]) -> None:
    """Tell once of one deviation, however many rules name it: the repetition (R1) if it is among them."""
    counted = next((row for row in decided if row.rule == R1), decided[0])
    deviation = db.session.get_one(Deviation, counted.deviation_id)
    work.tell(
        signals.recurrence_confirmed,
        RecurrenceConfirmed(
            counted.id,
            deviation.id,
            deviation.site_id,
            deviation.team_id,
            deviation.severity,
            work.at,
        ),
    )
