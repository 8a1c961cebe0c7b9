"""Badge numbers, PINs and the lock after wrong tries. Pure; the server's secret is an argument."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from lms.refusals import NotAllowed

PIN_DIGITS: Final = 6
LONGEST_BADGE: Final = 40
#: So many wrong PINs in a row lock a badge for so long.
WRONG_TRIES: Final = 5
LOCKED: Final = timedelta(minutes=15)
#: A session on a tablet ends so long after it began.
SESSION: Final = timedelta(minutes=3)
#: The one answer to an unknown badge, a wrong PIN and a locked badge, so that none is told from another.
REFUSED: Final = (
    "Badge and PIN do not open a list here. After five wrong tries a badge waits 15 minutes; with your password you can "
    "always answer on your own page."
)


def normalised(badge: str) -> str:
    """Return a badge number as it is compared: without blanks and hyphens, in capitals."""
    return re.sub(r"[\s-]", "", badge).upper()[:LONGEST_BADGE]


def digest(secret: str, purpose: str, text: str) -> str:
    """Return HMAC-SHA256 of a text under the server's secret, in hexadecimal; ``purpose`` keeps uses apart."""
    return hmac.new(secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def check_new(badge: str, pin: str, again: str) -> None:
    """Raise ``NotAllowed`` for a badge without a number, or a PIN that is not six digits or can be guessed at sight."""
    if len(normalised(badge)) < 4:
        raise NotAllowed("A badge number has at least 4 letters or digits.", field="badge")
    if not re.fullmatch(rf"[0-9]{{{PIN_DIGITS}}}", pin):
        raise NotAllowed(f"A PIN has {PIN_DIGITS} digits.", field="pin")
    steps = {int(right) - int(left) for left, right in pairwise(pin)}
    if steps <= {0} or steps in ({1}, {-1}) or pin in normalised(badge):
        raise NotAllowed("This PIN is guessed at first sight. Choose other digits.", field="pin")
    if pin != again:
        raise NotAllowed("The two PINs differ. Type the same one twice.", field="again")


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries of one badge so far."""

    count: int = 0
    locked_until: datetime | None = None

    def is_locked(self, at: datetime) -> bool:
        """Whether the badge waits."""
        return self.locked_until is not None and at < self.locked_until

    def after_a_wrong_one(self, at: datetime) -> Tries:
        """Return the tries after another wrong one; every fifth locks."""
        count = self.count + 1
        return Tries(count, at + LOCKED if count % WRONG_TRIES == 0 else None)
