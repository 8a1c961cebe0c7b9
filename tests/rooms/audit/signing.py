"""A command that signs, for tests of the trail: no room above the ground is needed to have a signature."""

from __future__ import annotations

from uuid import UUID

from lms.audit.canonical import content_hash
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Permission
from lms.signatures.models import Meaning, Signature
from lms.unit_of_work import COMMANDS, Work, command, run
from tests.factories.people import INSTALLER

if "tests.sign_something" not in COMMANDS:

    @command(needs=Permission.SYSTEM_RUN)
    def sign_something(work: Work, person_id: UUID) -> Signature:
        """Put a signature on a person."""
        person = db.session.get_one(Person, person_id)
        signature = Signature(
            record_type="person",
            record_id=person.id,
            digest=content_hash({"name": person.name}),
            person_id=person.id,
            printed_name=person.name,
            meaning=Meaning.AGREED,
            signed_at=work.at,
            zone="UTC",
            method="password",
            session_started_at=None,
            reason="test",
        )
        work.add(signature)
        return signature


def sign(person_id: UUID) -> UUID:
    """Put a signature on a person; return its id."""
    signature: Signature = run(COMMANDS["tests.sign_something"], INSTALLER, "test", person_id)
    return signature.id
