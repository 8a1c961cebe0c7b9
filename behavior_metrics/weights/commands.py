"""Changes of the weights: one of quality assurance proposes, another signs. The same for all sites."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select

from behavior_metrics.weights import rules
from behavior_metrics.weights.models import FollowThroughWeights
from behavior_metrics.weights.queries import weights_in_force
from behavior_metrics.weights.rules import WeightsState
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command

GOVERN = Permission.FOLLOW_THROUGH_GOVERN


@command(needs=GOVERN)
def propose_weights(work: Work, *, percents: Mapping[str, int], reason: str) -> FollowThroughWeights:
    """Propose the next version. Nothing changes until another of quality assurance signs it."""
    _check_control_site(work)
    rules.check_weights(percents, reason, current=weights_in_force().percents)
    waiting = select(FollowThroughWeights.id).where(FollowThroughWeights.state == WeightsState.PROPOSED)
    if db.session.scalar(waiting.limit(1)) is not None:
        raise NotAllowed("Another version waits for its signature. Sign or withdraw that one first.")
    newest = db.session.scalar(select(func.max(FollowThroughWeights.number))) or rules.DELIVERED.number
    if work.actor.person_id is None:
        raise NoPermission("Weights are proposed by a person.")
    proposed = FollowThroughWeights(
        number=newest + 1,
        percents=dict(percents),
        reason=reason.strip(),
        state=WeightsState.PROPOSED,
        proposed_by_id=work.actor.person_id,
        proposed_at=work.at,
    )
    work.add(proposed)
    return proposed


@command(needs=GOVERN)
def sign_weights(work: Work, weights_id: UUID, *, version: int) -> FollowThroughWeights:
    """Sign a proposed version: from now on every index is computed with it, and the one before is history."""
    _check_control_site(work)
    proposed = _found(weights_id, version)
    rules.check_can_sign(proposed.state, proposed.proposed_by_id, work.actor.person_id)
    before = select(FollowThroughWeights).where(FollowThroughWeights.state == WeightsState.IN_FORCE)
    for old in db.session.scalars(before):
        old.state = WeightsState.REPLACED
    proposed.state, proposed.settled_at = WeightsState.IN_FORCE, work.at
    sign(work, proposed, Meaning.APPROVED)
    return proposed


@command(needs=GOVERN)
def withdraw_weights(work: Work, weights_id: UUID, *, version: int) -> FollowThroughWeights:
    """Take a proposed version back; it stays in the history."""
    _check_control_site(work)
    proposed = _found(weights_id, version)
    rules.check_is_proposed(proposed.state)
    proposed.state, proposed.settled_at = WeightsState.WITHDRAWN, work.at
    return proposed


def _found(weights_id: UUID, version: int) -> FollowThroughWeights:
    found = db.session.get(FollowThroughWeights, weights_id)
    if found is None:
        raise NotFound("There is no such version of the weights.")
    if found.version != version:
        raise StaleForm("Somebody changed this version meanwhile. Look again.")
    return found


def _check_control_site(work: Work) -> None:
    if work.actor.sites_for(GOVERN) is not None:
        raise NoPermission("The weights are the same for all sites: QA of the whole network governs them.")
