"""The triage desk asks for a cell of the rubric, and for the system's causes before human performance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from lms.coding.models import SystemCausesExcluded
from lms.coding.rules import SYSTEM_CAUSES
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed
from tests.factories.coding import CELLS, EXCLUDED, at_the_desk
from tests.factories.deviations import a_deviation, close, investigated, stored, triage
from tests.factories.people import PASSWORD, Someone, someone

FORM = {
    "version": "1",
    "process_step": "thaw",
    "category": "material",
    "kind": "deviation",
    "severity": "major",
    "rubric": "direct.by_chance",
    "detection_channel": "peer",
    "severity_rationale": "Two units were touched.",
    "root_cause_class": "material",
    "team": "",
    "batch": "",
    "answer": "Thanks",
}
HUMAN = {
    **FORM,
    "root_cause_class": "human",
    "human_error_type": "lapse",
    **{f"excluded_{cause}": text for cause, text in EXCLUDED.items()},
}


@pytest.fixture
def deviation_id(dana: Someone) -> Any:
    return a_deviation(someone(Role.OPERATOR))


def excluded(deviation_id: Any) -> SystemCausesExcluded | None:
    db.session.expire_all()
    return db.session.scalar(select(SystemCausesExcluded).where(SystemCausesExcluded.deviation_id == deviation_id))


def test_the_desk_keeps_the_cell_and_the_record_shows_it(dana: Someone, deviation_id: Any, sign_in: Any) -> None:
    browser = sign_in(dana)
    before = browser.get(f"/deviations/{deviation_id}").get_data(as_text=True)
    assert "What the coding rests on" not in before
    assert browser.post(f"/deviations/{deviation_id}/triage", data=FORM).status_code == 302
    kept = stored(deviation_id)
    assert (kept.impact, kept.detectability, kept.rubric_version) == ("direct", "by_chance", 1)
    page = browser.get(f"/deviations/{deviation_id}").get_data(as_text=True)
    assert "rubric version 1" in page
    assert "Found by chance" in page
    assert "QA decided otherwise" not in page
    again = browser.get(f"/deviations/{deviation_id}/triage").get_data(as_text=True)
    assert 'value="direct.by_chance" checked' in again
    assert again.count('name="rubric"') == 12


def test_a_severity_beside_the_rubric_needs_a_reason_that_says_so(
    dana: Someone, deviation_id: Any, sign_in: Any
) -> None:
    browser, minor = sign_in(dana), {**FORM, "severity": "minor"}
    refused = browser.post(f"/deviations/{deviation_id}/triage", data=minor)
    assert refused.status_code == 422
    assert "The rubric suggests “major” here." in refused.get_data(as_text=True)
    assert stored(deviation_id).state == "reported"
    told = {**minor, "departure": "Neither unit was used."}
    assert browser.post(f"/deviations/{deviation_id}/triage", data=told).status_code == 302
    page = browser.get(f"/deviations/{deviation_id}").get_data(as_text=True)
    assert "QA decided otherwise" in page
    assert "Neither unit was used." in page


def test_without_a_cell_the_desk_refuses(dana: Someone, deviation_id: Any, sign_in: Any) -> None:
    for rubric in ("", "huge.by_chance"):
        page = sign_in(dana).post(f"/deviations/{deviation_id}/triage", data={**FORM, "rubric": rubric})
        assert page.status_code == 422
        assert stored(deviation_id).state == "reported"


@pytest.mark.parametrize("missing", SYSTEM_CAUSES)
def test_human_performance_is_refused_without_one_exclusion_and_nothing_typed_is_lost(
    dana: Someone, deviation_id: Any, sign_in: Any, missing: str
) -> None:
    browser = sign_in(dana)
    refused = browser.post(f"/deviations/{deviation_id}/triage", data={**HUMAN, f"excluded_{missing}": ""})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "Human performance is a root cause only when the system’s are excluded." in page
    for cause in SYSTEM_CAUSES:
        assert (EXCLUDED[cause] in page) == (cause != missing)
    assert '<option selected value="lapse">' in page
    assert stored(deviation_id).state == "reported"
    assert excluded(deviation_id) is None


def test_the_exclusions_are_kept_trailed_and_shown(dana: Someone, deviation_id: Any, sign_in: Any) -> None:
    browser = sign_in(dana)
    assert browser.post(f"/deviations/{deviation_id}/triage", data=HUMAN).status_code == 302
    kept = excluded(deviation_id)
    assert kept is not None
    assert {cause: getattr(kept, cause) for cause in SYSTEM_CAUSES} == EXCLUDED
    page = browser.get(f"/deviations/{deviation_id}").get_data(as_text=True)
    assert "Lapse: a step forgotten" in page
    for text in EXCLUDED.values():
        assert text in page
    trail = browser.get(f"/trail?record=system_causes_excluded&id={kept.id}").get_data(as_text=True)
    assert EXCLUDED["process"] in trail
    # the desk offers them again, so that coding anew loses nothing
    assert EXCLUDED["design"] in browser.get(f"/deviations/{deviation_id}/triage").get_data(as_text=True)


def test_what_came_without_it_says_so_and_can_be_closed(dana: Someone, deviation_id: Any, sign_in: Any) -> None:
    """As from a file or in the demonstration: classified before anybody asked."""
    triage(dana, deviation_id, root_cause_class="human", severity="minor")
    page = sign_in(dana).get(f"/deviations/{deviation_id}").get_data(as_text=True)
    assert "Impact and detectability: not documented." in page
    assert "Not documented: nothing says here how causes in the system were excluded." in page
    close(dana, deviation_id, "human", reason="no effect")
    assert stored(deviation_id).state == "closed"


def test_closing_does_not_slip_human_performance_in(dana: Someone, deviation_id: Any, sign_in: Any) -> None:
    at_the_desk(dana, deviation_id, severity="minor")
    version = stored(deviation_id).version
    form = {"version": version, "root_cause_class": "human", "reason": "no effect", "password": PASSWORD}
    refused = sign_in(dana).post(f"/deviations/{deviation_id}/close", data=form)
    assert refused.status_code == 422
    assert "choose it at the triage desk" in refused.get_data(as_text=True)
    assert stored(deviation_id).state == "triaged"
    justified = replace(CELLS["minor"], human_error_type="slip", excluded=EXCLUDED)
    at_the_desk(dana, deviation_id, severity="minor", root_cause_class="human", coding=justified)
    close(dana, deviation_id, "human", reason="no effect")
    assert stored(deviation_id).root_cause_class == "human"


def test_an_investigation_does_not_slip_human_performance_in(dana: Someone, deviation_id: Any) -> None:
    at_the_desk(dana, deviation_id)
    with pytest.raises(NotAllowed, match="needs to be justified first"):
        investigated(dana, deviation_id, root_cause_class="human")
    assert stored(deviation_id).root_cause_class != "human"


def test_the_command_itself_refuses_a_human_cause_that_is_not_justified(dana: Someone, deviation_id: Any) -> None:
    with pytest.raises(NotAllowed, match="Human performance"):
        at_the_desk(dana, deviation_id, root_cause_class="human")
    assert stored(deviation_id).state == "reported"
