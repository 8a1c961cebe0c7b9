"""When a review may go to another coach. Pure: values in, nothing or a refusal out."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from lms.refusals import NotAllowed


def check_hand_over(
    state: str,
    *,
    coach_works: bool,
    is_signed: bool,
    is_followed_up: bool,
    new_coach_id: UUID,
    coaches: Collection[UUID],
    conflicted: Collection[UUID],
) -> None:
    """Raise ``NotAllowed`` for a review that ended, was signed, or still has its coach; or a new coach who may not have it.

    A review that both signed is handed over as long as it was not followed up: what was agreed is looked at by the new coach.
    """
    closed = state == "closed"
    if state not in {"accepted", "scheduled", "held"} and not (closed and not is_followed_up):
        raise NotAllowed("This review ended: there is nothing to hand over.")
    if coach_works:
        raise NotAllowed(
            "The coach of this review works and coaches at this site. They hand it over or cancel it themselves."
        )
    if is_signed and not closed:
        raise NotAllowed(
            "The operator has signed what was agreed with this coach. It stays as it is; propose a new review."
        )
    if new_coach_id not in coaches:
        raise NotAllowed("Choose somebody who coaches at this site.", field="coach")
    if new_coach_id in conflicted:
        message = "This coach has a part in the deviation, or is the operator of the review. Choose another."
        raise NotAllowed(message, field="coach")
