"""From the bench to QA's answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import clock, signals
from lms.deviations import commands, queries
from lms.deviations.models import Deviation, PersonInvolved
from lms.extensions import db
from lms.facts import DeviationRecorded
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.deviations import a_deviation, stored, triage
from tests.factories.people import a_site, a_team, someone

STORY = "Bag label loose at hand-over. Seen before the scan."


def typed(moment: datetime, zone: str = "Europe/Berlin") -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def test_a_good_catch_at_the_bench_keeps_both_times_the_team_and_the_number(app: Flask, sign_in: Any) -> None:
    site = a_site()
    team = a_team(site)
    chidi = someone(Role.OPERATOR, site, team=team)
    browser = sign_in(chidi)
    assert browser.get("/good-catch").status_code == 200
    happened = clock.now() - timedelta(minutes=2)
    answer = browser.post(
        "/good-catch",
        data={
            "description": STORY,
            "process_step": "labelling",
            "occurred_at": typed(happened),
            "immediate_action": "Held",
        },
    )
    assert answer.status_code == 302
    raised = db.session.scalars(select(Deviation)).one()
    assert answer.headers["Location"] == f"/good-catch/{raised.id}"
    assert raised.number == f"AAA-DEV-{clock.now().astimezone(ZoneInfo('Europe/Berlin')).year}-0001"
    assert raised.occurred_at == happened.replace(second=0, microsecond=0)
    assert raised.recorded_at > raised.occurred_at
    assert (raised.team_id, raised.self_reported, raised.kind, raised.state) == (
        team.id,
        True,
        "good_catch",
        "reported",
    )
    receipt = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert raised.number in receipt
    assert "Nothing about it stands on your training record" in receipt
    assert raised.title in browser.get("/deviations/mine").get_data(as_text=True)


def test_a_late_entry_asks_for_its_reason_and_loses_nothing_that_was_typed(app: Flask, sign_in: Any) -> None:
    browser = sign_in(someone(Role.OPERATOR))
    form = {
        "description": STORY,
        "occurred_at": typed(clock.now() - timedelta(days=2)),
        "immediate_action": "Held back",
    }
    page = browser.post("/good-catch", data=form)
    words = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "more than 24 hours ago" in words
    assert STORY in words
    assert "Held back" in words
    assert 'name="late_reason"' in words
    assert browser.post("/good-catch", data={**form, "late_reason": "no tablet in the room"}).status_code == 302
    assert db.session.scalars(select(Deviation)).one().late_reason == "no tablet in the room"


def test_the_future_is_refused_and_so_is_another_site(app: Flask) -> None:
    chidi, foreign = someone(Role.OPERATOR), a_site("BBB")
    with pytest.raises(NotAllowed, match="future"):
        a_deviation(chidi, days_ago=-0.01)
    with pytest.raises(NotFound):
        a_deviation(chidi, foreign)
    with pytest.raises(NotAllowed, match="taxonomy"):
        a_deviation(chidi, process_step="lunch")
    with pytest.raises(NotAllowed, match="team of this site"):
        a_deviation(chidi, team_id=a_team(foreign).id)


def test_numbers_have_no_gaps_and_each_site_its_own(app: Flask) -> None:
    here, there = someone(Role.OPERATOR), someone(Role.OPERATOR, a_site("BBB"))
    ids = [a_deviation(here), a_deviation(there, a_site("BBB")), a_deviation(here)]
    with pytest.raises(NotAllowed):
        a_deviation(here, description=" ")
    ids.append(a_deviation(here))
    numbers = [stored(deviation_id).number for deviation_id in ids]
    assert [number[:3] + number[-4:] for number in numbers] == ["AAA0001", "BBB0001", "AAA0002", "AAA0003"]


def test_the_reporter_hears_qas_answer_once(app: Flask, sign_in: Any) -> None:
    chidi, dana = someone(Role.OPERATOR), someone(Role.QA)
    deviation_id = a_deviation(chidi)
    triage(dana, deviation_id, answer="Thank you: the worksheet is withdrawn.")
    triage(dana, deviation_id, answer="Thank you: the worksheet is withdrawn.", severity="minor")
    told = db.session.scalars(select(Notification).where(Notification.person_id == chidi.person.id)).all()
    assert len(told) == 1
    assert "withdrawn" in told[0].arguments
    assert "the worksheet is withdrawn" in sign_in(chidi).get("/deviations/mine").get_data(as_text=True)


def test_people_are_told_to_the_other_rooms_and_kept_apart(app: Flask) -> None:
    site = a_site()
    chidi, dana, bea = someone(Role.OPERATOR, site), someone(Role.QA, site), someone(Role.OPERATOR, site)
    heard: list[DeviationRecorded] = []

    def listen(fact: DeviationRecorded, *, work: object) -> None:
        heard.append(fact)

    with signals.deviation_recorded.connected_to(listen):
        deviation_id = a_deviation(chidi, people=(bea.person.id,))
        run(commands.name_person_involved, dana.actor, "to hear them", deviation_id, person_id=chidi.person.id)
    assert [fact.people for fact in heard] == [(bea.person.id,), (chidi.person.id,)]
    assert db.session.scalar(select(func.count()).select_from(PersonInvolved)) == 2
    with pytest.raises(NotAllowed, match="already"):
        run(commands.name_person_involved, dana.actor, "again", deviation_id, person_id=chidi.person.id)
    stranger = someone(Role.OPERATOR, a_site("BBB"))
    with pytest.raises(NotAllowed, match="works at the site"):
        run(commands.name_person_involved, dana.actor, "x", deviation_id, person_id=stranger.person.id)
    assert queries.deviation(dana.actor, deviation_id).people_involved == 2


def test_nobody_is_named_on_the_triage_desk_the_record_or_the_list(app: Flask, sign_in: Any) -> None:
    site = a_site()
    chidi = someone(Role.OPERATOR, site, name="Chidimma Okonkwo")
    dana = someone(Role.QA, site, name="Dana Novak")
    deviation_id = a_deviation(chidi, people=(chidi.person.id,))
    browser = sign_in(dana)
    for path in ("/deviations", "/deviations.csv", f"/deviations/{deviation_id}", f"/deviations/{deviation_id}/triage"):
        page = browser.get(path).get_data(as_text=True)
        assert "Chidimma" not in page, path
        assert "Okonkwo" not in page, path
    assert "Okonkwo" in browser.get(f"/deviations/{deviation_id}/people").get_data(as_text=True)


def test_an_operator_reads_their_own_reports_only(app: Flask, sign_in: Any) -> None:
    chidi, other = someone(Role.OPERATOR), someone(Role.OPERATOR)
    mine, theirs = a_deviation(chidi), a_deviation(other)
    browser = sign_in(chidi)
    assert browser.get(f"/good-catch/{mine}").status_code == 200
    assert browser.get(f"/good-catch/{theirs}").status_code == 404
    assert browser.get(f"/good-catch/{uuid4()}").status_code == 404
    assert browser.get(f"/deviations/{mine}").status_code == 403
    assert stored(theirs).number not in browser.get("/deviations/mine").get_data(as_text=True)
