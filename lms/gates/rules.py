"""The gates between onboarding and active, as data: what has to be shown before a site makes its first batch.

Source: control site's duty to supervise and control (SI 2025/87, reg 8), and GMP: people, on-the-job training, aseptic
process simulation, equipment, technical agreement. A gate is computed from what Candor knows, or confirmed by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lms.refusals import NotAllowed

#: Operators who must hold a qualification.
QUALIFIED_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing to be shown; the vocabulary ``gate`` has its words."""

    code: str
    #: Computed by a filler of the slot ``gates.computed``; if not, confirmed by hand with evidence and signature.
    is_computed: bool = False


GATES: tuple[Gate, ...] = (
    Gate("people", is_computed=True),
    Gate("responsible_person", is_computed=True),
    Gate("curriculum", is_computed=True),
    Gate("qualified_operators", is_computed=True),
    Gate("on_the_job_training"),
    Gate("aps"),
    Gate("premises_equipment"),
    Gate("technical_agreement"),
    Gate("procedures"),
    Gate("calendar"),
    Gate("readiness_audit"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What is known about a gate of a site: whether it is done, and what shows it."""

    gate: str
    is_done: bool
    shown_by: str


def check_by_hand(code: str) -> None:
    """Raise ``NotAllowed`` for a gate that nobody confirms by hand, or that there is not."""
    gate = next((gate for gate in GATES if gate.code == code), None)
    if gate is None:
        raise NotAllowed("Choose a gate of the list.", field="gate")
    if gate.is_computed:
        raise NotAllowed("This gate follows from what is recorded here; nobody confirms it by hand.", field="gate")


def done(found: Iterable[Found]) -> dict[str, str]:
    """Return the gates that are done with what shows them, in the order of the list."""
    by_code: Mapping[str, Found] = {one.gate: one for one in found if one.is_done}
    return {gate.code: by_code[gate.code].shown_by for gate in GATES if gate.code in by_code}


def check_all_done(found: Iterable[Found]) -> dict[str, str]:
    """Return what is to be signed. Raises ``NotAllowed`` while a gate is open."""
    shown = done(found)
    if len(shown) < len(GATES):
        missing = len(GATES) - len(shown)
        raise NotAllowed(f"{len(shown)} of {len(GATES)} gates are done. Complete the other {missing} first.")
    return shown


def is_same(signed: Mapping[str, str], shown: Mapping[str, str]) -> bool:
    """Whether a signature given for some gates still is one for those shown now.

    What a computed gate counts may grow meanwhile; evidence given by hand must be the same.
    """
    by_hand = [gate.code for gate in GATES if not gate.is_computed]
    return signed.keys() == shown.keys() and all(signed[code] == shown[code] for code in by_hand)
