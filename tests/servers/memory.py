"""Where databases of tests lie: in memory, if the machine lends enough of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

#: What all workers of a run need together, with the demonstration network in each.
ENOUGH = 4 * 2**30


def in_memory() -> Path | None:
    """Return the folder that Linux keeps in memory; None where there is none or where it is small, as in a container.

    The records of a test need not survive a power cut.
    """
    memory = Path("/dev/shm")  # noqa: S108 - Linux's own name for it
    lent = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ENOUGH
    return memory if lent else None
