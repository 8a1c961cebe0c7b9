"""Record ids: UUID version 7 (RFC 9562 §5.7), so that ids sort by the moment they were made."""

from __future__ import annotations

import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """Return a UUIDv7 that is larger than every earlier one of this process (RFC 9562 §6.2, method 3)."""
    global _last  # noqa: PLW0603 - one monotone counter for the process
    with _lock:
        # 48 bits of milliseconds and 12 bits of sub-millisecond fraction, never standing still
        ticks = time.time_ns() * 4096 // 1_000_000
        _last = ticks = max(ticks, _last + 1)
    milliseconds, fraction = divmod(ticks, 4096)
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)
