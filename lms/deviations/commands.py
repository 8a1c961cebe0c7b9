"""Changes of deviations: raise, triage, reject as recorded twice, downgrade, close. The work between is ``investigations``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select

from lms import signals
from lms.answers.keeping import note_answer
from lms.calendars.queries import free_days
from lms.capas.queries import count_standing
from lms.coding.documenting import check_confirmed_cause, document
from lms.coding.rules import Coding
from lms.deviations import rules, taxonomy
from lms.deviations.escalating import escalate
from lms.deviations.models import Deviation, PersonInvolved
from lms.deviations.numbering import NumberGiver
from lms.exposure.models import Batch
from lms.extensions import db
from lms.facts import DeviationClassified, DeviationRecorded
from lms.identity.models import Person
from lms.network.models import Network, Site, Team
from lms.network.queries import team_of
from lms.notifications.commands import notify
from lms.permissions import Permission, Role
from lms.recurrences.models import Recurrence
from lms.recurrences.reconciling import key_of, reconcile
from lms.recurrences.rules import Decision
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.second_coding.drawing import note_classified
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.site_fields.commands import say
from lms.unit_of_work import Work, command
from lms.web.times import local_day

#: Where a reporter finds QA's answer.
OWN_REPORTS = "/deviations/mine"


@command(needs=Permission.DEVIATION_RAISE)
def raise_deviation(
    work: Work,
    *,
    site_id: UUID,
    description: str,
    occurred_at: datetime,
    process_step: str = "",
    immediate_action: str = "",
    kind: str = "good_catch",
    detection_channel: str = "performer",
    team_id: UUID | None = None,
    batch_id: UUID | None = None,
    late_reason: str = "",
    people: tuple[UUID, ...] = (),
    further: rules.Further | None = None,
    own: Mapping[UUID, str] = MappingProxyType({}),
) -> Deviation:
    """Record what happened, in the words of whoever saw it.

    ``own`` holds what was said in the site's own fields. Without a team, a self-report belongs to the reporter's own team
    on that day. Raises ``NotAllowed`` for a time in the future, a late entry without a reason, or a code, team or batch
    that is not the site's.
    """
    site = db.session.get(Site, site_id)
    if site is None or not work.actor.may(Permission.DEVIATION_RAISE, site_id):
        raise NotFound("There is no such site among yours.")
    rules.check_times(occurred_at, work.at, late_reason)
    if not description.strip():
        raise NotAllowed("Say in a sentence what happened.", field="description")
    codes = {"kind": kind, "detection_channel": detection_channel}
    _check_codes(site_id, codes if not process_step else {**codes, "process_step": process_step})
    _check_place(site_id, team_id, batch_id)
    self_reported = taxonomy.is_self_reported(detection_channel)
    if team_id is None and self_reported and work.actor.person_id is not None:
        team_id = _own_team(work.actor.person_id, site, occurred_at)
    today = local_day(work.at, site.zone)
    deviation = Deviation(
        number=NumberGiver(work, [site_id]).next(site_id, today.year),
        site_id=site_id,
        team_id=team_id,
        batch_id=batch_id,
        kind=kind,
        title=rules.title_of(description),
        description=description.strip(),
        immediate_action=immediate_action.strip(),
        occurred_at=occurred_at,
        detected_at=None,
        recorded_at=work.at,
        reported_by_id=work.actor.person_id,
        detection_channel=detection_channel,
        self_reported=self_reported,
        process_step=process_step,
        state=rules.State.REPORTED,
        triage_due_at=rules.working_days_later(
            work.at, rules.TRIAGE_WORKING_DAYS, site.zone, free_days(site_id, today)
        ),
        due_at=rules.calendar_days_later(work.at, rules.CLOSING_DAYS, site.zone),
        late_reason=late_reason.strip(),
    )
    _note_further(work, deviation, further)
    work.add(deviation)
    say(work, deviation.id, site_id, own)
    for person_id in people:
        _name(work, deviation, person_id)
    work.tell(signals.deviation_recorded, _recorded(deviation, people))
    return deviation


@command(needs=Permission.DEVIATION_TRIAGE)
def triage_deviation(
    work: Work,
    deviation_id: UUID,
    *,
    version: int,
    process_step: str,
    category: str,
    root_cause_class: str,
    kind: str,
    detection_channel: str,
    severity: str,
    severity_rationale: str,
    team_id: UUID | None,
    batch_id: UUID | None,
    answer: str = "",
    further: rules.Further | None = None,
    own: Mapping[UUID, str] = MappingProxyType({}),
    coding: Coding | None = None,
) -> Deviation:
    """Classify a deviation, also anew, and let the recurrence rules look for earlier and later ones of the same kind.

    Whoever raised it is told QA's answer, and the first time that it was classified; a critical one is told to those who
    answer for the network, once. Work that has begun goes on: only what was not classified yet becomes *triaged*.
    ``coding`` is what the desk asks for, and what makes the record fall under second coding; without it the record says
    that its coding is not documented, as one from a file does. Raises ``NotAllowed`` for a code outside the taxonomy, a
    missing rationale, a coding that its rules refuse or a closed record, and ``StaleForm`` if the record changed meanwhile.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_TRIAGE)
    _check_version(deviation, version)
    state = rules.classified_as(deviation.number, deviation.state)
    codes = {
        "process_step": process_step,
        "category": category,
        "root_cause_class": root_cause_class,
        "kind": kind,
        "detection_channel": detection_channel,
        "severity": severity,
    }
    _check_codes(deviation.site_id, codes)
    if not severity_rationale.strip():
        sentence = "Say why it has this severity: impact, and how it was or could be found."
        raise NotAllowed(sentence, field="severity_rationale")
    _check_place(deviation.site_id, team_id, batch_id)
    if coding is not None:
        document(work, deviation, coding, severity=severity, root_cause_class=root_cause_class)
    before = key_of(deviation)
    first = deviation.triaged_at is None
    answered = answer.strip() not in {"", deviation.answer}
    for field, code in codes.items():
        setattr(deviation, field, code)
    deviation.self_reported = taxonomy.is_self_reported(detection_channel)
    deviation.severity_rationale = severity_rationale.strip()
    deviation.team_id, deviation.batch_id = team_id, batch_id
    deviation.answer = answer.strip()
    deviation.state = state
    _note_further(work, deviation, further)
    say(work, deviation.id, deviation.site_id, own)
    escalate(work, deviation)
    if answered:
        note_answer(work, deviation.id)
        _tell_reporter(work, deviation, "deviation_answered", answer=deviation.answer)
    elif first:
        _tell_reporter(work, deviation, "deviation_triaged")
    if first:
        deviation.triaged_at = work.at
    note_classified(work, deviation)
    reconcile(work, [deviation.site_id], keys={before, key_of(deviation)}, touched=[deviation.id])
    fact = DeviationClassified(
        deviation.id, deviation.number, deviation.site_id, kind, severity, deviation.reported_by_id, work.at
    )
    work.tell(signals.deviation_classified, fact)
    return deviation


