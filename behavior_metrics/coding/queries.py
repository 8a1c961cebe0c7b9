"""What was coded twice, as both coded it alone. Nobody's name is among it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from behavior_metrics.frames.queries import SEE
from behavior_metrics.stats.kappa import Pair
from lms.deviations.taxonomy import CORE
from lms.extensions import db
from lms.network.models import Network, Site
from lms.permissions import Actor
from lms.scope import within
from lms.second_coding.models import SecondCoding
from lms.second_coding.rules import FIELDS, Drawn


def coded_twice(reader: Actor, since: datetime) -> Mapping[str, Sequence[Pair]]:
    """Return for each field the first and second code of what was coded a second time since a moment, in one statement.

    Of the share alone: what came into the sample for being critical was chosen by its first coding, and would bend kappa.
    """
    columns = [
        column for field in FIELDS for column in (getattr(SecondCoding, f"first_{field}"), getattr(SecondCoding, field))
    ]
    statement = (
        select(*columns)
        .join(Site, Site.id == SecondCoding.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(
            Network.taxonomy == CORE,
            within(SecondCoding.site_id, reader, SEE),
            SecondCoding.coded_at >= since,
            SecondCoding.drawn_because == Drawn.SHARE,
        )
    )
    rows = [tuple(row) for row in db.session.execute(statement)]
    return {field: [(row[2 * at], row[2 * at + 1]) for row in rows] for at, field in enumerate(FIELDS)}
