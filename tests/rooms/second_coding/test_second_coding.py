"""A second person codes the sample without a view of the first coding, and the two settle what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import read_settings
from lms import clock
from lms.deviations import commands as deviations
from lms.deviations.workload import workload
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NotAllowed, StaleForm
from lms.second_coding import commands, queries
from lms.second_coding.models import SecondCoding
from lms.second_coding.rules import is_in_share
from lms.unit_of_work import run
from tests.factories.coding import CELLS, EXCLUDED, at_the_desk, coded_again, in_the_sample, second_coding_of
from tests.factories.deviations import a_deviation, classified, close, investigated, recurrence_of, stored, triage
from tests.factories.people import Someone, a_network, a_site, someone

FIRST = {
    "process_step": "cryopreservation",
    "category": "transport_temperature",
    "root_cause_class": "design",
    "severity": "critical",
}
CODES = {"process_step": "thaw", "category": "material", "root_cause_class": "method", "severity": "major"}


@pytest.fixture
def emil(app: Flask) -> Someone:
    return someone(Role.QA)


def propose(
    by: Someone, coding: SecondCoding, codes: dict[str, str], reason: str = "The freezer log shows it."
) -> None:
    run(
        commands.propose_settlement,
        by.actor,
        reason,
        coding.id,
        version=second_coding_of(coding.deviation_id).version,
        codes=codes,
        reason=reason,
    )


def agree(by: Someone, coding: SecondCoding) -> SecondCoding:
    version = second_coding_of(coding.deviation_id).version
    run(commands.agree_to_settlement, by.actor, "agreed", coding.id, version=version)
    return second_coding_of(coding.deviation_id)


# -- the sample ------------------------------------------------------------------------------------------------------------


def test_the_desk_draws_by_the_rule_and_everything_critical(chidi: Someone, dana: Someone) -> None:
    ids = [a_deviation(chidi) for _ in range(40)]
    for number, deviation_id in enumerate(ids):
        at_the_desk(dana, deviation_id, severity="critical" if number % 10 == 0 else "major")
    drawn = set(db.session.scalars(select(SecondCoding.deviation_id)))
    by_rule = {one for one in ids if is_in_share(one, a_network().id, 15)}
    assert drawn == by_rule | set(ids[::10])


def test_one_that_becomes_critical_is_drawn_then_and_once(chidi: Someone, dana: Someone) -> None:
    ids = (a_deviation(chidi) for _ in range(200))
    outside = next(one for one in ids if not is_in_share(one, a_network().id, 15))
    at_the_desk(dana, outside)
    count = select(func.count(SecondCoding.id))
    assert db.session.scalar(count) == 0
    at_the_desk(dana, outside, severity="critical")
    at_the_desk(dana, outside, severity="critical")
    assert db.session.scalar(count) == 1


def test_what_came_classified_from_elsewhere_is_left_out(chidi: Someone, dana: Someone) -> None:
    for _ in range(5):
        triage(dana, a_deviation(chidi), severity="critical")
    assert db.session.scalar(select(func.count(SecondCoding.id))) == 0


def test_the_share_stays_between_ten_and_twenty_percent() -> None:
    assert read_settings({}).second_coding_percent == 15
    for wrong in ("9", "21", "0"):
        with pytest.raises(Exception, match="CANDOR_SECOND_CODING_PERCENT"):
            read_settings({"CANDOR_SECOND_CODING_PERCENT": wrong})


# -- blind, and by somebody else -------------------------------------------------------------------------------------------


def test_the_second_coder_sees_the_story_and_nothing_of_the_first_coding(
    chidi: Someone, dana: Someone, emil: Someone, sign_in: Any
) -> None:
    justified = replace(CELLS["major"], departure="DEPARTED-TEXT", human_error_type="routine", excluded=EXCLUDED)
    said = {
        "severity_rationale": "RATIONALE-TEXT",
        "answer": "ANSWER-TEXT",
        "kind": "excursion",
        "detection_channel": "alarm",
        "coding": justified,
    }
    coding = in_the_sample(chidi, dana, **{**FIRST, "root_cause_class": "human"}, **said)
    page = sign_in(emil).get(f"/second-coding/{coding.id}").get_data(as_text=True)
    assert "I entered MOI 2.5 from the morning sheet." in page
    for told in ("RATIONALE-TEXT", "ANSWER-TEXT", "DEPARTED-TEXT", *EXCLUDED.values()):
        assert told not in page
    for word in ("Excursion", "Automatic alarm", "Usual practice beside", dana.person.name):
        assert word not in page
    # every code stands in the lists to choose from, and none of them is chosen or stands anywhere else
    assert page.count("selected") == page.count('<option selected value="">')
    assert "checked" not in page
    for code, word in (("cryopreservation", "Cryopreservation"), ("human", "Human performance")):
        assert page.count(word) == page.count(f'<option value="{code}">{word}</option>') == 1
    assert page.count("Critical") == 1
    assert "/deviations/" + str(coding.deviation_id) not in page
    listed = sign_in(emil).get("/second-coding").get_data(as_text=True)
    for word in ("Critical", "Cryopreservation", "Human performance"):
        assert word not in listed


def test_nobody_codes_a_second_time_what_they_classified(
    chidi: Someone, dana: Someone, emil: Someone, sign_in: Any
) -> None:
    coding = in_the_sample(chidi, dana)
    with pytest.raises(NotAllowed, match="classified"):
        coded_again(dana, coding)
    browser = sign_in(dana)
    assert "A second coding needs somebody who has not." in browser.get(f"/second-coding/{coding.id}").get_data(
        as_text=True
    )
    form = {"version": coding.version, **CODES}
    assert browser.post(f"/second-coding/{coding.id}", data=form).status_code == 422
    # also not whoever classified it anew
    at_the_desk(emil, coding.deviation_id, severity="critical")
    with pytest.raises(NotAllowed, match="classified"):
        coded_again(emil, coding)
    assert second_coding_of(coding.deviation_id).coded_at is None
    assert coded_again(someone(Role.QA), coding).coded_at is not None


def test_a_second_coding_is_made_once_from_the_list(chidi: Someone, dana: Someone, emil: Someone, sign_in: Any) -> None:
    coding = in_the_sample(chidi, dana)
    with pytest.raises(NotAllowed):
        coded_again(emil, coding, category="fate")
    with pytest.raises(StaleForm):
        run(commands.code_a_second_time, emil.actor, "x", coding.id, version=9, codes=CODES)
    browser = sign_in(emil)
    incomplete = browser.post(f"/second-coding/{coding.id}", data={"version": coding.version, **CODES, "severity": ""})
    assert incomplete.status_code == 422
    assert '<option selected value="thaw">' in incomplete.get_data(as_text=True)
    form = {"version": coding.version, **CODES}
    assert browser.post(f"/second-coding/{coding.id}", data=form).status_code == 302
    kept = second_coding_of(coding.deviation_id)
    assert kept.second == CODES
    assert kept.first["process_step"] == "transduction"
    with pytest.raises(NotAllowed, match="already"):
        coded_again(someone(Role.QA), kept)


# -- settling --------------------------------------------------------------------------------------------------------------


def test_two_equal_codings_are_settled_at_once(chidi: Someone, dana: Someone, emil: Someone) -> None:
    coded = coded_again(emil, in_the_sample(chidi, dana))
    assert coded.settled_at is not None
    assert coded.agreed == coded.first == coded.second


def test_the_two_settle_a_difference_and_the_recurrence_rules_look_again(
    chidi: Someone, dana: Someone, emil: Someone
) -> None:
    classified(chidi, dana, days_ago=30, process_step="thaw", category="material", root_cause_class="method")
    coding = in_the_sample(chidi, dana)
    assert recurrence_of(coding.deviation_id) is None
    coding = coded_again(emil, coding, process_step="thaw", category="material")
    agreed = {**coding.second, "severity": "major"}
    propose(emil, coding, agreed)
    with pytest.raises(NotAllowed, match="your side"):
        agree(emil, coding)
    assert stored(coding.deviation_id).process_step == "transduction"
    settled = agree(dana, coding)
    assert settled.settled_at is not None
    deviation = stored(coding.deviation_id)
    assert {field: getattr(deviation, field) for field in agreed} == agreed
    assert deviation.severity_rationale == deviation.rubric_departure == "The freezer log shows it."
    assert recurrence_of(coding.deviation_id) is not None
    # what each coded alone stays as it was, or agreement would measure the settlement
    assert settled.first["process_step"] == "transduction"
    for act in (lambda: propose(dana, coding, agreed), lambda: agree(dana, coding)):
        with pytest.raises(NotAllowed, match="settled already"):
            act()


def test_nobody_but_the_two_settles_and_not_without_a_reason(chidi: Someone, dana: Someone, emil: Someone) -> None:
    coding = coded_again(emil, in_the_sample(chidi, dana), category="material")
    fay = someone(Role.QA)
    with pytest.raises(NotAllowed, match="You are neither"):
        propose(fay, coding, coding.second)
    with pytest.raises(NotAllowed, match="Say why"):
        propose(dana, coding, coding.second, reason="  ")
    with pytest.raises(NotAllowed, match="Nothing is proposed"):
        agree(emil, coding)
    propose(dana, coding, coding.first)
    with pytest.raises(NotAllowed, match="You are neither"):
        agree(fay, coding)
    assert agree(emil, coding).settled_at is not None
    assert stored(coding.deviation_id).category == "procedure_execution"


def test_human_performance_is_not_settled_on_without_its_justification(
    chidi: Someone, dana: Someone, emil: Someone, sign_in: Any
) -> None:
    coding = coded_again(emil, in_the_sample(chidi, dana), root_cause_class="human")
    propose(emil, coding, coding.second)
    with pytest.raises(NotAllowed, match="justification first"):
        agree(dana, coding)
    form = {"version": second_coding_of(coding.deviation_id).version}
    refused = sign_in(dana).post(f"/second-coding/{coding.id}/agreement", data=form)
    assert refused.status_code == 422
    assert "classify AAA-DEV" in refused.get_data(as_text=True)
    assert stored(coding.deviation_id).root_cause_class == "method"
    justified = replace(CELLS["critical"], human_error_type="slip", excluded=EXCLUDED)
    at_the_desk(dana, coding.deviation_id, severity="critical", root_cause_class="human", coding=justified)
    assert agree(dana, coding).settled_at is not None
    assert stored(coding.deviation_id).root_cause_class == "human"


def test_a_closed_deviation_keeps_its_classification(
    chidi: Someone, dana: Someone, emil: Someone, sign_in: Any
) -> None:
    coding = in_the_sample(chidi, dana)
    investigated(someone(Role.QA), coding.deviation_id)
    close(dana, coding.deviation_id)
    coding = coded_again(emil, coding, category="material")
    propose(emil, coding, coding.second)
    page = sign_in(dana).get(f"/second-coding/{coding.id}").get_data(as_text=True)
    assert "its record keeps what it says" in page
    assert agree(dana, coding).agreed["category"] == "material"
    assert stored(coding.deviation_id).category == "procedure_execution"


# -- pages -----------------------------------------------------------------------------------------------------------------


def test_the_other_of_the_two_is_led_from_today_to_the_settlement(
    chidi: Someone, dana: Someone, emil: Someone, sign_in: Any
) -> None:
    coding = in_the_sample(chidi, dana)
    assert "1 deviation waits for a second coding" in sign_in(emil).get("/").get_data(as_text=True)
    assert "waits for a second coding" not in sign_in(dana).get("/").get_data(as_text=True)
    coded_again(emil, coding, category="material")
    browser = sign_in(dana)
    assert "1 deviation was coded in two ways" in browser.get("/").get_data(as_text=True)
    sentences = set(db.session.scalars(select(Notification.sentence).where(Notification.person_id == dana.person.id)))
    assert "second_coding_differs" in sentences
    page = browser.get(f"/second-coding/{coding.id}").get_data(as_text=True)
    assert "Settle it together" in page
    assert emil.person.name not in page
    version = second_coding_of(coding.deviation_id).version
    form = {
        "version": version,
        **second_coding_of(coding.deviation_id).first,
        "category": "material",
    }
    refused = browser.post(f"/second-coding/{coding.id}/proposal", data={**form, "reason": ""})
    assert refused.status_code == 422
    assert '<option selected value="material">' in refused.get_data(as_text=True)
    done = browser.post(f"/second-coding/{coding.id}/proposal", data={**form, "reason": "It was the bag."})
    assert done.status_code == 302
    other = sign_in(emil)
    assert "Agree to the proposal" in other.get(f"/second-coding/{coding.id}").get_data(as_text=True)
    assert "Agree to the proposal" not in sign_in(dana).get(f"/second-coding/{coding.id}").get_data(as_text=True)
    version = second_coding_of(coding.deviation_id).version
    other = sign_in(emil)
    assert other.post(f"/second-coding/{coding.id}/agreement", data={"version": version}).status_code == 302
    assert stored(coding.deviation_id).category == "material"


def test_the_quality_unit_of_another_site_finds_nothing(
    chidi: Someone, dana: Someone, emil: Someone, sign_in: Any
) -> None:
    coding = in_the_sample(chidi, dana)
    browser = sign_in(someone(Role.QA, a_site("BBB")))
    assert browser.get(f"/second-coding/{coding.id}").status_code == 404
    assert browser.post(f"/second-coding/{coding.id}", data={"version": coding.version, **CODES}).status_code == 404
    for act in ("proposal", "agreement"):
        form = {"version": coding.version, **CODES, "reason": "x"}
        assert browser.post(f"/second-coding/{coding.id}/{act}", data=form).status_code == 404
    number = stored(coding.deviation_id).number
    assert number not in browser.get("/second-coding").get_data(as_text=True)
    assert "waits for a second coding" not in browser.get("/").get_data(as_text=True)
    coded_again(emil, coding, category="material")
    assert browser.get(f"/second-coding/{coding.id}").status_code == 404
    assert number not in browser.get("/second-coding").get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.COACH, Role.SITE_LEAD, Role.INSPECTOR])
def test_nobody_else_opens_it(chidi: Someone, dana: Someone, sign_in: Any, role: Role) -> None:
    coding = in_the_sample(chidi, dana)
    browser = sign_in(someone(role))
    for path in ("/second-coding", f"/second-coding/{coding.id}"):
        assert browser.get(path).status_code == 403


def test_the_list_needs_few_statements_however_much_waits(
    chidi: Someone, dana: Someone, emil: Someone, sign_in: Any, queries: Any
) -> None:
    found = []
    for _ in range(2):
        for _ in range(3):
            in_the_sample(chidi, dana)
            coded_again(emil, in_the_sample(chidi, dana), category="material")
        browser = sign_in(emil)
        with queries() as seen:
            assert browser.get("/second-coding").status_code == 200
        found.append(len(seen))
    assert found[0] == found[1] <= 6


def test_todays_page_needs_no_statement_more_for_it(chidi: Someone, dana: Someone, sign_in: Any, queries: Any) -> None:
    in_the_sample(chidi, dana)
    browser = sign_in(dana)
    with queries() as seen:
        assert browser.get("/").status_code == 200
    assert len(seen) <= 6


def test_one_rejected_as_recorded_twice_no_longer_waits(chidi: Someone, dana: Someone, emil: Someone) -> None:
    first, coding = a_deviation(chidi), in_the_sample(chidi, dana)
    assert workload(emil.actor, now=clock.now()).to_code_again == 1
    version = stored(coding.deviation_id).version
    run(
        deviations.reject_as_duplicate,
        dana.actor,
        "same",
        coding.deviation_id,
        version=version,
        of_number=stored(first).number,
    )
    assert workload(emil.actor, now=clock.now()).to_code_again == 0
    assert queries.waiting(emil.actor) == []
