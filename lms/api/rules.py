"""Rules of integrations: what a token may be given, how long it lasts, how often it may ask."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from lms.refusals import NotAllowed

#: Codes of ``Permission`` that can be given to another system. All are in QA's role, and none is a signature.
GRANTABLE = ("deviation.see", "deviation.raise", "deviation.triage", "exposure.record")
LONGEST_LIFE = timedelta(days=366)
#: Requests that a token may send at once, and how many a second come back.
BURST = 60
PER_SECOND = 2


def hash_of(token: str) -> str:
    """Return the digest that a token is kept by."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_permissions(permissions: Collection[str]) -> list[str]:
    """Return them in order. Raises ``NotAllowed`` for none, and for one that no system can be given."""
    if not permissions:
        raise NotAllowed("Choose at least one thing that the system may do.", field="permissions")
    for permission in permissions:
        if permission not in GRANTABLE:
            message = f"“{permission}” cannot be given to another system. Choose of: {', '.join(GRANTABLE)}."
            raise NotAllowed(message, field="permissions")
    return sorted(set(permissions))


def check_expiry(now: datetime, expires_at: datetime) -> None:
    """Raise ``NotAllowed`` for a token that would be over already, or last longer than a year."""
    if not now < expires_at <= now + LONGEST_LIFE:
        raise NotAllowed("A token lasts until a day within the next year. Choose such a day.", field="expires_on")


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many requests a token still has, as of a moment (token bucket)."""

    left: float
    at: datetime

    def take(self, now: datetime) -> tuple[Bucket, int]:
        """Return what is left after one more request, and how many seconds to wait if there was none left (else 0)."""
        refilled = min(float(BURST), self.left + max(0.0, (now - self.at).total_seconds()) * PER_SECOND)
        if refilled < 1:
            return Bucket(refilled, now), max(1, round((1 - refilled) / PER_SECOND))
        return Bucket(refilled - 1, now), 0
