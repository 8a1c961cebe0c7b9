"""The list of reviews as quality assurance sees them, as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coaching.overview.queries import Happened
from lms.exports.sheets import Cell

HEADINGS = (
    "site",
    "site_name",
    "team",
    "kind",
    "deviation",
    "state",
    "planned_at",
    "held_at",
    "closed_at",
    "follow_up_on",
    "follow_up_at",
    "outcome",
    "commitments",
    "system_actions",
    "system_actions_open",
    "effect",
    "effect_batches",
    "effect_days",
    "effect_came_back_on",
)


def cells(rows: Iterable[Happened]) -> Iterator[tuple[Cell, ...]]:
    """Give each review as the cells of a line, in the order of ``HEADINGS``. Nobody is named."""
    for row in rows:
        effect = row.effect
        yield (
            row.site_code,
            row.site_name,
            row.team_name or "",
            row.kind,
            row.deviation_number or "",
            row.state,
            row.planned_at,
            row.held_at,
            row.closed_at,
            row.follow_up_on,
            row.follow_up_at,
            row.outcome,
            row.commitments,
            row.system_actions,
            row.system_actions_open,
            effect.verdict if effect else "",
            effect.batches if effect else None,
            effect.days if effect else None,
            effect.came_back_on if effect else None,
        )
