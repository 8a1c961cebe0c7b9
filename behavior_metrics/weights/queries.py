"""The weights in force and every version there ever was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from behavior_metrics.weights.models import FollowThroughWeights
from behavior_metrics.weights.rules import DELIVERED, Weights, WeightsState
from lms.deviations.taxonomy import CORE
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Network, Site
from lms.signatures.queries import SignatureRow, signatures_on_many


def zones_and_weights() -> tuple[frozenset[str], Weights]:
    """Return the zones of all sites of the home network and the weights in force, in one statement."""
    table = FollowThroughWeights
    statement = (
        select(Site.zone, table.number, table.percents, table.settled_at)
        .select_from(Site)
        .join(Network, Network.id == Site.network_id)
        .outerjoin(table, table.state == WeightsState.IN_FORCE)
        .where(Network.taxonomy == CORE)
    )
    rows = db.session.execute(statement).all()
    weights = DELIVERED if not rows or rows[0][1] is None else Weights(*rows[0][1:])
    return frozenset(row[0] for row in rows), weights


def weights_in_force() -> Weights:
    """Return the weights in force."""
    table = FollowThroughWeights
    statement = select(table.number, table.percents, table.settled_at).where(table.state == WeightsState.IN_FORCE)
    found = db.session.execute(statement).first()
    return DELIVERED if found is None else Weights(*found)


@dataclass(frozen=True, slots=True)
class WeightsRow:
    """A version of the weights as listed, with its signatures."""

    id: UUID
    version: int
    number: int
    percents: Mapping[str, int]
    reason: str
    state: str
    proposed_by: str
    proposed_by_id: UUID
    proposed_at: datetime
    settled_at: datetime | None
    signed: Sequence[SignatureRow]


def weights_history() -> list[WeightsRow]:
    """Return every version that was ever proposed, newest first. Version 1 is ``rules.DELIVERED``."""
    statement = (
        select(FollowThroughWeights, Person.given_name, Person.family_name)
        .join(Person, Person.id == FollowThroughWeights.proposed_by_id)
        .order_by(FollowThroughWeights.number.desc())
    )
    rows = db.session.execute(statement).all()
    signed = signatures_on_many([row[0] for row in rows])
    return [
        WeightsRow(
            w.id, w.version, w.number, w.percents, w.reason, w.state, f"{given} {family}", w.proposed_by_id, w.proposed_at,
            w.settled_at, signed[w.id],
        )
        for w, given, family in rows
    ]  # fmt: skip
