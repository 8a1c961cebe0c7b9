"""Every way between two states, who may take it, and that two signatures are two people in two roles."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest

from assessments.qualifications.rules import Facts, Grant, Pause, Reason, Status, decide, during
from lms.gates import rules as gates
from lms.gates.rules import GATES, Found
from lms.network.models import SiteState
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.standings import rules
from lms.standings.rules import QA, RESPONSIBLE_PERSON, Act, Given, Signer, State, Subject
from tests.factories.people import utc

#: What must come of every act on a site; anything not named is refused.
EXPECTED = {
    (State.ONBOARDING, Act.ACTIVATE): State.ACTIVE,
    (State.ONBOARDING, Act.CEASE): State.CEASED,
    (State.ACTIVE, Act.PAUSE): State.PAUSED,
    (State.ACTIVE, Act.SUSPEND): State.SUSPENDED,
    (State.ACTIVE, Act.CEASE): State.CEASED,
    (State.PAUSED, Act.SUSPEND): State.SUSPENDED,
    (State.PAUSED, Act.LIFT): State.ACTIVE,
    (State.PAUSED, Act.CEASE): State.CEASED,
    (State.SUSPENDED, Act.LIFT): State.ACTIVE,
    (State.SUSPENDED, Act.CEASE): State.CEASED,
}


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_every_act_on_every_state_leads_where_the_table_says_or_is_refused(state: State, act: Act) -> None:
    if (state, act) in EXPECTED:
        assert rules.state_after("Lyon", state, act, Subject.SITE) is EXPECTED[state, act]
    else:
        with pytest.raises(NotAllowed, match="Lyon"):
            rules.state_after("Lyon", state, act, Subject.SITE)


def test_ceased_leads_nowhere() -> None:
    assert [act for act in Act if (State.CEASED, act) in EXPECTED or State.CEASED in rules.WAYS[act].leads_from] == []


@pytest.mark.parametrize(("subject", "act"), list(product([Subject.TEAM, Subject.PERSON], [Act.ACTIVATE, Act.CEASE])))
def test_a_team_or_a_person_is_neither_activated_nor_ended(subject: Subject, act: Act) -> None:
    with pytest.raises(NotAllowed, match="Only a site"):
        rules.state_after("Team 1", State.ACTIVE, act, subject)


def test_the_words_are_those_of_sites_and_roles() -> None:
    assert [str(state) for state in State] == [str(state) for state in SiteState]
    assert {QA, RESPONSIBLE_PERSON} == {Role.QA, Role.RESPONSIBLE_PERSON}


SITE_QA = Signer(frozenset({QA}), frozenset())
CONTROL_QA = Signer(frozenset({QA}), frozenset({QA}))
RP = Signer(frozenset({RESPONSIBLE_PERSON}), frozenset())
CONTROL_RP = Signer(frozenset({RESPONSIBLE_PERSON}), frozenset({RESPONSIBLE_PERSON}))
OTHERS = Signer(frozenset(str(role) for role in Role if role not in {Role.QA, Role.RESPONSIBLE_PERSON}), frozenset())


@pytest.mark.parametrize(
    ("signer", "acts"),
    [
        (SITE_QA, {Act.ACTIVATE, Act.PAUSE}),
        (CONTROL_QA, {Act.ACTIVATE, Act.PAUSE, Act.LIFT, Act.CEASE}),
        (RP, {Act.ACTIVATE, Act.PAUSE, Act.SUSPEND}),
        (CONTROL_RP, {Act.ACTIVATE, Act.PAUSE, Act.SUSPEND}),
        (OTHERS, set()),
    ],
)
def test_who_may_sign_what(signer: Signer, acts: set[Act]) -> None:
    assert {act for act in Act if signer.may(act)} == acts
    for act in set(Act) - acts:
        with pytest.raises(NotAllowed):
            rules.check_signer(act, signer)


def test_one_signature_is_not_enough() -> None:
    ana = uuid4()
    assert not rules.is_complete(())
    assert not rules.is_complete((Given(ana, QA),))
    assert not rules.is_complete((Given(ana, QA), Given(uuid4(), QA)))
    assert rules.is_complete((Given(ana, QA), Given(uuid4(), RESPONSIBLE_PERSON)))


def test_the_same_person_twice_is_not_two() -> None:
    ana = uuid4()
    both = Signer(frozenset({QA, RESPONSIBLE_PERSON}), frozenset({QA, RESPONSIBLE_PERSON}))
    assert not rules.is_complete((Given(ana, QA), Given(ana, RESPONSIBLE_PERSON)))
    with pytest.raises(NotAllowed, match="another person"):
        rules.role_to_sign(both, ana, (Given(ana, QA),))
    assert rules.role_to_sign(both, uuid4(), (Given(ana, QA),)) == RESPONSIBLE_PERSON


def test_qa_of_the_site_alone_does_not_sign_for_the_control_site() -> None:
    with pytest.raises(NotAllowed, match="control site"):
        rules.role_to_sign(SITE_QA, uuid4(), ())
    with pytest.raises(NotAllowed, match="QA of the control site is missing"):
        rules.role_to_sign(RP, uuid4(), (Given(uuid4(), RESPONSIBLE_PERSON),))


# -- gates -------------------------------------------------------------------------------------------------------------


def found(*, but: str = "", evidence: str = "report 1") -> list[Found]:
    return [Found(gate.code, gate.code != but, evidence) for gate in GATES]


def test_there_are_eleven_gates_and_each_must_be_done() -> None:
    assert len(GATES) == 11
    assert len(gates.check_all_done(found())) == 11
    for gate in GATES:
        with pytest.raises(NotAllowed, match="10 of 11 gates are done"):
            gates.check_all_done(found(but=gate.code))


def test_a_computed_gate_is_not_confirmed_by_hand() -> None:
    for gate in GATES:
        if gate.is_computed:
            with pytest.raises(NotAllowed, match="follows from what is recorded"):
                gates.check_by_hand(gate.code)
        else:
            gates.check_by_hand(gate.code)
    with pytest.raises(NotAllowed, match="Choose a gate"):
        gates.check_by_hand("magic")


def test_a_signature_is_for_the_evidence_that_was_shown() -> None:
    signed = gates.done(found())
    assert gates.is_same(signed, gates.done(found()))
    assert not gates.is_same(signed, gates.done(found(evidence="report 2")))
    assert not gates.is_same(signed, gates.done(found(but="aps")))
    assert gates.is_same(signed, {**signed, "qualified_operators": "8 operators qualified"})


# -- a pause in what may() answers --------------------------------------------------------------------------------------

GRANT = Grant(uuid4(), utc(2026, 1, 1), utc(2027, 1, 1))
PAUSE = Pause(uuid4(), "paused", utc(2026, 3, 10), utc(2026, 3, 20), "alerts", of_standing=True)


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (utc(2026, 3, 9), Status.QUALIFIED),
        (utc(2026, 3, 10), Status.PAUSED),
        (utc(2026, 3, 14), Status.PAUSED),
        (utc(2026, 3, 20), Status.QUALIFIED),
    ],
)
def test_a_pause_is_true_on_its_days_and_on_no_other(at, status: Status) -> None:
    assert decide(Facts(grants=(GRANT,), pauses=(PAUSE,)), at).status is status


def test_a_pause_lifted_later_still_reads_as_open_on_its_day() -> None:
    decision = decide(Facts(grants=(GRANT,), pauses=(PAUSE,)), utc(2026, 3, 14))
    assert decision.reason is Reason.PAUSED
    assert decision.evidence.pause is not None
    assert decision.evidence.pause.valid_to is None


def test_a_member_shares_the_pause_of_their_team_only_while_they_are_in_it() -> None:
    day = timedelta(days=1)
    joined_later = during(PAUSE, PAUSE.valid_from + day, None)
    assert joined_later is not None
    assert (joined_later.valid_from, joined_later.valid_to) == (PAUSE.valid_from + day, PAUSE.valid_to)
    left_before = during(PAUSE, utc(2020, 1, 1), PAUSE.valid_from)
    assert left_before is None
    open_ended = during(Pause(uuid4(), "paused", utc(2026, 3, 10), None, "x"), utc(2020, 1, 1), utc(2026, 3, 12))
    assert open_ended is not None
    assert open_ended.valid_to == utc(2026, 3, 12)
    assert during(PAUSE, utc(2026, 4, 1), None) is None
