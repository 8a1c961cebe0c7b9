"""A deviation's way from triage to closing: contain, investigate, decide on actions, review; extend and reopen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from lms.capas.queries import count_standing
from lms.coding.documenting import check_confirmed_cause
from lms.deviations import rules
from lms.deviations.models import Deviation, DeviationExtension, DeviationReopening
from lms.deviations.reopening import open_again
from lms.deviations.rules import State
from lms.deviations.taxonomy import CORE, is_known
from lms.investigations.queries import leads
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.recurrences.reconciling import key_of, reconcile
from lms.refusals import NotAllowed, StaleForm
from lms.scope import get_scoped
from lms.second_coding.drawing import note_classified
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from lms.web.times import local_day


@command(needs=Permission.DEVIATION_INVESTIGATE)
def note_containment(work: Work, deviation_id: UUID, *, version: int, what: str, contained_at: datetime) -> Deviation:
    """Note what holds the deviation off for now, and since when. Noted again, it replaces what the trail keeps."""
    deviation = _current(work, deviation_id, version)
    rules.check_may_become(deviation.number, deviation.state, State.CONTAINED)
    if not what.strip():
        raise NotAllowed("Say what was done to contain it.", field="what")
    rules.check_contained(contained_at, deviation.occurred_at, work.at)
    deviation.containment, deviation.contained_at = what.strip(), contained_at
    deviation.state = State.CONTAINED
    return deviation


@command(needs=Permission.DEVIATION_INVESTIGATE)
def start_investigation(work: Work, deviation_id: UUID, *, version: int, lead_id: UUID) -> Deviation:
    """Start the investigation, or investigate further, with somebody who leads it and is told."""
    deviation = _current(work, deviation_id, version)
    rules.check_may_become(deviation.number, deviation.state, State.UNDER_INVESTIGATION)
    if deviation.state == State.QA_REVIEW:
        raise NotAllowed("It is in QA's review, which closes it or sends it back.")
    if lead_id not in {person_id for person_id, _ in leads(deviation.site_id, _today(work, deviation))}:
        raise NotAllowed("Choose somebody of QA or a lead of this site.", field="lead")
    if deviation.state != State.UNDER_INVESTIGATION:
        deviation.investigation_started_at, deviation.investigated_by_id = work.at, None
    deviation.state, deviation.lead_id = State.UNDER_INVESTIGATION, lead_id
    if lead_id != work.actor.person_id:
        target = f"/deviations/{deviation.id}"
        notify(work, lead_id, "investigation_yours", target, number=deviation.number, title=deviation.title[:200])
    return deviation


@command(needs=Permission.DEVIATION_INVESTIGATE)
def record_result(
    work: Work,
    deviation_id: UUID,
    *,
    version: int,
    method: str,
    finding: str,
    factors: Collection[str],
    root_cause_class: str,
    action_needed: bool,
    why_none: str = "",
) -> Deviation:
    """Record what the investigation found, with which method, and whether an action is needed.

    If one is needed, the deviation goes on once it is open. The recurrence rules look again with the cause. Raises
    ``NotAllowed`` for a code that is not on its list, for human performance while the desk has not justified it, or
    without a reason for doing nothing.
    """
    deviation = _current(work, deviation_id, version)
    rules.check_may_become(deviation.number, deviation.state, State.CAPA_DEFINED)
    rules.check_result(method, finding, action_needed=action_needed, why_none=why_none)
    if set(factors) - set(rules.FACTORS):
        raise NotAllowed("Choose contributing factors from the list.", field="factors")
    if not is_known(CORE, "root_cause_class", root_cause_class):
        raise NotAllowed("Choose the root cause from the list.", field="root_cause_class")
    check_confirmed_cause(deviation, root_cause_class)
    before = key_of(deviation)
    deviation.method, deviation.finding = method, finding.strip()
    deviation.contributing_factors = " ".join(code for code in rules.FACTORS if code in factors) or None
    deviation.root_cause_class = root_cause_class
    deviation.action_needed = action_needed
    deviation.why_no_action = None if action_needed else why_none.strip()
    deviation.investigated_by_id = work.actor.person_id
    defined = not action_needed or count_standing(deviation.id)
    deviation.state = State.CAPA_DEFINED if defined else State.UNDER_INVESTIGATION
    note_classified(work, deviation)
    reconcile(work, [deviation.site_id], keys={before, key_of(deviation)}, touched=[deviation.id])
    return deviation


@command(needs=Permission.DEVIATION_INVESTIGATE)
def send_to_review(work: Work, deviation_id: UUID, *, version: int) -> Deviation:
    """Send an investigated deviation to QA's review. Raises ``NotAllowed`` while the action that it demands is not open."""
    deviation = _current(work, deviation_id, version)
    rules.check_may_become(deviation.number, deviation.state, State.QA_REVIEW)
    if deviation.action_needed and not count_standing(deviation.id):
        raise NotAllowed("Its result demands an action, and none stands. Open it first.")
    deviation.state = State.QA_REVIEW
    return deviation


