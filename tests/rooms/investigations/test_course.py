"""From triage to a signed closing: no step skipped, no signature that outlives a change, nobody told twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.deviations import commands as deviations
from lms.deviations import queries
from lms.deviations.filters import Filters
from lms.deviations.models import Deviation, DeviationReopening
from lms.deviations.workload import workload
from lms.extensions import db
from lms.investigations import commands
from lms.investigations.queries import life
from lms.network.models import Site
from lms.notifications.models import Notification
from lms.permissions import Actor, Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run
from tests.factories.capas import an_action, in_place, look, planned
from tests.factories.deviations import (
    a_deviation,
    classified,
    close,
    investigated,
    on,
    recurrence_of,
    stored,
    triage,
)
from tests.factories.people import PASSWORD, Someone, a_site, someone

SYSTEM = Actor.system("test")


def told(person: Someone, sentence: str) -> int:
    of = select(func.count()).where(Notification.person_id == person.person.id, Notification.sentence == sentence)
    return db.session.scalar(of) or 0


def listed(reader: Someone, **filters: Any) -> list[str]:
    return [row.number for row in queries.rows(reader.actor, Filters(**filters), now=clock.now())]


def result(**values: Any) -> dict[str, Any]:
    good = {
        "method": "five_whys",
        "finding": "The worksheet hides the value.",
        "factors": ("similar_looking", "workload"),
        "root_cause_class": "design",
        "action_needed": True,
    }
    return {**good, **values}


def test_the_whole_course_from_triage_to_a_signed_closing(dana: Someone, chidi: Someone, lead: Someone) -> None:
    deviation_id = classified(chidi, dana, days_ago=3)
    at = clock.now() - timedelta(days=1)
    on(lead.actor, commands.note_containment, deviation_id, what="Lot on hold.", contained_at=at)
    on(dana.actor, commands.start_investigation, deviation_id, lead_id=lead.person.id)
    assert told(lead, "investigation_yours") == 1
    on(lead.actor, commands.record_result, deviation_id, **result())
    assert stored(deviation_id).state == "under_investigation", "an action is demanded and none is open"
    with pytest.raises(NotAllowed, match="record its result"):
        on(lead.actor, commands.send_to_review, deviation_id)
    an_action(dana, deviation_id, lead)
    assert stored(deviation_id).state == "capa_defined"
    on(lead.actor, commands.send_to_review, deviation_id)
    on(dana.actor, commands.send_back, deviation_id, reason="other batches?")
    assert (stored(deviation_id).state, told(lead, "deviation_sent_back")) == ("under_investigation", 1)
    on(lead.actor, commands.record_result, deviation_id, **result(finding="Also looked at B-0002."))
    on(lead.actor, commands.send_to_review, deviation_id)
    close(dana, deviation_id, "design")
    kept = stored(deviation_id)
    assert (kept.state, kept.contained_at, kept.contributing_factors) == ("closed", at, "workload similar_looking")
    assert [(s.meaning, s.printed_name, s.holds) for s in signatures_on(kept)] == [("approved", dana.actor.name, True)]


def test_a_more_than_minor_one_is_not_closed_from_triage(dana: Someone, chidi: Someone) -> None:
    deviation_id = classified(chidi, dana, days_ago=3, severity="major")
    with pytest.raises(NotAllowed, match="not minor"):
        close(dana, deviation_id, reason="seems fine")
    triage(dana, deviation_id, severity="minor")
    with pytest.raises(NotAllowed, match="needs no investigation"):
        close(dana, deviation_id)
    close(dana, deviation_id, reason="plain cause")
    assert stored(deviation_id).closing_reason == "plain cause"


def test_closing_needs_a_password_and_somebody_else_than_who_investigated(
    dana: Someone, chidi: Someone, lead: Someone
) -> None:
    deviation_id = classified(chidi, dana, days_ago=3)
    investigated(dana, deviation_id)
    with pytest.raises(NotAllowed, match="somebody else of QA"):
        close(dana, deviation_id)
    other = someone(Role.QA)
    with pytest.raises(NotAllowed, match="password"):
        on(other.actor, deviations.close_deviation, deviation_id, root_cause_class="method")
    assert stored(deviation_id).state == "qa_review"
    close(other, deviation_id)


def test_an_action_that_was_cancelled_does_not_count_as_defined(dana: Someone, chidi: Someone, lead: Someone) -> None:
    from lms.capas.commands import cancel_capa

    deviation_id = classified(chidi, dana, days_ago=3)
    capa = an_action(dana, deviation_id, lead)
    investigated(lead, deviation_id, action_needed=True)
    run(cancel_capa, dana.actor, "x", capa.id, version=capa.version, reason="not needed")
    with pytest.raises(NotAllowed, match="none stands"):
        close(dana, deviation_id)
    an_action(dana, deviation_id, lead)
    close(dana, deviation_id)


def test_a_closing_signature_is_void_once_the_record_changed(dana: Someone, chidi: Someone) -> None:
    deviation_id = classified(chidi, dana, days_ago=3, severity="minor")
    close(dana, deviation_id, reason="plain cause")
    on(dana.signing, commands.reopen_deviation, deviation_id, reason="a second batch is affected")
    assert [s.holds for s in signatures_on(stored(deviation_id))] == [True], "reopening alone changes no content"
    triage(dana, deviation_id, severity="major")
    assert [s.holds for s in signatures_on(stored(deviation_id))] == [False]
    shown = life(dana.actor, deviation_id)
    assert [s.holds for s in shown.signatures] == [False]
    assert [s.holds for r in shown.reopenings for s in r.signatures] == [True]


@pytest.mark.parametrize(
    "field", ["description", "severity", "root_cause_class", "finding", "containment", "batch_disposition"]
)
def test_each_thing_that_was_signed_voids_the_signature(dana: Someone, chidi: Someone, field: str) -> None:
    deviation_id = classified(chidi, dana, days_ago=3)
    investigated(someone(Role.SITE_LEAD), deviation_id)
    close(dana, deviation_id)
    record = stored(deviation_id)
    setattr(record, field, "changed")
    with db.session.no_autoflush:
        assert [s.holds for s in signatures_on(record)] == [False]
    db.session.rollback()


def test_a_reopened_one_is_open_and_counts_again_with_a_clock_of_its_own(
    dana: Someone, chidi: Someone, sign_in: Any
) -> None:
    deviation_id = classified(chidi, dana, days_ago=3, severity="minor")
    close(dana, deviation_id, reason="plain cause")
    closed_at, first_due = stored(deviation_id).closed_at, stored(deviation_id).due_at
    assert listed(dana, state="open") == []
    with pytest.raises(NotAllowed, match="password"):
        on(dana.actor, commands.reopen_deviation, deviation_id, reason="again")
    with pytest.raises(NotAllowed, match="why"):
        on(dana.signing, commands.reopen_deviation, deviation_id, reason=" ")
    on(dana.signing, commands.reopen_deviation, deviation_id, reason="a second batch is affected")
    kept = stored(deviation_id)
    assert listed(dana, state="open") == [kept.number]
    assert (kept.state, kept.closed_at, kept.due_at) == ("reopened", None, first_due)
    assert kept.due_now is not None
    assert kept.due_now > clock.now() + timedelta(days=29)
    assert db.session.scalars(select(DeviationReopening.closed_at)).one() == closed_at
    assert workload(dana.actor, now=clock.now()).open == 1
    with pytest.raises(NotAllowed, match="not closed"):
        on(dana.signing, commands.reopen_deviation, deviation_id, reason="once more")
    assert "1 deviation is open again" in sign_in(dana).get("/").get_data(as_text=True)
    # it is classified all along: a later one of the same kind matches it
    later = classified(chidi, dana, days_ago=0.1, severity="minor")
    match = recurrence_of(later)
    assert match is not None
    assert match.earlier_id == deviation_id


def test_an_action_that_did_not_work_opens_its_deviation_again(dana: Someone, chidi: Someone, lead: Someone) -> None:
    deviation_id = classified(chidi, dana, days_ago=150)
    capa = an_action(dana, deviation_id, lead, days_ago=140)
    investigated(lead, deviation_id, action_needed=True)
    close(dana, deviation_id)
    planned(dana, capa.id)
    in_place(lead, capa.id, days_ago=100)
    # something critical at the site, of another kind, so that no recurrence says it
    classified(chidi, dana, days_ago=20, severity="critical", process_step="thaw", root_cause_class="equipment")
    assert look(dana, capa.id) == "not_effective"
    kept = stored(deviation_id)
    assert (kept.state, kept.closed_at) == ("reopened", None)
    assert db.session.execute(select(DeviationReopening.capa_id, DeviationReopening.deviation_id)).all() == [
        (capa.id, deviation_id)
    ]
    assert told(lead, "deviation_reopened") == 1
    with pytest.raises(NotAllowed, match="reopened"):
        close(dana, deviation_id)


def test_what_is_no_deviation_stays_on_record_and_leaves_the_rules(
    dana: Someone, chidi: Someone, lead: Someone
) -> None:
    classified(chidi, dana, days_ago=100)
    again = classified(chidi, dana, days_ago=10)
    assert recurrence_of(again) is not None
    with pytest.raises(NotAllowed, match="password"):
        on(dana.actor, deviations.downgrade_to_event, again, reason="within limits")
    capa = an_action(dana, again, lead)
    with pytest.raises(NotAllowed, match="has an action"):
        on(dana.signing, deviations.downgrade_to_event, again, reason="within limits")
    from lms.capas.commands import cancel_capa

    run(cancel_capa, dana.actor, "x", capa.id, version=capa.version, reason="no deviation")
    on(dana.signing, deviations.downgrade_to_event, again, reason="within limits")
    kept, match = stored(again), recurrence_of(again)
    assert (kept.state, kept.kind, kept.closing_reason) == ("downgraded_to_event", "event", "within limits")
    assert match is not None
    assert match.decision == "withdrawn"
    assert [s.holds for s in signatures_on(kept)] == [True]
    assert kept.number in listed(dana)
    assert listed(dana, state="open") != [kept.number]
    # after all it is one: classified again, it matches again
    triage(dana, again)
    match = recurrence_of(again)
    assert match is not None
    assert (stored(again).state, match.decision) == ("triaged", "proposed")


def test_an_event_by_its_kind_alone_stays_in_the_rules(dana: Someone, chidi: Someone) -> None:
    classified(chidi, dana, days_ago=100)
    again = classified(chidi, dana, days_ago=10, kind="event")
    assert recurrence_of(again) is not None


def test_somebody_of_another_site_finds_nothing_and_changes_nothing(
    dana: Someone, chidi: Someone, sign_in: Any
) -> None:
    deviation_id = classified(chidi, dana, days_ago=3, severity="minor")
    stranger = someone(Role.QA, a_site("BBB"))
    browser = sign_in(stranger)
    for path in ("course", "course/signed"):
        assert browser.get(f"/deviations/{deviation_id}/{path}").status_code == 404, path
    posted = {
        "containment": {"what": "x", "contained_at": "2026-01-01T10:00"},
        "investigation": {"lead": str(stranger.person.id)},
        "result": {"method": "five_whys", "finding": "x", "root_cause_class": "method", "action": "1"},
        "review": {},
        "back": {"reason": "x"},
        "reopening": {"reason": "x", "password": PASSWORD},
        "extension": {"extended_to": "2030-01-01", "reason": "x", "risk": "x", "password": PASSWORD},
        "downgrade": {"reason": "x", "password": PASSWORD},
    }
    for path, form in posted.items():
        answer = browser.post(f"/deviations/{deviation_id}/course/{path}", data={"version": "2", **form})
        assert answer.status_code == 404, path
    with pytest.raises(NotFound):
        on(stranger.signing, deviations.close_deviation, deviation_id, root_cause_class="method", reason="x")
    assert (stored(deviation_id).state, stored(deviation_id).version) == ("triaged", 2)


def test_a_lead_is_of_the_site_and_nobody_works_on_an_old_copy(dana: Someone, chidi: Someone, lead: Someone) -> None:
    deviation_id = classified(chidi, dana, days_ago=3)
    for person in (chidi, someone(Role.SITE_LEAD, a_site("BBB"))):
        with pytest.raises(NotAllowed) as refused:
            on(dana.actor, commands.start_investigation, deviation_id, lead_id=person.person.id)
        assert refused.value.field == "lead"
    with pytest.raises(StaleForm):
        run(commands.start_investigation, dana.actor, "x", deviation_id, version=1, lead_id=lead.person.id)


def test_the_whole_course_by_its_pages(
    dana: Someone, chidi: Someone, lead: Someone, sign_in: Any, queries: Any
) -> None:
    deviation_id = classified(chidi, dana, days_ago=3)
    site_lead, qa = sign_in(lead), sign_in(dana)

    def post(browser: Any, path: str, **form: str) -> None:
        form = {"version": str(stored(deviation_id).version), **form}
        answer = browser.post(f"/deviations/{deviation_id}/{path}", data=form)
        assert answer.status_code == 302, answer.get_data(as_text=True)

    at = (clock.now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    post(site_lead, "course/containment", what="Bench closed.", contained_at=at)
    post(site_lead, "course/investigation", lead=str(lead.person.id))
    words = site_lead.post(
        f"/deviations/{deviation_id}/course/result",
        data={
            "version": "4",
            "method": "fishbone",
            "finding": "The clamp",
            "root_cause_class": "method",
            "action": "0",
        },
    )
    assert words.status_code == 422
    assert "Say why no action is needed." in words.get_data(as_text=True)
    assert "The clamp" in words.get_data(as_text=True)
    post(
        site_lead,
        "course/result",
        method="fishbone",
        finding="The clamp is worn.",
        root_cause_class="equipment",
        action="0",
        why_none="Replaced.",
        factors="equipment_condition",
    )
    post(site_lead, "course/review")
    with queries() as seen:
        page = qa.get(f"/deviations/{deviation_id}/course").get_data(as_text=True)
    assert "The clamp is worn." in page
    assert "Condition of the equipment" in page
    assert len(seen) <= 6
    with queries() as seen:
        assert "Sign and close" in qa.get(f"/deviations/{deviation_id}").get_data(as_text=True)
    assert len(seen) <= 6
    wrong = qa.post(
        f"/deviations/{deviation_id}/close",
        data={"version": str(stored(deviation_id).version), "root_cause_class": "equipment", "password": "guess"},
    )
    assert wrong.status_code == 422
    assert stored(deviation_id).state == "qa_review"
    post(qa, "close", root_cause_class="equipment", password=PASSWORD)
    signed = qa.get(f"/deviations/{deviation_id}/course/signed").get_data(as_text=True)
    assert dana.actor.name in signed
    assert "valid" in signed
    post(qa, "course/reopening", reason="seen again", password=PASSWORD)
    assert stored(deviation_id).state == "reopened"
    assert stored(deviation_id).reported_by_id == chidi.person.id


def test_what_is_said_further_is_kept_and_exported(dana: Someone, chidi: Someone, sign_in: Any) -> None:
    deviation_id = a_deviation(chidi)
    browser = sign_in(dana)
    form = {
        "version": "1",
        "process_step": "thaw",
        "category": "material",
        "kind": "deviation",
        "severity": "minor",
        "detection_channel": "peer",
        "severity_rationale": "No effect.",
        "root_cause_class": "material",
        "area": "B 12, grade B",
        "subcategory": "Bag",
        "detected_by_role": "operator",
        "patient_impact": "None expected.",
        "batch_disposition": "not_affected",
        "rubric": "none.before_release",
    }
    early = browser.post(f"/deviations/{deviation_id}/triage", data={**form, "detected_at": "2020-01-01T10:00"})
    assert early.status_code == 422
    assert "found after it happened" in early.get_data(as_text=True)
    assert browser.post(f"/deviations/{deviation_id}/triage", data=form).status_code == 302
    kept = stored(deviation_id)
    assert (kept.area, kept.subcategory, kept.batch_disposition) == ("B 12, grade B", "Bag", "not_affected")
    page = browser.get(f"/deviations/{deviation_id}").get_data(as_text=True)
    for words in ("B 12, grade B", "Bag", "None expected.", "Not affected"):
        assert words in page
    body = browser.get("/deviations.csv").get_data(as_text=True)
    for cell in ('"B 12, grade B"', "Bag", "operator", "None expected.", "not_affected"):
        assert cell in body
    assert db.session.get_one(Site, kept.site_id).code == "AAA"
    assert db.session.scalar(select(func.count()).select_from(Deviation)) == 1