@command(needs=Permission.DEVIATION_TRIAGE)
def reject_as_duplicate(work: Work, deviation_id: UUID, *, version: int, of_number: str) -> Deviation:
    """Reject a record because the very same event is recorded under another number. Nothing is deleted."""
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_TRIAGE)
    _check_version(deviation, version)
    rules.check_may_become(deviation.number, deviation.state, rules.State.REJECTED_DUPLICATE)
    same_site = select(Deviation).where(Deviation.site_id == deviation.site_id)
    other = db.session.scalar(same_site.where(Deviation.number == of_number.strip().upper()))
    if other is None or other.id == deviation.id or other.state == rules.State.REJECTED_DUPLICATE:
        given = of_number.strip() or "That"
        message = f"{given} is not another record of this site. Give the number of the one that stays."
        raise NotAllowed(message, field="of_number")
    deviation.state, deviation.duplicate_of_id = rules.State.REJECTED_DUPLICATE, other.id
    note_answer(work, deviation.id)
    _tell_reporter(work, deviation, "deviation_duplicate", other=other.number)
    reconcile(work, [deviation.site_id], keys={key_of(deviation)}, touched=[deviation.id])
    return deviation


@command(needs=Permission.DEVIATION_TRIAGE)
def downgrade_to_event(work: Work, deviation_id: UUID, *, version: int, reason: str) -> Deviation:
    """Keep a record as an event, because QA says with reason and signature that it is no deviation.

    It stays on record, and leaves the recurrence rules and all counts of deviations. Raises ``NotAllowed`` while an
    action that was opened from it stands.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_TRIAGE)
    _check_version(deviation, version)
    rules.check_may_become(deviation.number, deviation.state, rules.State.DOWNGRADED)
    if not reason.strip():
        raise NotAllowed("Say why it is no deviation: the reason is part of what you sign.", field="reason")
    if count_standing(deviation.id, failed_too=True):
        message = f"{deviation.number} has an action. What is acted on is a deviation; cancel the action first."
        raise NotAllowed(message, field="reason")
    deviation.state, deviation.kind, deviation.closing_reason = rules.State.DOWNGRADED, "event", reason.strip()
    sign(work, deviation, Meaning.CONFIRMED, reason=reason.strip())
    _tell_reporter(work, deviation, "deviation_downgraded", reason=reason.strip())
    reconcile(work, [deviation.site_id], keys={key_of(deviation)}, touched=[deviation.id])
    return deviation


@command(needs=Permission.DEVIATION_TRIAGE)
def close_deviation(
    work: Work, deviation_id: UUID, *, version: int, root_cause_class: str, reason: str = ""
) -> Deviation:
    """Close a deviation with its confirmed root cause and a signature, after the recurrence rules have looked once more.

    ``reason`` says why a minor one needs no investigation. Raises ``NotAllowed`` before QA's review (but for a minor
    one), for whoever recorded the investigation's result, while a match found for it waits for a decision, or while the
    action that the result demands is not open.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_TRIAGE)
    _check_version(deviation, version)
    rules.check_can_close(deviation.number, deviation.state, deviation.severity, reason)
    _check_codes(deviation.site_id, {"root_cause_class": root_cause_class})
    if deviation.investigated_by_id is not None and deviation.investigated_by_id == work.actor.person_id:
        raise NotAllowed("You recorded the result yourself: somebody else of QA closes it.", field="password")
    if deviation.action_needed and not count_standing(deviation.id):
        message = "Its result demands an action, and none stands. Open it first."
        raise NotAllowed(message, field="root_cause_class")
    _confirm_cause(work, deviation, root_cause_class)
    if deviation.state == rules.State.TRIAGED:
        deviation.closing_reason = reason.strip()
    deviation.state, deviation.closed_at = rules.State.CLOSED, work.at
    sign(work, deviation, Meaning.APPROVED, reason=reason.strip())
    return deviation


