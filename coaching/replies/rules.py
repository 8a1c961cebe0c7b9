"""What an answer by mail may do: count for the appointment as it is now, or nothing. Values in, a decision or a sentence out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed

#: How the identity of a follow-up's invitation is written.
FOLLOW_UP = re.compile(r"follow-up-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@candor")


class Answer(StrEnum):
    """What somebody answered to an invitation (RFC 5546, PARTSTAT of a REPLY; a COUNTER proposes another time)."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    PROPOSED = "proposed"


class Outcome(StrEnum):
    """What became of a mail."""

    COUNTED = "counted"
    READ_BEFORE = "read_before"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a mail brings it."""

    uid: str
    sequence: int
    #: Address of the one who answers, in lower case; the mail came from there.
    attendee: str
    answer: Answer
    #: When it was given, by the mail (DTSTAMP).
    said_at: datetime
    proposed_starts_at: datetime | None = None
    proposed_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The appointment as it is when the answer comes."""

    sequence: int
    ends_at: datetime
    is_cancelled: bool
    #: Address in lower case -> person.
    invited: dict[str, UUID]
    #: Newest answer that this person gave to this sequence, if any.
    last_said_at: datetime | None = None


def check_counts(reply: Reply, standing: Standing, now: datetime) -> None:
    """Raise ``NotAllowed`` unless the answer is one to the appointment as it is now."""
    if reply.attendee not in standing.invited:
        raise NotAllowed("It answers for an address that was not invited to this appointment. It counts for nothing.")
    if standing.is_cancelled:
        raise NotAllowed("It answers an appointment that was cancelled. It is ignored.")
    if reply.sequence != standing.sequence:
        message = (
            f"It answers invitation number {reply.sequence}; the one that stands is number {standing.sequence}. "
            "It is ignored."
        )
        raise NotAllowed(message)
    if standing.ends_at <= now:
        raise NotAllowed("It answers an appointment that is over. It is ignored.")
    if standing.last_said_at is not None and reply.said_at < standing.last_said_at:
        raise NotAllowed("It was given before an answer of the same person that was read already. It is ignored.")
