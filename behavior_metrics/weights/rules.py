"""Weights of the follow-through index: which there may be, and who signs them. Values in, a decision or a sentence out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from behavior_metrics.stats.followthrough import PARTS, WEIGHTS
from lms.refusals import NotAllowed

#: No part may decide alone.
HEAVIEST = 50


class WeightsState(StrEnum):
    """Where a version of the weights stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Weights:
    """A version of the weights in whole percent; ``since`` is None for the version delivered with the application."""

    number: int
    percents: Mapping[str, int]
    since: datetime | None = None


#: Version 1, as designed.
DELIVERED = Weights(1, {part: round(100 * weight) for part, weight in WEIGHTS.items()})


def check_weights(percents: Mapping[str, int], reason: str, *, current: Mapping[str, int]) -> None:
    """Raise ``NotAllowed`` for weights that are not of these five parts, do not add up, let one decide, or change nothing."""
    if set(percents) != set(PARTS):
        raise NotAllowed("Give each of the five parts a weight.")
    for part in PARTS:
        if not 0 <= percents[part] <= HEAVIEST:
            message = f"A weight lies between 0 and {HEAVIEST} %, so that no part decides alone."
            raise NotAllowed(message, field=part)
    total = sum(percents.values())
    if total != 100:
        message = f"The five weights add up to {total} %. Change them until they make 100 %."
        raise NotAllowed(message, field=PARTS[0])
    if sum(weight > 0 for weight in percents.values()) < 3:
        raise NotAllowed("An index of fewer than three parts is none. Give at least three a weight.", field=PARTS[0])
    if dict(percents) == dict(current):
        raise NotAllowed("These weights are in force already. Change one of them.", field=PARTS[0])
    if not reason.strip():
        raise NotAllowed("Say why the weights should change.", field="reason")


def check_can_sign(state: str, proposed_by: UUID, signer: UUID | None) -> None:
    """Raise ``NotAllowed`` for a version that is settled, and for whoever proposed it."""
    check_is_proposed(state)
    if proposed_by == signer:
        raise NotAllowed("Whoever proposed the weights does not sign them. Ask another of quality assurance.")


def check_is_proposed(state: str) -> None:
    """Raise ``NotAllowed`` for a version that is settled."""
    if state != WeightsState.PROPOSED:
        raise NotAllowed("This version of the weights is settled already. Propose another.")
