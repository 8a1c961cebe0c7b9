"""Confirming gates, and activating a site by two signatures."""

from __future__ import annotations

from uuid import UUID

from lms.extensions import db
from lms.gates import rules
from lms.gates.models import GateConfirmation, SiteActivation
from lms.gates.queries import activation_of, found_gates, given
from lms.network.models import Site
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.standings.commands import locked_site, signer_at, step
from lms.standings.rules import QA, Act, State, Subject, is_complete, role_to_sign, state_after
from lms.unit_of_work import Work, command


@command(needs=Permission.STANDING_CHANGE)
def confirm_gate(work: Work, site_id: UUID, gate: str, *, is_done: bool, evidence: str) -> GateConfirmation:
    """Sign that a gate of an onboarding site is done, or not done after all, and what shows it.

    Raises ``NotAllowed`` for a gate that is computed, without evidence, or once the site is active.
    """
    site = locked_site(work.actor, site_id, Permission.STANDING_CHANGE)
    rules.check_by_hand(gate)
    _check_onboarding(site)
    if not evidence.strip():
        raise NotAllowed("Say what shows it, such as the number of the report.", field="evidence")
    confirmation = GateConfirmation(
        site_id=site_id,
        gate=gate,
        is_done=is_done,
        evidence=evidence.strip(),
        confirmed_at=work.at,
        by_person_id=work.actor.person_id,
    )
    work.add(confirmation)
    sign(work, confirmation, Meaning.CONFIRMED, reason=evidence.strip())
    return confirmation


@command(needs=Permission.STANDING_CHANGE)
def sign_activation(work: Work, site_id: UUID) -> SiteActivation:
    """Sign that all gates of a site are done; the second signature, by another person in the other role, makes it active.

    Raises ``NotAllowed`` while a gate is open, and to whoever has signed already. If what shows a gate has changed since
    the first signature, that one was for something else, and both sign anew.
    """
    site = locked_site(work.actor, site_id, Permission.STANDING_CHANGE)
    _check_onboarding(site)
    gates = rules.check_all_done(found_gates([site_id], work.at)[site_id])
    activation = activation_of(site_id)
    if activation is None or not rules.is_same(activation.gates, gates):
        activation = SiteActivation(site_id=site_id, gates=gates)
        work.add(activation)
    role = role_to_sign(signer_at(work.actor, site_id), work.actor.person_id, given(activation))
    if role == QA:
        activation.qa_id = work.actor.person_id
    else:
        activation.responsible_person_id = work.actor.person_id
    db.session.flush()
    sign(work, activation, Meaning.APPROVED, reason="all gates are done")
    if is_complete(given(activation)):
        activation.activated_at = work.at
        state = state_after(site.name, site.state, Act.ACTIVATE, Subject.SITE)
        reason = f"{len(gates)} of {len(rules.GATES)} gates done, signed by QA of the control site and the responsible person"
        change = step(work, site, Act.ACTIVATE, state, reason=reason)
        db.session.flush()
        sign(work, change, Meaning.APPROVED, reason="second signature of the activation")
    return activation


def _check_onboarding(site: Site) -> None:
    if site.state != State.ONBOARDING:
        message = f"{site.name} is not onboarding any more; its gates stay as they were signed."
        raise NotAllowed(message)
