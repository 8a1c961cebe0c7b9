"""Which way a site, a team or a person may go from one state to the next, and who may take it there.

Values in, a decision or a sentence out. ``WAYS`` is the one table: from where, to where, by whose signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lms.refusals import NotAllowed


class State(StrEnum):
    """Whether batches may be made there, or by them. A team or a person is active, paused or suspended only."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    CEASED = "ceased"


class Act(StrEnum):
    """What somebody signs."""

    ACTIVATE = "activate"
    PAUSE = "pause"
    SUSPEND = "suspend"
    LIFT = "lift"
    CEASE = "cease"


class Subject(StrEnum):
    """Whom it is about."""

    SITE = "site"
    TEAM = "team"
    PERSON = "person"


#: While one of these lasts nobody concerned works: their qualifications show as paused and no roster takes them.
HELD = frozenset({State.PAUSED, State.SUSPENDED, State.CEASED})

#: Codes of ``lms.permissions.Role``.
QA, RESPONSIBLE_PERSON = "qa", "responsible_person"


@dataclass(frozen=True, slots=True)
class Way:
    """One act: the states it leads from, the state it leads to, whom it can be about, and whose signature it takes."""

    leads_from: frozenset[State]
    leads_to: State
    subjects: frozenset[Subject]
    #: Any of these roles at the site.
    roles: frozenset[str]
    #: The role must be held for the whole network: a signature of the control site.
    of_control_site: bool = False


_ANYBODY = frozenset(Subject)
_SITE = frozenset({Subject.SITE})

#: The one table of transitions and signatures. *Ceased* leads nowhere. To activate takes two (``check_two``).
WAYS: Mapping[Act, Way] = {
    Act.ACTIVATE: Way(frozenset({State.ONBOARDING}), State.ACTIVE, _SITE, frozenset({QA, RESPONSIBLE_PERSON})),
    Act.PAUSE: Way(frozenset({State.ACTIVE}), State.PAUSED, _ANYBODY, frozenset({QA, RESPONSIBLE_PERSON})),
    Act.SUSPEND: Way(
        frozenset({State.ACTIVE, State.PAUSED}), State.SUSPENDED, _ANYBODY, frozenset({RESPONSIBLE_PERSON})
    ),
    Act.LIFT: Way(
        frozenset({State.PAUSED, State.SUSPENDED}), State.ACTIVE, _ANYBODY, frozenset({QA}), of_control_site=True
    ),
    Act.CEASE: Way(
        frozenset({State.ONBOARDING, State.ACTIVE, State.PAUSED, State.SUSPENDED}),
        State.CEASED,
        _SITE,
        frozenset({QA}),
        of_control_site=True,
    ),
}

_WORDS: Mapping[State, str] = {
    State.ONBOARDING: "is onboarding: complete its gates and activate it",
    State.ACTIVE: "is active",
    State.PAUSED: "is paused already",
    State.SUSPENDED: "is suspended: lift the suspension first",
    State.CEASED: "has ceased, which is final",
}


@dataclass(frozen=True, slots=True)
class Signer:
    """The roles that somebody holds at the site, and those of them held for the whole network."""

    here: frozenset[str]
    everywhere: frozenset[str]

    def may(self, act: Act) -> bool:
        """Whether this person's signature is one that the act takes."""
        way = WAYS[act]
        return bool(way.roles & (self.everywhere if way.of_control_site else self.here))


def check_signer(act: Act, signer: Signer) -> None:
    """Raise ``NotAllowed`` unless the person's signature is one that the act takes."""
    if signer.may(act):
        return
    sentences = {
        Act.ACTIVATE: "A site is activated by QA of the control site and its responsible person.",
        Act.PAUSE: "Pausing takes the signature of QA or of the responsible person.",
        Act.SUSPEND: "Suspending takes the signature of the responsible person.",
        Act.LIFT: "Lifting takes a signature of the control site. Ask its QA.",
        Act.CEASE: "Ending a site takes a signature of the control site. Ask its QA.",
    }
    raise NotAllowed(sentences[act])


def state_after(name: str, state: str, act: Act, subject: Subject) -> State:
    """Return the state that an act leads to. Raises ``NotAllowed`` where it leads nowhere from the present one."""
    way = WAYS[act]
    if subject not in way.subjects:
        raise NotAllowed("Only a site is activated or ended. A team or a person is paused, suspended or lifted.")
    if state not in way.leads_from:
        message = f"{name} {_WORDS[State(state)]}."
        raise NotAllowed(message)
    return way.leads_to


def check_reason(reason: str) -> None:
    """Raise ``NotAllowed`` without a reason that those concerned could follow."""
    if len(reason.strip()) < 10:
        raise NotAllowed("Give the reason in a sentence: it is part of what you sign.", field="reason")


@dataclass(frozen=True, slots=True)
class Given:
    """A signature that an activation has: whose, and as what."""

    person: object
    #: ``QA`` (of the control site) or ``RESPONSIBLE_PERSON``.
    role: str


def role_to_sign(signer: Signer, person: object, given: tuple[Given, ...]) -> str:
    """Return as what somebody signs an activation next: QA of the control site, or the responsible person.

    Raises ``NotAllowed`` to whoever has signed already (two signatures are two people), or for a role that has.
    """
    if any(one.person == person for one in given):
        raise NotAllowed("You have signed already. The second signature is another person's.")
    signed = {one.role for one in given}
    mine = (signer.everywhere & {QA}) | (signer.here & {RESPONSIBLE_PERSON})
    open_ = mine - signed
    if not mine:
        check_signer(Act.ACTIVATE, Signer(frozenset(), frozenset()))
    if not open_:
        missing = "the responsible person" if QA in signed else "QA of the control site"
        message = f"Your role has signed already. The signature of {missing} is missing."
        raise NotAllowed(message)
    return QA if QA in open_ else RESPONSIBLE_PERSON


def is_complete(given: tuple[Given, ...]) -> bool:
    """Whether an activation has both signatures, by two people."""
    return {one.role for one in given} == {QA, RESPONSIBLE_PERSON} and len({one.person for one in given}) > 1
