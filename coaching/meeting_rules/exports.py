"""The rules of sites as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coaching.meeting_rules.queries import RulesRow
from lms.exports.sheets import Cell

HEADINGS = ("site", "site_name", "video_allowed", "camera_in_gmp_area", "recording", "retention_class", "usual_link")


def cells(rows: Iterable[RulesRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each site as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        may = row.permitted
        video = "yes" if may.video_allowed else "no"
        yield (
            row.site_code,
            row.site_name,
            video,
            may.camera_in_gmp_area,
            may.recording,
            may.retention_class,
            may.usual_link,
        )
