"""Putting a signature on a record, inside the command that makes or changes it."""

from __future__ import annotations

from datetime import timedelta

from lms.audit.canonical import content_hash
from lms.extensions import db
from lms.identity.models import Person
from lms.refusals import NotAllowed
from lms.signatures.models import Meaning, Signable, Signature
from lms.unit_of_work import Work

#: A proof of identity is made for the very request that signs; anything older was kept for another purpose.
PROOF_LASTS = timedelta(minutes=2)


def sign(work: Work, record: Signable, meaning: Meaning, *, reason: str = "") -> Signature:
    """Sign the record as it is now. Needs fresh proof of identity on the actor; raises ``NotAllowed`` without it.

    The digest is taken over ``record.signed_content()``, so a later change of that content shows the signature as void.
    """
    proof = work.actor.proof
    if proof is None or work.actor.person_id is None or abs(work.at - proof.at) > PROOF_LASTS:
        raise NotAllowed("A signature needs your password, typed now.", field="password")
    db.session.flush()
    person = db.session.get_one(Person, work.actor.person_id)
    signature = Signature(
        record_type=record.__tablename__,
        record_id=record.id,
        digest=content_hash(record.signed_content()),
        person_id=person.id,
        printed_name=person.name,
        meaning=meaning,
        signed_at=work.at,
        zone=work.actor.zone,
        method=proof.method,
        session_started_at=proof.session_started_at,
        reason=reason or work.reason,
    )
    work.add(signature)
    work.signed[record.id] = signature.id
    return signature
