"""What a file may hold, and the permission by which it is taken in: the one by which it is written by hand."""

from __future__ import annotations

from lms.permissions import Actor, Permission

#: Kind of import -> what taking it in needs.
NEEDED = {
    "deviations": Permission.DEVIATION_IMPORT,
    "batches": Permission.EXPOSURE_RECORD,
    "planned-batches": Permission.EXPOSURE_RECORD,
    "exposure": Permission.EXPOSURE_RECORD,
    "people": Permission.PEOPLE_MANAGE,
}


def kinds_for(reader: Actor, *, everywhere: bool = False) -> list[str]:
    """Return what the reader may take in; with ``everywhere`` only what they may take in for the whole network."""
    held = [(kind, reader.sites_for(needed)) for kind, needed in NEEDED.items() if reader.may(needed)]
    return [kind for kind, sites in held if sites is None or not everywhere]
