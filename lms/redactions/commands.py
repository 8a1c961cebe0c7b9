"""Taking a patient's words or picture out of a record for good, by a reasoned and signed act."""

from __future__ import annotations

from uuid import UUID

from lms.attachments.models import Attachment
from lms.audit.discretion import is_confided
from lms.audit.erasing import erase, events_that_hold
from lms.deviations.models import Deviation
from lms.deviations.rules import title_of
from lms.permissions import Permission
from lms.redactions.models import Redaction
from lms.redactions.reaching import fields_with, hanging_on, out_of_messages, sealed_reasons_with
from lms.redactions.rules import Words, check_reason
from lms.refusals import NotAllowed, StaleForm
from lms.scope import get_scoped
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command


@command(needs=Permission.DEVIATION_REDACT)
def redact_words(work: Work, deviation_id: UUID, *, version: int, words: str, reason: str) -> Redaction:
    """Take words out of a deviation, of everything that hangs on it, and of the trail's old and new values.

    The events stay, with who, when and why, and the tree still verifies. Raises ``NotAllowed`` for words that stand
    nowhere, or a reason that repeats them; ``StaleForm`` if the record changed meanwhile.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_REDACT)
    if deviation.version != version:
        raise StaleForm("Somebody changed this deviation while you were working on it. Compare and send again.")
    wanted = Words.of(words)
    check_reason(reason, wanted)
    records = hanging_on(deviation)
    places: set[str] = set()
    cut = deviation.title == title_of(deviation.description)
    for record in records:
        for field in list(fields_with(wanted, record)):
            setattr(record, field, wanted.out_of(getattr(record, field)))
            table: str = record.__tablename__  # type: ignore[attr-defined]
            if not is_confided(table):  # reached, but not told: that there is such a record is confided
                places.add(f"{table}.{field}")
            work.redacted.add(record.id)
    if cut and deviation.id in work.redacted:
        deviation.title = title_of(deviation.description)  # a shortened title may end in the middle of the words
    held = events_that_hold([record.id for record in records], wanted.stand_in)
    if not work.redacted and not held:
        raise NotAllowed(
            f"These words do not stand in {deviation.number} or in anything that belongs to it.", field="words"
        )
    redaction = Redaction(
        deviation_id=deviation.id,
        site_id=deviation.site_id,
        places=", ".join(sorted(places)),
        events=len(held),
        left_in_reasons=sealed_reasons_with(words),
        reason=reason.strip(),
        done_at=work.at,
        role=str(work.actor.role_for(work.needs, deviation.site_id) or ""),
    )
    work.add(redaction)
    sign(work, redaction, Meaning.APPROVED, reason=reason.strip())
    erase(work, redaction.id, deviation.site_id, held)
    out_of_messages(wanted, deviation.number)
    return redaction


@command(needs=Permission.DEVIATION_REDACT)
def redact_file(work: Work, attachment_id: UUID, *, version: int, reason: str) -> Redaction:
    """Take the content of a file out. Its row stays, with name, size and hash; the content is removed after the commit."""
    attachment = get_scoped(Attachment, attachment_id, work.actor, Permission.DEVIATION_REDACT)
    if attachment.version != version:
        raise StaleForm("Somebody changed this file while you were working on it. Compare and send again.")
    if attachment.redacted_at is not None:
        raise NotAllowed(f"The content of {attachment.name} was taken out already.", field="reason")
    if not reason.strip():
        raise NotAllowed("Say why it is taken out: the reason is part of what you sign.", field="reason")
    attachment.redacted_at = work.at
    redaction = Redaction(
        deviation_id=attachment.deviation_id,
        site_id=attachment.site_id,
        attachment_id=attachment.id,
        reason=reason.strip(),
        done_at=work.at,
        role=str(work.actor.role_for(work.needs, attachment.site_id) or ""),
    )
    work.add(redaction)
    sign(work, redaction, Meaning.APPROVED, reason=reason.strip())
    return redaction