@command(needs=Permission.DEVIATION_TRIAGE)
def close_as_in_source(
    work: Work, deviation_id: UUID, *, version: int, root_cause_class: str, reference: str
) -> Deviation:
    """Close a deviation that another system keeps and has closed, under that system's reference; it was signed there.

    Raises ``NotAllowed`` for what was recorded here, which a person closes with a signature, for what is not classified,
    and while a match found for it waits for a decision.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_TRIAGE)
    _check_version(deviation, version)
    if deviation.external_id is None:
        message = f"{deviation.number} was recorded here: a person of QA closes it, with a signature."
        raise NotAllowed(message, field="password")
    rules.check_may_become(deviation.number, deviation.state, rules.State.CLOSED)
    if not reference.strip():
        raise NotAllowed("Give the reference under which it was closed and signed there.", field="reference")
    _check_codes(deviation.site_id, {"root_cause_class": root_cause_class})
    _confirm_cause(work, deviation, root_cause_class)
    deviation.closing_reason = f"Closed in {work.actor.name}: {reference.strip()}"
    deviation.state, deviation.closed_at = rules.State.CLOSED, work.at
    return deviation


@command(needs=Permission.DEVIATION_TRIAGE)
def name_person_involved(work: Work, deviation_id: UUID, *, person_id: UUID) -> PersonInvolved:
    """Note who was at the bench. Restricted: it serves their support and training state, never a match or a count."""
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_TRIAGE)
    named = select(PersonInvolved.id).where(
        PersonInvolved.deviation_id == deviation_id, PersonInvolved.person_id == person_id
    )
    if db.session.scalar(named) is not None:
        raise NotAllowed("This person is named already.", field="person")
    involved = _name(work, deviation, person_id)
    work.tell(signals.deviation_recorded, _recorded(deviation, (person_id,)))
    return involved


def _confirm_cause(work: Work, deviation: Deviation, root_cause_class: str) -> None:
    """Set the cause for good, let the rules look once more, and refuse while a match waits for a decision."""
    check_confirmed_cause(deviation, root_cause_class)
    before = key_of(deviation)
    deviation.root_cause_class = root_cause_class
    note_classified(work, deviation)
    reconcile(work, [deviation.site_id], keys={before, key_of(deviation)}, touched=[deviation.id])
    db.session.flush()
    waiting = select(Recurrence.id).where(
        Recurrence.deviation_id == deviation.id, Recurrence.decision == Decision.PROPOSED
    )
    if db.session.scalar(waiting) is not None:
        message = f"Decide first whether {deviation.number} is the same one again; then close it."
        raise NotAllowed(message, field="root_cause_class")


def _check_version(deviation: Deviation, version: int) -> None:
    if deviation.version != version:
        raise StaleForm("Somebody changed this deviation while you were working on it. Compare and send again.")


def _check_codes(site_id: UUID, codes: dict[str, str]) -> None:
    used = db.session.scalar(
        select(Network.taxonomy).join(Site, Site.network_id == Network.id).where(Site.id == site_id)
    )
    for field, code in codes.items():
        if not taxonomy.is_known(str(used), field, code):
            message = f"Choose the {field.replace('_', ' ')} from the list: “{code}” is not in the taxonomy."
            raise NotAllowed(message, field=field)


def _note_further(work: Work, deviation: Deviation, further: rules.Further | None) -> None:
    if further is None:
        return
    if further.detected_at is not None:
        rules.check_detected(further.detected_at, deviation.occurred_at, work.at)
    if further.batch_disposition and further.batch_disposition not in taxonomy.BATCH_DISPOSITIONS:
        raise NotAllowed("Choose what became of the batch from the list.", field="batch_disposition")
    if further.detected_by_role and further.detected_by_role not in set(Role):
        raise NotAllowed("Choose the role from the list.", field="detected_by_role")
    for field in fields(further):
        value = getattr(further, field.name)
        if value is not None:
            setattr(deviation, field.name, (value.strip() or None) if isinstance(value, str) else value)


def _check_place(site_id: UUID, team_id: UUID | None, batch_id: UUID | None) -> None:
    team = db.session.get(Team, team_id) if team_id else None
    if team_id and (team is None or team.site_id != site_id):
        raise NotAllowed("Choose a team of this site, or none.", field="team")
    batch = db.session.get(Batch, batch_id) if batch_id else None
    if batch_id and (batch is None or batch.site_id != site_id):
        raise NotAllowed("Choose a batch of this site, or none.", field="batch")


def _own_team(person_id: UUID, site: Site, occurred_at: datetime) -> UUID | None:
    team_id = team_of(person_id, local_day(occurred_at, site.zone))
    team = db.session.get(Team, team_id) if team_id else None
    return team_id if team is not None and team.site_id == site.id else None


def _name(work: Work, deviation: Deviation, person_id: UUID) -> PersonInvolved:
    person = db.session.get(Person, person_id)
    if person is None or person.site_id != deviation.site_id:
        raise NotAllowed("Choose somebody who works at the site of the deviation.", field="person")
    involved = PersonInvolved(deviation_id=deviation.id, person_id=person_id, site_id=deviation.site_id)
    work.add(involved)
    return involved


def _recorded(deviation: Deviation, people: tuple[UUID, ...]) -> DeviationRecorded:
    return DeviationRecorded(deviation.id, deviation.site_id, deviation.process_step, deviation.occurred_at, people)


def _tell_reporter(work: Work, deviation: Deviation, sentence: str, **arguments: str) -> None:
    if deviation.reported_by_id is not None and deviation.reported_by_id != work.actor.person_id:
        shown = {name: value[:300] for name, value in arguments.items()}
        notify(work, deviation.reported_by_id, sentence, OWN_REPORTS, number=deviation.number, **shown)
