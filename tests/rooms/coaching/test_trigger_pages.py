"""Rules that are data: tried on history before they change, by whom, and what a trial shows to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.occasions.queries import asked, facts_for
from coaching.occasions.rules import Trigger, would_have_fired
from coaching.triggers import commands, queries
from coaching.triggers.models import ReviewProposal, TriggerRule
from lms import clock
from lms.audit.models import AuditEvent
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, StaleForm
from lms.unit_of_work import run
from tests.factories.assessments import a_quiz, a_world, an_assignment
from tests.factories.deviations import a_deviation, triage
from tests.factories.people import Someone, a_site, someone, today
from tests.factories.triggers import a_failed_attempt, joined, night, proposals, qualified, switch_on


def test_a_rule_is_changed_by_qa_of_the_network_with_a_reason_and_the_old_version_stays(app: Flask) -> None:
    change: dict[str, Any] = {
        "number": 1,
        "is_on": True,
        "figures": {"every_days": 42, "due_days": 10},
        "cool_down_days": 28,
        "alerts": "qa",
        "would_have_fired": 14,
    }
    qa, of_site = someone(Role.QA, everywhere=True), someone(Role.QA, a_site())
    with pytest.raises(NotAllowed, match="whole network"):
        run(commands.change_trigger_rule, of_site.actor, "", "cadence", **change, reason="why")
    with pytest.raises(NotAllowed, match="Say why"):
        run(commands.change_trigger_rule, qa.actor, "", "cadence", **change, reason=" ")
    run(commands.change_trigger_rule, qa.actor, "", "cadence", **change, reason="every six weeks is what we can keep")
    with pytest.raises(StaleForm):
        run(commands.change_trigger_rule, qa.actor, "", "cadence", **change, reason="again")
    assert queries.rules_in_force()[Trigger.CADENCE].figures["every_days"] == 42
    newest, delivered = queries.versions_of(Trigger.CADENCE)
    assert (newest.rule.number, newest.would_have_fired, newest.changed_by) == (2, 14, qa.person.name)
    assert (delivered.rule.number, delivered.rule.figures["every_days"]) == (1, 35)
    row = db.session.scalars(select(TriggerRule)).one()
    assert db.session.scalar(select(AuditEvent.id).where(AuditEvent.rid == str(row.id))) is not None


def test_a_change_has_to_be_tried_on_history_with_these_very_figures(app: Flask, sign_in) -> None:
    site = a_site()
    qa = someone(Role.QA, everywhere=True)
    operators = [someone(Role.OPERATOR, site) for _ in range(3)]
    for number, operator in enumerate(operators):
        classified_with(operator, qa, severity="major" if number else "critical")
    browser = sign_in(qa)
    figures = {"due_days": 5, "cool_down_days": 0, "alerts": "site_lead", "number": 1, "is_on": "y"}
    straight = browser.post("/reviews/rules/severe_deviation", data={**figures, "reason": "it is time"})
    assert straight.status_code == 422
    assert "Try the rule on history" in straight.get_data(as_text=True)
    tried = browser.post("/reviews/rules/severe_deviation/try", data=figures)
    page = tried.get_data(as_text=True)
    assert tried.status_code == 200
    assert "It would have fired 3 times in the last 180 days" in page
    assert all(operator.person.name in page for operator in operators)
    narrower = {**figures, "critical_only": "y"}
    page = browser.post("/reviews/rules/severe_deviation/try", data=narrower).get_data(as_text=True)
    assert "It would have fired 1 time in the last 180 days" in page
    assert db.session.scalars(select(TriggerRule)).all() == []
    other = browser.post("/reviews/rules/severe_deviation", data={**narrower, "reason": "now", "tried": "0,5,0"})
    assert other.status_code == 422
    saved = browser.post("/reviews/rules/severe_deviation", data={**narrower, "reason": "now", "tried": "1,5,0"})
    assert saved.status_code == 302
    row = db.session.scalars(select(TriggerRule)).one()
    assert (row.is_on, row.figures, row.would_have_fired) == (True, {"critical_only": 1, "due_days": 5}, 1)
    again = browser.get("/reviews/rules/severe_deviation").get_data(as_text=True)
    assert "would have fired 1 time in 180 days" in again
    assert "as delivered" in again


def classified_with(operator: Someone, qa: Someone, *, severity: str) -> UUID:
    deviation_id = a_deviation(operator, people=(operator.person.id,))
    triage(qa, deviation_id, severity=severity)
    return deviation_id


def test_a_trial_shows_no_names_to_a_coach_and_no_other_sites_to_a_site_lead(app: Flask, sign_in) -> None:
    here, there = a_site(), a_site("BBB")
    qa = someone(Role.QA, everywhere=True)
    coach, lead = someone(Role.COACH, here), someone(Role.SITE_LEAD, there)
    operator = someone(Role.OPERATOR, here)
    classified_with(operator, qa, severity="major")
    figures = {"due_days": 5, "cool_down_days": 0, "alerts": "site_lead", "number": 1}
    for reader, count in ((coach, "1 time"), (lead, "0 times")):
        browser = sign_in(reader)
        page = browser.post("/reviews/rules/severe_deviation/try", data=figures).get_data(as_text=True)
        assert f"It would have fired {count} in" in page
        assert operator.person.family_name not in page
        file = browser.post("/reviews/rules/severe_deviation/try", data={**figures, "as": "csv"}).get_data(as_text=True)
        assert operator.person.family_name not in file
        assert browser.post("/reviews/rules/severe_deviation", data=figures).status_code == 403
    file = sign_in(qa).post("/reviews/rules/severe_deviation/try", data={**figures, "as": "csv"}).get_data(as_text=True)
    assert operator.person.name in file


def test_a_trial_and_what_the_rule_does_live_agree(app: Flask) -> None:
    """The trial of a rule that was on all the time says what it proposed."""
    world = a_world()
    a_quiz(world)
    site, qa = world.site, someone(Role.QA, everywhere=True)
    for code in (Trigger.SEVERE_DEVIATION, Trigger.GOOD_CATCH, Trigger.ASSESSMENT, Trigger.STARTER, Trigger.CADENCE):
        switch_on(code)
    operator, starter, due = someone(Role.OPERATOR, site), joined(site, days_ago=7), someone(Role.OPERATOR, site)
    qualified(due, world.task_id, days_ago=36)
    classified_with(operator, qa, severity="major")
    triage(qa, a_deviation(operator), kind="good_catch", severity="minor")
    a_failed_attempt(world, operator, an_assignment(world, operator))
    night(site)
    question = asked(clock.now() - timedelta(days=6), clock.now())
    live = {(one.trigger, one.occasion) for one in proposals()}
    tried = {
        (one.trigger, one.occasion)
        for rule in queries.rules_in_force().values()
        if rule.is_on
        for one in would_have_fired(rule, facts_for(rule.code, question), today() - timedelta(days=6), today())
    }
    assert live == tried
    assert len(live) == 5
    assert starter.person.id in {one.coachee_id for one in proposals()}


def test_a_rule_that_waits_for_its_fact_is_shown_as_waiting_and_stays_off(app: Flask, sign_in) -> None:
    qa = someone(Role.QA, everywhere=True)
    browser = sign_in(qa)
    assert "waits for runs by person" in browser.get("/reviews/rules").get_data(as_text=True)
    page = browser.get("/reviews/rules/skill_fade").get_data(as_text=True)
    assert "Put it into force" not in page
    data = {"fade_days": 30, "due_days": 5, "cool_down_days": 30, "alerts": "qa", "number": 1, "is_on": "y"}
    answer = browser.post("/reviews/rules/skill_fade", data={**data, "tried": "30,5,30", "reason": "try"})
    assert answer.status_code == 422
    assert browser.get("/reviews/rules/nonsense").status_code == 404


def test_pages_of_rules_and_proposals_need_few_statements_however_many_rows(app: Flask, sign_in, queries) -> None:
    site = a_site()
    qa, lead, coach = someone(Role.QA, everywhere=True), someone(Role.SITE_LEAD, site), someone(Role.COACH, site)
    switch_on(Trigger.SEVERE_DEVIATION)
    switch_on(Trigger.GOOD_CATCH)

    def counted(reader: Someone, paths: list[str]) -> list[int]:
        browser, found = sign_in(reader), []
        for path in paths:
            with queries() as seen:
                assert browser.get(path).status_code == 200, path
            assert len(seen) <= 6, (path, seen)
            assert not [one for one in seen if not one.lstrip().lower().startswith("select")]
            found.append(len(seen))
        return found

    first = someone(Role.OPERATOR, site)
    classified_with(first, qa, severity="major")
    own = proposals(first)[0].id
    of_coach = [
        "/",
        "/reviews/coaching",
        f"/reviews/proposals/{own}",
        f"/reviews/proposals/{own}/coach",
        "/reviews/profile",
    ]
    of_lead = ["/", "/reviews/proposals", "/reviews/proposals/export.csv", "/reviews/rules", "/reviews/rules/cadence"]
    before = counted(coach, of_coach) + counted(lead, of_lead)
    for _ in range(4):
        classified_with(someone(Role.OPERATOR, site), qa, severity="major")
        triage(qa, a_deviation(first), kind="good_catch", severity="minor")
    assert counted(coach, of_coach) + counted(lead, of_lead) == before


def test_what_somebody_is_to_be_coached_for_is_not_shown_in_the_trail_to_an_inspector(app: Flask, sign_in) -> None:
    site = a_site()
    qa, operator, inspector = someone(Role.QA, site), someone(Role.OPERATOR, site), someone(Role.INSPECTOR, site)
    switch_on(Trigger.SEVERE_DEVIATION)
    deviation_id = classified_with(operator, qa, severity="major")
    assert deviation_id
    proposal = db.session.scalars(select(ReviewProposal)).one()
    address = f"/trail?record=review_proposal&id={proposal.id}"
    assert "severe_deviation" in sign_in(qa).get(address).get_data(as_text=True)
    assert "severe_deviation" not in sign_in(inspector).get(address).get_data(as_text=True)
