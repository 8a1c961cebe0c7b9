"""When a pack is due, how it goes on, and when it may be signed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from lms.refusals import NotAllowed

#: Names the whole network where else a site's id stands.
NETWORK = "network"


class State(StrEnum):
    """How far a pack is. Each step is a transaction of its own, so that what broke off goes on where it was."""

    ASKED = "asked"
    COUNTED = "counted"
    PRINTED = "printed"
    MADE = "made"


#: State -> steps done of three.
STEPS: Mapping[str, int] = {State.ASKED: 0, State.COUNTED: 1, State.PRINTED: 2, State.MADE: 3}


def due(scopes: Collection[str], there: Collection[str]) -> list[str]:
    """Return the scopes of a closed quarter without a pack, the network first, then in the order given."""
    missing = [scope for scope in scopes if scope not in there]
    return sorted(missing, key=lambda scope: scope != NETWORK)


def check_can_ask(newest: str | None) -> None:
    """Raise ``NotAllowed`` while the newest pack of the quarter and scope is under way."""
    if newest is not None and newest != State.MADE:
        raise NotAllowed("This pack is being made. It appears here when it is ready.")


def check_can_sign(*, state: str, signed: bool, newest: bool, broken: Collection[str]) -> None:
    """Raise ``NotAllowed`` for a pack that is not ready, is signed, was made anew, or whose files are not what was made."""
    if state != State.MADE:
        raise NotAllowed("This pack is not ready yet. Sign it once both files are made.")
    if signed:
        raise NotAllowed("This pack is signed already. Make it anew if the records have changed since.")
    if not newest:
        raise NotAllowed("There is a newer revision of this pack. Sign that one.")
    if broken:
        message = (
            f"The {' and the '.join(broken)} of this pack is missing or was changed. Make the pack anew and sign that."
        )
        raise NotAllowed(message)
