"""R3 and R2: it came back after an action, or another site has had it. Story 4 with its numbers."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from coaching.triggers.models import ReviewProposal
from lms.deviations import commands as deviations
from lms.extensions import db
from lms.network import commands as network
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.recurrences import commands, rules
from lms.recurrences.cli import recurrences as command_line
from lms.recurrences.models import NetworkRecurrence, Recurrence
from lms.recurrences.queries import elsewhere, network_matches
from lms.recurrences.rules import Decision
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run
from tests.factories.capas import an_action, in_place, kept
from tests.factories.deviations import a_deviation, classified, close, investigated, recurrence_of, stored, triage
from tests.factories.people import INSTALLER, PASSWORD, Someone, a_site, someone


@pytest.fixture
def ana(app: Flask) -> Someone:
    return someone(Role.QA, a_site("CTL", is_control_site=True), everywhere=True)


def decide(qa: Someone, row: Recurrence, decision: str = "confirmed") -> None:
    run(
        commands.decide_recurrence, qa.signing, "x", row.id, version=row.version, decision=decision, reason="same sheet"
    )


def match(deviation_id: UUID, rule: str) -> Recurrence:
    found = recurrence_of(deviation_id, rule)
    assert found is not None
    return found


def came_back(dana: Someone, chidi: Someone) -> tuple[UUID, UUID]:
    """143 days between the two, the action in place 118 days before the second; return second deviation and action."""
    first = classified(chidi, dana, days_ago=150)
    capa = an_action(dana, first, someone(Role.SITE_LEAD), days_ago=140)
    in_place(dana, capa.id, days_ago=125)
    return classified(chidi, dana, days_ago=7), capa.id


def test_story_4_one_signature_confirms_both_and_gives_the_action_back(dana: Someone, chidi: Someone) -> None:
    again, capa_id = came_back(dana, chidi)
    local, after = match(again, "R1"), match(again, "R3")
    assert (local.days_between, after.days_between, after.capa_id) == (143, 143, capa_id)
    assert (stored(again).occurred_at.date() - kept(capa_id).implemented_on).days == 118  # type: ignore[operator]
    decide(dana, after)
    assert [match(again, rule).decision for rule in ("R1", "R3")] == ["confirmed", "confirmed"]
    assert all(s.holds for rule in ("R1", "R3") for s in signatures_on(match(again, rule)))
    capa = kept(capa_id)
    assert (capa.state, capa.verdict) == ("returned", "not_effective")
    told = db.session.scalars(select(Notification.sentence).where(Notification.person_id == capa.owner_id)).all()
    assert told == ["capa_opened", "capa_returned"]


def test_the_desk_draws_a_record_older_than_the_window_within_its_line(
    dana: Someone, chidi: Someone, sign_in: Any
) -> None:
    first = classified(chidi, dana, days_ago=500)
    capa = an_action(dana, first, someone(Role.SITE_LEAD), days_ago=490)
    in_place(dana, capa.id, days_ago=125)
    again = classified(chidi, dana, days_ago=7)
    assert match(again, "R3").decision == Decision.PROPOSED
    page = sign_in(dana).get(f"/deviations/{again}/triage").get_data(as_text=True)
    drawn = page.split('class="cht spell"')[1].split("</svg>")[0]
    assert 0 < max(int(x) for x in re.findall(r' (?:x|x1|x2|cx)="(\d+)"', drawn)) <= 360


def test_it_counts_once_and_proposes_one_review(dana: Someone, chidi: Someone) -> None:
    first = classified(chidi, dana, days_ago=150)
    capa = an_action(dana, first, someone(Role.SITE_LEAD), days_ago=140)
    in_place(dana, capa.id, days_ago=125)
    someone(Role.COACH)
    again = classified(chidi, dana, days_ago=7)
    run(deviations.name_person_involved, dana.actor, "x", again, person_id=chidi.person.id)
    decide(dana, match(again, "R3"))
    proposals = db.session.scalar(select(func.count(ReviewProposal.id)).where(ReviewProposal.deviation_id == again))
    counted = db.session.scalar(
        select(func.count(Recurrence.id)).where(Recurrence.rule == "R1", Recurrence.decision == Decision.CONFIRMED)
    )
    assert (proposals, counted) == (1, 1)


def test_a_decision_taken_back_takes_the_verdict_back(dana: Someone, chidi: Someone) -> None:
    again, capa_id = came_back(dana, chidi)
    decide(dana, match(again, "R3"))
    decide(dana, match(again, "R3"), "overruled")
    assert (kept(capa_id).state, kept(capa_id).verdict) == ("implemented", "")
    assert match(again, "R1").decision == "confirmed", "it is still the same one again"


def test_a_new_classification_takes_the_verdict_back_too(dana: Someone, chidi: Someone) -> None:
    again, capa_id = came_back(dana, chidi)
    decide(dana, match(again, "R3"))
    triage(dana, again, process_step="harvest")
    assert match(again, "R3").decision == "withdrawn"
    assert (kept(capa_id).state, kept(capa_id).verdict) == ("implemented", "")


def test_an_action_noted_late_is_found_then_too(dana: Someone, chidi: Someone) -> None:
    """Flags depend on the facts, not on the order in which they were recorded."""
    first = classified(chidi, dana, days_ago=150)
    again = classified(chidi, dana, days_ago=7)
    capa = an_action(dana, first, someone(Role.SITE_LEAD), days_ago=140)
    assert recurrence_of(again, "R3") is None
    in_place(dana, capa.id, days_ago=125)
    assert match(again, "R3").decision == "proposed"


def test_a_deviation_is_not_closed_while_r3_waits(dana: Someone, chidi: Someone) -> None:
    again, _ = came_back(dana, chidi)
    decide(dana, match(again, "R1"))
    investigated(someone(Role.SITE_LEAD), again)
    with pytest.raises(NotAllowed, match="Decide first"):
        close(dana, again)
    decide(dana, match(again, "R3"), "overruled")
    close(dana, again)


# -- R2 ------------------------------------------------------------------------------------------------------------------


def three_sites(ana: Someone) -> tuple[Someone, UUID, dict[str, UUID]]:
    """Two other sites had it 40 and 90 days before; return the site's own QA, the deviation, and the others' by site."""
    earlier = {}
    for code, days_ago in (("BBB", 47), ("CCC", 97)):
        site = a_site(code)
        earlier[code] = classified(someone(Role.OPERATOR, site), ana, days_ago=days_ago, site=site)
    dana = someone(Role.QA)
    return dana, classified(someone(Role.OPERATOR), dana, days_ago=7), earlier


def overrule(qa: Someone, deviation_id: UUID, earlier_id: UUID, version: int = 0, decision: str = "overruled") -> None:
    run(
        commands.decide_network_match,
        qa.signing,
        "x",
        deviation_id,
        earlier_id=earlier_id,
        version=version,
        decision=decision,
        reason="another worksheet",
    )


def test_the_site_learns_count_step_and_days_and_the_control_site_the_records(ana: Someone, sign_in: Any) -> None:
    dana, again, earlier = three_sites(ana)
    page = sign_in(dana).get(f"/deviations/{again}/elsewhere").get_data(as_text=True)
    assert "2 other sites have had it" in page
    assert "40 days earlier" in page
    assert "90 days earlier" in page
    for code, other_id in earlier.items():
        for secret in (stored(other_id).number, str(other_id), f"Site {code}"):
            assert secret not in page, secret
    assert 'name="decision"' not in page
    full = sign_in(ana).get(f"/deviations/{again}/elsewhere").get_data(as_text=True)
    assert all(stored(other_id).number in full for other_id in earlier.values())


def test_the_control_site_overrules_one_with_reason_and_signature(ana: Someone, sign_in: Any, queries: Any) -> None:
    dana, again, earlier = three_sites(ana)
    with pytest.raises(NotFound, match="control site"):
        overrule(dana, again, earlier["BBB"])
    browser = sign_in(ana)
    form = {"version": 0, "decision": "overruled", "reason": "another worksheet", "password": "wrong"}
    path = f"/deviations/{again}/elsewhere/{earlier['BBB']}"
    refused = browser.post(path, data=form)
    assert (refused.status_code, "another worksheet" in refused.get_data(as_text=True)) == (422, True)
    assert browser.post(path, data={**form, "password": PASSWORD}).status_code == 302
    assert browser.post(path, data={**form, "password": PASSWORD}).status_code == 409
    decided = {m.days_between: m.decision for m in network_matches(ana.actor, stored(again))}
    assert decided == {40: "overruled", 90: "proposed"}
    with queries() as seen:
        assert "another worksheet" in browser.get(f"/deviations/{again}/elsewhere").get_data(as_text=True)
    assert len(seen) <= 6
    row = db.session.scalars(select(NetworkRecurrence)).one()
    assert [(s.meaning, s.holds) for s in signatures_on(row)] == [("overruled", True)]
    assert recurrence_of(again) is None, "it is never counted as the site's own"


def test_a_decision_on_another_site_is_withdrawn_when_they_no_longer_match(ana: Someone) -> None:
    dana, again, earlier = three_sites(ana)
    overrule(ana, again, earlier["BBB"], decision="confirmed")
    triage(ana, earlier["BBB"], process_step="harvest")
    assert db.session.scalars(select(NetworkRecurrence.decision)).one() == "withdrawn"
    assert [m.days_between for m in elsewhere(stored(again))] == [90]
    triage(ana, earlier["BBB"])
    assert {m.days_between: m.decision for m in network_matches(dana.actor, stored(again))}[40] == "proposed"
    with pytest.raises(StaleForm):
        overrule(ana, again, earlier["BBB"])


def test_an_imported_study_is_no_other_site(ana: Someone) -> None:
    _, again, earlier = three_sites(ana)
    study = run(network.found_network, INSTALLER, "test", name="Study", taxonomy="study")
    site = run(network.open_site, INSTALLER, "test", study.id, code="STU", name="Study site", zone="Europe/Berlin")
    same = classified(someone(Role.OPERATOR, site), ana, days_ago=20, site=site)
    assert stored(same).category == stored(again).category
    assert {m.earlier_id for m in elsewhere(stored(again))} == set(earlier.values())


# -- R4 and the command line ------------------------------------------------------------------------------------------------


def test_what_reads_alike_is_shown_and_never_counted(dana: Someone, chidi: Someone, sign_in: Any) -> None:
    one = a_deviation(chidi, days_ago=20, description="Cryobag label was printed with the wrong expiry date at line 2.")
    a_deviation(chidi, days_ago=15, description="Freezer alarm at 03:12, probe disconnected, no material inside.")
    two = a_deviation(chidi, description="Wrong expiry date printed on a cryobag label, line 2, stopped.")
    page = sign_in(dana).get(f"/deviations/{two}/elsewhere").get_data(as_text=True)
    assert stored(one).number in page
    assert "Freezer" not in page
    assert db.session.scalar(select(func.count(Recurrence.id))) == 0


def test_the_same_event_told_twice_is_pointed_out(dana: Someone, chidi: Someone, sign_in: Any) -> None:
    a_deviation(chidi, description="Cryobag label was printed with the wrong expiry date at line 2.")
    two = a_deviation(someone(Role.OPERATOR), description="Cryobag label printed with wrong expiry date at line 2.")
    assert "recorded twice?" in sign_in(dana).get(f"/deviations/{two}/elsewhere").get_data(as_text=True)


def test_the_command_line_gives_an_old_answer_again_to_the_byte(app: Flask, dana: Someone, chidi: Someone) -> None:
    came_back(dana, chidi)
    first, second = (
        CliRunner().invoke(command_line, ["R1", "--rule-version", "1", "--json"], catch_exceptions=False).output
        for _ in range(2)
    )
    assert first == second
    assert json.loads(first)["matches"][0]["days_between"] == 143
    assert json.loads(first)["version"] == rules.VERSIONS["R1"]
    early = CliRunner().invoke(command_line, ["R1", "--known-on", "2020-01-01", "--json"]).output
    assert json.loads(early)["matches"] == []
    with pytest.raises(NotAllowed, match="has had: 1"):
        CliRunner().invoke(command_line, ["R1", "--rule-version", "7"], catch_exceptions=False)
