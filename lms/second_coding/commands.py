"""Changes of second codings: code, propose a settlement, agree to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from lms.coding.documenting import documented
from lms.coding.rules import HUMAN, suggested_severity
from lms.deviations import rules as deviation_rules
from lms.deviations.commands import triage_deviation
from lms.deviations.models import Deviation
from lms.deviations.taxonomy import CODES
from lms.extensions import db
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, StaleForm
from lms.scope import get_scoped
from lms.second_coding import rules
from lms.second_coding.models import ClassifiedBy, SecondCoding
from lms.second_coding.rules import FIELDS
from lms.unit_of_work import Work, command


@command(needs=Permission.DEVIATION_TRIAGE)
def code_a_second_time(work: Work, coding_id: UUID, *, version: int, codes: Mapping[str, str]) -> SecondCoding:
    """Code a deviation of the sample a second time; the first coding is kept beside it as it stands now.

    Raises ``NotAllowed`` for whoever classified it, for one that is coded already, and for a code outside the taxonomy.
    """
    coding, deviation = _current(work, coding_id, version)
    if coding.coded_at is not None:
        message = f"{deviation.number} has been coded a second time already."
        raise NotAllowed(message)
    rules.check_second_coder(deviation.number, work.actor.person_id, _classified_by(deviation.id))
    _check_codes(codes)
    coding.coded_at, coding.coder_id = work.at, work.actor.person_id
    for field in FIELDS:
        setattr(coding, field, codes[field])
        setattr(coding, f"first_{field}", getattr(deviation, field))
    if rules.differing(coding.first, coding.second):
        for person_id in _classified_by(deviation.id):
            _tell(work, person_id, "second_coding_differs", coding, deviation)
    else:
        coding.settled_at = work.at
        _agree_on(coding, coding.second)
    return coding


@command(needs=Permission.DEVIATION_TRIAGE)
def propose_settlement(
    work: Work, coding_id: UUID, *, version: int, codes: Mapping[str, str], reason: str
) -> SecondCoding:
    """Propose the codes on which the two settle, with the reason; the other of the two is told.

    A later proposal replaces one that nobody agreed to. Raises ``NotAllowed`` for anybody but the two.
    """
    coding, deviation = _current(work, coding_id, version)
    _check_open(coding, deviation)
    classified_by = _classified_by(deviation.id)
    rules.check_one_of_the_two(deviation.number, work.actor.person_id, coding.coder_id, classified_by)
    _check_codes(codes)
    if not reason.strip():
        raise NotAllowed("Say why: what the two of you looked at and what decided it.", field="reason")
    _agree_on(coding, codes)
    coding.reason, coding.proposed_by_id = reason.strip(), work.actor.person_id
    others = classified_by if work.actor.person_id == coding.coder_id else {coding.coder_id}
    for person_id in others:
        if person_id is not None:
            _tell(work, person_id, "settlement_proposed", coding, deviation)
    return coding


@command(needs=Permission.DEVIATION_TRIAGE)
def agree_to_settlement(work: Work, coding_id: UUID, *, version: int) -> SecondCoding:
    """Agree to what the other of the two proposed. The deviation is classified so, and the recurrence rules look again.

    A deviation that cannot be classified any more keeps its classification; what was settled stands beside it. Raises
    ``NotAllowed`` for the proposer's own side, and for human performance without its justification on record.
    """
    coding, deviation = _current(work, coding_id, version)
    _check_open(coding, deviation)
    if coding.proposed_by_id is None:
        message = f"Nothing is proposed for {deviation.number} yet. Propose the codes first."
        raise NotAllowed(message)
    rules.check_other_of_the_two(
        deviation.number, work.actor.person_id, coding.proposed_by_id, coding.coder_id, _classified_by(deviation.id)
    )
    coding.settled_at, coding.settled_by_id = work.at, work.actor.person_id
    if may_be_classified(deviation.state) and rules.differing(_codes_of(deviation), coding.agreed):
        _classify(work, deviation, coding)
    return coding


def may_be_classified(state: str) -> bool:
    """Whether a deviation in that state can still be classified anew."""
    return state in deviation_rules.CLASSIFIABLE


def _classify(work: Work, deviation: Deviation, coding: SecondCoding) -> None:
    kept = documented(deviation)
    agreed = coding.agreed
    if agreed["root_cause_class"] == HUMAN and not kept.excluded:
        raise NotAllowed(
            f"Human performance needs its justification first: classify {deviation.number} so at the triage desk, saying "
            "how the system’s causes were excluded; then agree here."
        )
    departs = agreed["severity"] != suggested_severity(kept.impact, kept.detectability)
    triage_deviation(
        work,
        deviation.id,
        version=deviation.version,
        kind=deviation.kind,
        detection_channel=deviation.detection_channel,
        severity_rationale=deviation.severity_rationale if agreed["severity"] == deviation.severity else coding.reason,
        team_id=deviation.team_id,
        batch_id=deviation.batch_id,
        answer=deviation.answer,
        coding=replace(kept, departure=(kept.departure or coding.reason) if departs else ""),
        process_step=agreed["process_step"],
        category=agreed["category"],
        root_cause_class=agreed["root_cause_class"],
        severity=agreed["severity"],
    )


def _current(work: Work, coding_id: UUID, version: int) -> tuple[SecondCoding, Deviation]:
    coding = get_scoped(SecondCoding, coding_id, work.actor, Permission.DEVIATION_TRIAGE)
    if coding.version != version:
        raise StaleForm("Somebody changed this second coding while you were working on it. Compare and send again.")
    return coding, db.session.get_one(Deviation, coding.deviation_id)


def _check_open(coding: SecondCoding, deviation: Deviation) -> None:
    if coding.coded_at is None:
        message = f"{deviation.number} has not been coded a second time yet."
        raise NotAllowed(message)
    if coding.settled_at is not None:
        message = f"{deviation.number} is settled already."
        raise NotAllowed(message)


def _classified_by(deviation_id: UUID) -> set[UUID]:
    return set(db.session.scalars(select(ClassifiedBy.person_id).where(ClassifiedBy.deviation_id == deviation_id)))


def _codes_of(deviation: Deviation) -> dict[str, str]:
    return {field: getattr(deviation, field) for field in FIELDS}


def _check_codes(codes: Mapping[str, str]) -> None:
    for field in FIELDS:
        if codes.get(field) not in CODES[field]:
            raise NotAllowed("Choose one from the list.", field=field)


def _agree_on(coding: SecondCoding, codes: Mapping[str, str]) -> None:
    for field in FIELDS:
        setattr(coding, f"agreed_{field}", codes[field])


def _tell(work: Work, person_id: UUID, sentence: str, coding: SecondCoding, deviation: Deviation) -> None:
    notify(work, person_id, sentence, f"/second-coding/{coding.id}", number=deviation.number)
