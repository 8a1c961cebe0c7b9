"""What has to be told to an authority: the duty as data, the decision with its reason, the day by which, the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock
from lms.deviations.rules import Further, end_of_day
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.reportable import commands, queries
from lms.reportable.models import ReportAssessment, ReportingRule
from lms.reportable.rules import STANDARD
from lms.unit_of_work import run
from lms.web.times import local_day
from tests.factories.deviations import a_deviation, classified, stored
from tests.factories.people import Someone, a_site, someone, today


@pytest.fixture
def ana(app: Flask) -> Someone:
    return someone(Role.QA, a_site("CTL", is_control_site=True))


def a_rule(ana: Someone, what: str = "Biological") -> ReportingRule:
    run(commands.take_over_standard_rules, ana.actor, "x")
    return db.session.scalars(select(ReportingRule).where(ReportingRule.what.startswith(what))).one()


def test_duties_are_kept_by_qa_of_the_control_site_alone(dana: Someone, ana: Someone, sign_in: Any) -> None:
    with pytest.raises(NoPermission, match="control site"):
        run(commands.take_over_standard_rules, dana.actor, "x")
    with pytest.raises(NoPermission):
        run(commands.keep_rule, dana.actor, "x", None, duty=STANDARD[0])
    assert run(commands.take_over_standard_rules, ana.actor, "x") == len(STANDARD)
    assert run(commands.take_over_standard_rules, ana.actor, "x") == 0
    rule = a_rule(ana)
    with pytest.raises(NotAllowed, match="already"):
        run(commands.keep_rule, ana.actor, "x", None, duty=STANDARD[0])
    with pytest.raises(StaleForm):
        run(commands.keep_rule, ana.actor, "x", rule.id, duty=STANDARD[0], version=9)
    page = sign_in(ana).get(f"/reportable/rules/{rule.id}").get_data(as_text=True)
    assert "21 CFR 600.14" in page
    form = {
        "version": "1",
        "authority": "FDA (CBER)",
        "what": "Biological product deviation",
        "source": "21 CFR 600.14",
        "days": "45",
        "day_kind": "calendar",
        "starts_from": "detected",
        "kinds": ["deviation", "oos"],
        "is_active": "y",
    }
    assert sign_in(ana).post(f"/reportable/rules/{rule.id}", data=form).status_code == 302
    db.session.expire_all()
    assert (rule.what, rule.kinds, rule.is_active) == ("Biological product deviation", "deviation oos", True)
    assert sign_in(dana).post(f"/reportable/rules/{rule.id}", data={**form, "version": "2"}).status_code == 403


def test_a_reportable_one_has_its_day_from_when_it_was_found_and_the_report_ends_the_clock(
    dana: Someone, ana: Someone, sign_in: Any
) -> None:
    rule = a_rule(ana)
    found = clock.now() - timedelta(days=2)
    deviation_id = classified(someone(Role.OPERATOR), dana, days_ago=5, further=Further(detected_at=found))
    browser = sign_in(dana)
    target = f"/deviations/{deviation_id}/reportable"
    assert f"{target}/standing" in browser.get(f"/deviations/{deviation_id}").get_data(as_text=True)
    assert "not decided" in browser.get(f"{target}/standing").get_data(as_text=True)
    empty = browser.post(f"{target}/{rule.id}", data={"version": "0", "reportable": "1", "reason": ""})
    assert empty.status_code == 422
    said = browser.post(f"{target}/{rule.id}", data={"version": "0", "reportable": "1", "reason": "distributed lot"})
    assert said.status_code == 302
    made = db.session.scalars(select(ReportAssessment)).one()
    zone = "Europe/Berlin"
    assert made.due_at == end_of_day(local_day(found, zone) + timedelta(days=45), zone)
    assert "1 report to an authority is due" in browser.get("/").get_data(as_text=True)
    assert "days left" in browser.get("/reportable").get_data(as_text=True)
    on = local_day(clock.now(), zone).isoformat()
    address = f"/deviations/{deviation_id}/reports/{made.id}"
    assert browser.post(address, data={"version": "1", "submitted_on": on, "reference": ""}).status_code == 422
    assert browser.post(address, data={"version": "1", "submitted_on": on, "reference": "BPD-7"}).status_code == 302
    assert "to an authority is due" not in browser.get("/").get_data(as_text=True)
    assert "BPD-7" in browser.get(target).get_data(as_text=True)
    assert "BPD-7" in browser.get("/reportable.csv?state=made").get_data(as_text=True)
    with pytest.raises(NotAllowed, match="report was made"):
        run(
            commands.assess_report,
            dana.actor,
            "x",
            deviation_id,
            rule_id=rule.id,
            version=2,
            is_reportable=False,
            reason="no",
        )


def test_not_reportable_is_an_answer_with_a_reason_and_no_clock(dana: Someone, ana: Someone) -> None:
    rule = a_rule(ana)
    deviation_id = classified(someone(Role.OPERATOR), dana, days_ago=5)
    given: dict[str, Any] = {"rule_id": rule.id, "is_reportable": False}
    with pytest.raises(NotAllowed, match="why"):
        run(commands.assess_report, dana.actor, "x", deviation_id, version=0, reason=" ", **given)
    made = run(commands.assess_report, dana.actor, "x", deviation_id, version=0, reason="not distributed", **given)
    assert (made.is_reportable, made.due_at) == (False, None)
    with pytest.raises(StaleForm):
        run(commands.assess_report, dana.actor, "x", deviation_id, version=0, reason="again", **given)
    with pytest.raises(NotAllowed, match="not reportable"):
        run(
            commands.note_report,
            dana.actor,
            "x",
            made.id,
            version=1,
            submitted_on=today(),
            reference="BPD-1",
        )
    assert queries.reports(dana.actor) == []


def test_a_later_change_of_the_duty_moves_no_day_that_was_set(dana: Someone, ana: Someone) -> None:
    rule = a_rule(ana)
    deviation_id = classified(someone(Role.OPERATOR), dana, days_ago=5)
    given: dict[str, Any] = {"rule_id": rule.id, "is_reportable": True, "reason": "distributed"}
    due = run(commands.assess_report, dana.actor, "x", deviation_id, version=0, **given).due_at
    run(commands.keep_rule, ana.actor, "x", rule.id, duty=replace(STANDARD[0], days=10), version=1)
    assert db.session.scalars(select(ReportAssessment.due_at)).one() == due


def test_the_same_day_notice_is_asked_of_critical_ones_only(dana: Someone, ana: Someone) -> None:
    a_rule(ana)
    chidi = someone(Role.OPERATOR)
    major = classified(chidi, dana, days_ago=5)
    critical = classified(chidi, dana, days_ago=4, severity="critical", process_step="thaw")
    asked = {key: {s.rule.days for s in queries.of_deviation(dana.actor, key)} for key in (major, critical)}
    assert asked == {major: {45}, critical: {0, 45}}


def test_what_is_not_classified_is_not_judged_and_other_sites_see_nothing(
    dana: Someone, ana: Someone, sign_in: Any
) -> None:
    rule = a_rule(ana)
    raised = a_deviation(someone(Role.OPERATOR))
    given: dict[str, Any] = {"rule_id": rule.id, "version": 0, "is_reportable": True, "reason": "distributed"}
    with pytest.raises(NotAllowed, match="Triage it first"):
        run(commands.assess_report, dana.actor, "x", raised, **given)
    deviation_id = classified(someone(Role.OPERATOR), dana, days_ago=5)
    made = run(commands.assess_report, dana.actor, "x", deviation_id, **given)
    stranger = someone(Role.QA, a_site("BBB"))
    with pytest.raises(NotFound):
        run(commands.assess_report, stranger.actor, "x", deviation_id, **given)
    browser = sign_in(stranger)
    for path in ("reportable", "reportable/standing"):
        assert browser.get(f"/deviations/{deviation_id}/{path}").status_code == 404
    note = {"version": "1", "submitted_on": "2026-01-01", "reference": "x"}
    assert browser.post(f"/deviations/{deviation_id}/reports/{made.id}", data=note).status_code == 404
    assert queries.reports(stranger.actor) == []
    assert queries.of_deviation(stranger.actor, deviation_id) == []
    assert stored(deviation_id).number not in browser.get("/reportable").get_data(as_text=True)
