"""Changes of instruments: words pasted in, approved by a second person, a full set put in force."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from coaching.instruments import rules
from coaching.surveys.instrument import IN_FORCE, Instrument, shipped
from coaching.wordings.models import SurveyInForce, SurveyWording
from coaching.wordings.queries import approved_words, code_in_force
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, command


@command(needs=Permission.SURVEY_GOVERN)
def paste_words(
    work: Work,
    code: int,
    *,
    language: str,
    preface: str,
    anchors: Sequence[str],
    texts: Sequence[str],
    permission_ref: str,
) -> SurveyWording:
    """Take the words of a pack with the permission to use them. Pasted anew until a second person approves them.

    Raises ``NotAllowed`` once they are approved: another word is another version, with a file and a code of its own.
    """
    person_id = _governs_the_network(work)
    pack = _instrument(code)
    rules.check_words(pack, texts=texts, anchors=anchors, preface=preface, permission_ref=permission_ref)
    words = db.session.scalar(select(SurveyWording).where(SurveyWording.instrument == code))
    if words is not None and words.approved_by_id is not None:
        message = f"The words of {pack.name} are approved and may have been answered. They are never changed."
        raise NotAllowed(message)
    if words is None:
        words = SurveyWording(instrument=code)
        work.add(words)
    words.language, words.preface = language, preface.strip()
    words.anchors, words.texts = list(anchors), list(texts)
    words.permission_ref, words.entered_by_id = permission_ref.strip(), person_id
    return words


@command(needs=Permission.SURVEY_GOVERN)
def approve_words(work: Work, code: int, *, version: int) -> SurveyWording:
    """Approve the pasted words of a pack as the second person. Raises ``StaleForm`` if they changed since they were read."""
    person_id = _governs_the_network(work)
    words = db.session.scalar(select(SurveyWording).where(SurveyWording.instrument == code))
    if words is None:
        raise NotFound("There are no pasted words to approve.")
    if words.version != version:
        raise StaleForm("Somebody pasted other words meanwhile. Compare them again.")
    if words.approved_by_id is not None:
        raise NotAllowed("These words are approved already.")
    rules.check_approval(entered_by=words.entered_by_id, approver=person_id)
    words.approved_by_id, words.approved_at = person_id, work.at
    return words


@command(needs=Permission.SURVEY_GOVERN)
def put_in_force(work: Work, code: int, *, reason: str) -> SurveyInForce:
    """Ask with another full set from the next ticket on. A series of its own begins; sheets that are out stay as they are."""
    person_id = _governs_the_network(work)
    instrument = _instrument(code)
    rules.check_in_force(
        instrument,
        worded=instrument.has_words or approved_words(code) is not None,
        now_in_force=code_in_force() or IN_FORCE,
        reason=reason,
    )
    row = SurveyInForce(instrument=code, since=work.at, reason=reason.strip(), put_by_id=person_id)
    work.add(row)
    return row


def _governs_the_network(work: Work) -> UUID:
    if work.actor.person_id is None or work.actor.sites_for(Permission.SURVEY_GOVERN) is not None:
        raise NotAllowed("Instruments are the same in the whole network. Ask somebody who holds the role there.")
    return work.actor.person_id


def _instrument(code: int) -> Instrument:
    instrument = shipped().get(code)
    if instrument is None:
        raise NotFound("There is no such instrument.")
    return instrument
