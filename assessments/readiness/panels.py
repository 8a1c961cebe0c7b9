"""What readiness tells the ground: gates that follow from training, rosters of planned batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from assessments.readiness import queries
from assessments.rosters.queries import Rostered, rostered, rosters
from lms.gates.rules import QUALIFIED_NEEDED, Found
from lms.permissions import Actor, Permission
from lms.planning.queries import PlannedRow


def gates(*, site_ids: Sequence[UUID], at: datetime) -> Iterator[tuple[UUID, Found]]:
    """Tell whether operators have a curriculum and enough of them are qualified (slot ``gates.computed``)."""
    for site_id, known in queries.trained(site_ids, at).items():
        yield (
            site_id,
            Found("curriculum", known.has_curriculum, _("Assigned") if known.has_curriculum else _("None yet")),
        )
        words = ngettext("%(num)s operator qualified", "%(num)s operators qualified", known.qualified)
        yield site_id, Found("qualified_operators", known.qualified >= QUALIFIED_NEEDED, words)


def planned(*, viewer: Actor, rows: Sequence[PlannedRow], now: datetime) -> Iterable[Rostered]:
    """Tell how many stand on the rosters of planned batches and are refused, as of now (slot ``planned.rosters``)."""
    del now  # a roster is judged for its planned start
    return rostered(rosters(viewer, rows, Permission.DEVIATION_SEE))
