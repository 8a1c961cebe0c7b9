"""Rules of second coding: what falls into the sample, who may code it, and how two codings become one.

Values in, a decision or a sentence out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed

#: What is coded twice.
FIELDS = ("process_step", "category", "root_cause_class", "severity")
CRITICAL = "critical"


class Drawn(StrEnum):
    """Why a deviation is coded a second time."""

    SHARE = "share"
    #: Outside the share, for its severity alone.
    CRITICAL = "critical"


def is_in_share(deviation_id: UUID, network_id: UUID, percent: int) -> bool:
    """Whether a deviation belongs to the share that is coded twice.

    The same answer for ever: SHA-256 of the network's id, which is the salt, and the deviation's, read as a fraction of
    one. Nobody draws, nobody can draw again, and who classifies does not see it coming.
    """
    number = int.from_bytes(hashlib.sha256(network_id.bytes + deviation_id.bytes).digest()[:8])
    return number * 100 < percent << 64


def drawn(deviation_id: UUID, network_id: UUID, severity: str, percent: int) -> Drawn | None:
    """Return why a classified deviation is coded twice, or None if it is not. A critical one always is.

    Agreement is measured on the share alone, since what is drawn by its first coding would bend it; so a critical one that
    belongs to the share counts as that.
    """
    if is_in_share(deviation_id, network_id, percent):
        return Drawn.SHARE
    return Drawn.CRITICAL if severity == CRITICAL else None


def check_second_coder(number: str, coder: UUID | None, classified_by: Collection[UUID]) -> None:
    """Raise ``NotAllowed`` for a job, and for whoever has classified the deviation: a second look needs a second person."""
    if coder is None or coder in classified_by:
        message = f"You have classified {number} yourself. A second coding needs somebody who has not."
        raise NotAllowed(message)


def differing(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """Return the fields that the two coded differently."""
    return [field for field in FIELDS if first[field] != second[field]]


def check_one_of_the_two(
    number: str, person: UUID | None, second: UUID | None, classified_by: Collection[UUID]
) -> None:
    """Raise ``NotAllowed`` unless the person coded the deviation first or second."""
    if person is None or (person != second and person not in classified_by):
        message = f"{number} is settled by the two who coded it. You are neither."
        raise NotAllowed(message)


def check_other_of_the_two(
    number: str, person: UUID | None, proposer: UUID | None, second: UUID | None, classified_by: Collection[UUID]
) -> None:
    """Raise ``NotAllowed`` unless the person is the other side than the proposer's: second against first, or the reverse."""
    check_one_of_the_two(number, person, second, classified_by)
    if (person == second) == (proposer == second):
        message = f"The proposal for {number} comes from your side. The other of the two agrees to it."
        raise NotAllowed(message)