@command(needs=Permission.DEVIATION_TRIAGE)
def send_back(work: Work, deviation_id: UUID, *, version: int, reason: str) -> Deviation:
    """Send a deviation back from QA's review to its investigation; whoever leads it is told why."""
    deviation = _current(work, deviation_id, version)
    if deviation.state != State.QA_REVIEW:
        message = f"{deviation.number} is not in QA's review."
        raise NotAllowed(message)
    if not reason.strip():
        raise NotAllowed("Say what is missing.", field="reason")
    deviation.state, deviation.investigated_by_id = State.UNDER_INVESTIGATION, None
    if deviation.lead_id is not None and deviation.lead_id != work.actor.person_id:
        given = {"number": deviation.number, "reason": reason.strip()[:300]}
        notify(work, deviation.lead_id, "deviation_sent_back", f"/deviations/{deviation.id}", **given)
    return deviation


@command(needs=Permission.DEVIATION_TRIAGE)
def reopen_deviation(work: Work, deviation_id: UUID, *, version: int, reason: str) -> DeviationReopening:
    """Open a closed deviation again, with a reason and a signature. It counts as open from now on."""
    deviation = _current(work, deviation_id, version)
    if not reason.strip():
        raise NotAllowed("Say why it is opened again: the reason is part of what you sign.", field="reason")
    reopening = open_again(work, deviation, reason=reason.strip())
    sign(work, reopening, Meaning.APPROVED, reason=reason.strip())
    return reopening


@command(needs=Permission.DEVIATION_TRIAGE)
def extend_closing(
    work: Work, deviation_id: UUID, *, version: int, extended_to: date, reason: str, risk: str
) -> DeviationExtension:
    """Move the day for closing on, before it is over, with reason, risk and signature. The first one stays and counts."""
    deviation = _current(work, deviation_id, version)
    if deviation.state not in rules.OPEN:
        message = f"{deviation.number} is not open, so its clock does not matter any more."
        raise NotAllowed(message, field="extended_to")
    due, until = deviation.due_now, rules.end_of_day(extended_to, zone_of(deviation.site_id))
    rules.check_extension(due, until, work.at)
    if not reason.strip():
        raise NotAllowed("Say why it takes longer: the reason is part of what you sign.", field="reason")
    if not risk.strip():
        raise NotAllowed("Say what may happen meanwhile and what holds it off.", field="risk")
    extension = DeviationExtension(
        deviation_id=deviation.id,
        site_id=deviation.site_id,
        from_moment=due,
        to_moment=until,
        reason=reason.strip(),
        risk=risk.strip(),
    )
    work.add(extension)
    deviation.extended_to = until
    sign(work, extension, Meaning.APPROVED, reason=reason.strip())
    return extension


def _current(work: Work, deviation_id: UUID, version: int) -> Deviation:
    deviation = get_scoped(Deviation, deviation_id, work.actor, work.needs)
    if deviation.version != version:
        raise StaleForm("Somebody changed this deviation while you were working on it. Compare and send again.")
    return deviation


def _today(work: Work, deviation: Deviation) -> date:
    return local_day(work.at, zone_of(deviation.site_id))
