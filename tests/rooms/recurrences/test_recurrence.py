"""Is this the same one again? The rule proposes, QA decides with a reason and a signature, and it counts once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import clock, signals
from lms.audit.models import AuditEvent
from lms.deviations import commands
from lms.extensions import db
from lms.facts import RecurrenceConfirmed
from lms.permissions import Role
from lms.recurrences import commands as recurrences
from lms.recurrences.models import Recurrence
from lms.recurrences.queries import recurrences_of
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run
from tests.factories.deviations import a_deviation, classified, close, investigated, recurrence_of, stored, triage
from tests.factories.people import INSTALLER, PASSWORD, Someone, a_site, a_team, someone


@pytest.fixture
def chidi(app: Flask) -> Someone:
    return someone(Role.OPERATOR, team=a_team(a_site()))


def decide(qa: Someone, recurrence: Recurrence, decision: str = "confirmed", reason: str = "same worksheet") -> None:
    run(
        recurrences.decide_recurrence,
        qa.signing,
        reason,
        recurrence.id,
        version=recurrence.version,
        decision=decision,
        reason=reason,
    )


def proposed(deviation_id: UUID) -> Recurrence:
    found = recurrence_of(deviation_id)
    assert found is not None
    return found


def test_classifying_proposes_the_match_with_its_days_and_rule(chidi: Someone, dana: Someone) -> None:
    first = classified(chidi, dana, days_ago=150)
    second = classified(chidi, dana, days_ago=7)
    match = proposed(second)
    assert (match.earlier_id, match.days_between, match.decision) == (first, 143, "proposed")
    assert (match.rule, match.rule_version, match.window_days) == ("R1", 1, 365)
    assert recurrence_of(first) is None


def test_another_person_makes_no_difference(chidi: Someone, dana: Someone) -> None:
    """The person is never part of the key: two people, and one person twice, match alike."""
    first = classified(chidi, dana, days_ago=60)
    other = classified(someone(Role.OPERATOR), dana, days_ago=30)
    again = classified(chidi, dana, days_ago=10)
    assert proposed(other).earlier_id == first
    assert proposed(again).earlier_id == other


@pytest.mark.parametrize(
    "change", [{"process_step": "harvest"}, {"category": "equipment"}, {"root_cause_class": "human"}]
)
def test_each_part_of_the_key_must_be_equal(chidi: Someone, dana: Someone, change: dict[str, str]) -> None:
    classified(chidi, dana, days_ago=60)
    assert recurrence_of(classified(chidi, dana, days_ago=10, **change)) is None


def test_other_fields_are_not_part_of_the_key(chidi: Someone, dana: Someone) -> None:
    classified(chidi, dana, days_ago=60)
    second = classified(chidi, dana, days_ago=10, severity="minor", kind="event", detection_channel="alarm")
    assert recurrence_of(second) is not None


def test_a_late_record_between_two_moves_the_index_of_the_later_one(chidi: Someone, dana: Someone) -> None:
    first, third = classified(chidi, dana, days_ago=100), classified(chidi, dana, days_ago=10)
    assert proposed(third).earlier_id == first
    second = classified(chidi, dana, days_ago=50)
    assert proposed(second).earlier_id == first
    assert (proposed(third).earlier_id, proposed(third).days_between) == (second, 40)


def test_a_decision_stands_when_a_nearer_one_turns_up(chidi: Someone, dana: Someone) -> None:
    first, third = classified(chidi, dana, days_ago=100), classified(chidi, dana, days_ago=10)
    decide(dana, proposed(third))
    classified(chidi, dana, days_ago=50)
    match = proposed(third)
    assert (match.decision, match.earlier_id) == ("confirmed", first)
    assert [signature.holds for signature in signatures_on(match)] == [True]


def test_a_new_classification_withdraws_a_match_and_voids_its_signature(chidi: Someone, dana: Someone) -> None:
    classified(chidi, dana, days_ago=100)
    second = classified(chidi, dana, days_ago=10)
    decide(dana, proposed(second))
    triage(dana, second, process_step="harvest")
    match = proposed(second)
    assert match.decision == "withdrawn"
    assert [signature.holds for signature in signatures_on(match)] == [False]
    with pytest.raises(NotAllowed, match="no longer holds"):
        decide(dana, match)
    triage(dana, second)
    assert proposed(second).decision == "proposed"


def test_a_decision_needs_reason_proof_and_the_present_version(chidi: Someone, dana: Someone) -> None:
    classified(chidi, dana, days_ago=100)
    second = classified(chidi, dana, days_ago=10)
    match = proposed(second)
    given: dict[str, Any] = {"version": match.version, "decision": "confirmed"}
    with pytest.raises(NotAllowed, match="password"):
        run(recurrences.decide_recurrence, dana.actor, "x", match.id, reason="same sheet", **given)
    with pytest.raises(NotAllowed, match="why"):
        run(recurrences.decide_recurrence, dana.signing, "x", match.id, reason="  ", **given)
    with pytest.raises(NotAllowed, match="confirm or overrule"):
        run(
            recurrences.decide_recurrence,
            dana.signing,
            "x",
            match.id,
            reason="y",
            version=match.version,
            decision="maybe",
        )
    with pytest.raises(StaleForm):
        run(recurrences.decide_recurrence, dana.signing, "x", match.id, reason="y", version=99, decision="confirmed")
    assert proposed(second).decision == "proposed"


def test_confirming_is_signed_written_to_the_trail_and_told_once(chidi: Someone, dana: Someone) -> None:
    classified(chidi, dana, days_ago=100)
    second = classified(chidi, dana, days_ago=10, team_id=a_team(a_site()).id)
    heard: list[RecurrenceConfirmed] = []

    def listen(fact: RecurrenceConfirmed, *, work: object) -> None:
        heard.append(fact)

    with signals.recurrence_confirmed.connected_to(listen):
        decide(dana, proposed(second), reason="same worksheet as in June")
        decide(dana, proposed(second), "overruled", "another sheet after all")
    assert [(fact.deviation_id, fact.team_id, fact.severity) for fact in heard] == [
        (second, a_team(a_site()).id, "major")
    ]
    match = proposed(second)
    signed = signatures_on(match)
    assert [(s.meaning, s.holds, s.printed_name) for s in signed] == [
        ("confirmed", False, dana.actor.name),
        ("overruled", True, dana.actor.name),
    ]
    events = db.session.execute(select(AuditEvent.body, AuditEvent.payload).where(AuditEvent.rid == str(match.id)))
    told = [str(payload) for body, payload in events if "lms.decide_recurrence" in body]
    assert any("same worksheet as in June" in payload for payload in told)


def test_a_deviation_is_not_closed_before_its_match_is_decided(chidi: Someone, dana: Someone) -> None:
    classified(chidi, dana, days_ago=100)
    second = classified(chidi, dana, days_ago=10)
    investigated(someone(Role.SITE_LEAD), second)
    with pytest.raises(NotAllowed, match="Decide first"):
        close(dana, second)
    assert stored(second).state == "qa_review"
    decide(dana, proposed(second), "overruled", "another sheet")
    close(dana, second)
    assert stored(second).state == "closed"
    with pytest.raises(NotAllowed, match="closed"):
        triage(dana, second)


def test_closing_looks_again_with_the_confirmed_cause(chidi: Someone, dana: Someone) -> None:
    classified(chidi, dana, days_ago=100, root_cause_class="training")
    second = classified(chidi, dana, days_ago=10)
    assert recurrence_of(second) is None
    investigated(someone(Role.SITE_LEAD), second)
    with pytest.raises(NotAllowed, match="Decide first"):
        close(dana, second, "training")
    assert recurrence_of(second) is None, "a refused closing leaves nothing behind"


def test_the_same_event_recorded_twice_is_rejected_and_matches_nothing(chidi: Someone, dana: Someone) -> None:
    first = classified(chidi, dana, days_ago=10)
    second = classified(someone(Role.OPERATOR), dana, days_ago=9)
    assert proposed(second).decision == "proposed"
    number = stored(first).number
    run(
        commands.reject_as_duplicate,
        dana.actor,
        "twice",
        second,
        version=stored(second).version,
        of_number=number.lower(),
    )
    assert (stored(second).state, stored(second).duplicate_of_id) == ("rejected_duplicate", first)
    assert proposed(second).decision == "withdrawn"
    with pytest.raises(NotAllowed, match="not another record"):
        run(commands.reject_as_duplicate, dana.actor, "x", first, version=stored(first).version, of_number=number)


def test_a_rescan_finds_what_is_missing_and_a_second_one_changes_nothing(chidi: Someone, dana: Someone) -> None:
    for days_ago in (300, 200, 100, 10):
        classified(chidi, dana, days_ago=days_ago)
    site_id = a_site().id
    events = db.session.scalar(select(func.count()).select_from(AuditEvent))
    assert run(recurrences.rescan_recurrences, INSTALLER, "nightly", site_ids=[str(site_id)]) == 0
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == events
    assert db.session.scalar(select(func.count()).select_from(Recurrence)) == 3


def test_another_sites_qa_sees_and_decides_nothing(chidi: Someone, dana: Someone) -> None:
    classified(chidi, dana, days_ago=100)
    second = classified(chidi, dana, days_ago=10)
    foreign = someone(Role.QA, a_site("BBB"))
    with pytest.raises(NotFound):
        decide(foreign, proposed(second))
    with pytest.raises(NotFound):
        triage(foreign, second)
    assert recurrences_of(foreign.actor, second) == []


def test_qa_decides_on_the_desk_with_a_password(app: Flask, chidi: Someone, dana: Someone, sign_in: Any) -> None:
    classified(chidi, dana, days_ago=100)
    second = classified(chidi, dana, days_ago=10)
    match = proposed(second)
    browser = sign_in(dana)
    path = f"/deviations/{second}/recurrences/{match.id}"
    form = {"version": match.version, "reason": "same worksheet", "decision": "confirmed", "password": "wrong"}
    page = browser.post(path, data=form)
    assert page.status_code == 422
    assert "same worksheet" in page.get_data(as_text=True)
    assert proposed(second).decision == "proposed"
    assert browser.post(path, data={**form, "password": PASSWORD}).status_code == 302
    assert proposed(second).decision == "confirmed"
    desk = browser.get(f"/deviations/{second}/triage").get_data(as_text=True)
    assert "valid" in desk
    stale = browser.post(path, data={**form, "password": PASSWORD})
    assert stale.status_code == 409


def test_the_desk_previews_the_match_before_anything_is_saved(
    app: Flask, chidi: Someone, dana: Someone, sign_in: Any
) -> None:
    first = classified(chidi, dana, days_ago=100)
    second = a_deviation(chidi, days_ago=5)
    query = {"process_step": "transduction", "category": "procedure_execution", "root_cause_class": "method"}
    page = sign_in(dana).get(f"/deviations/{second}/preview", query_string=query).get_data(as_text=True)
    assert stored(first).number in page
    assert "95 days earlier" in page
    assert recurrence_of(second) is None
    assert stored(second).occurred_at > clock.now() - timedelta(days=6)
