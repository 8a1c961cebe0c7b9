"""Qualifications: granted with evidence, asked about at any moment, never leaking to another site."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from assessments.api import may
from assessments.observations import commands as observing
from assessments.qualifications import commands as records
from assessments.qualifications.models import Qualification, TrainingState
from assessments.standing import commands
from assessments.standing.cli import may as may_command
from lms import clock
from lms.extensions import db
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed, NotFound
from lms.signatures.queries import signatures_on
from lms.unit_of_work import replay, run
from tests.factories.assessments import World, a_checklist, a_version, a_world, an_operator, completed
from tests.factories.people import PASSWORD, Someone, a_site, also, days_ago, someone, utc


@pytest.fixture
def world(app: Flask) -> World:
    made = a_world(a_site("LEE", "Europe/London"))
    a_checklist(made)
    return made


def observed(world: World, assessor: Someone, trainee: Someone, at: datetime, *, passed: bool = True) -> None:
    """Observe and sign a run at a past moment."""
    with replay() as day:
        begun = day.run(
            observing.begin_observation,
            assessor.actor,
            at,
            "t",
            trainee_id=trainee.person.id,
            task_id=world.task_id,
            site_id=world.site.id,
            observed_at=at - timedelta(hours=2),
            batch="B-1",
        )
        marks = {"1": {"shown": "yes" if passed else "no", "note": "seen"}, "2": {"shown": "yes"}}
        day.run(
            observing.record_observation,
            assessor.signing_at(at),
            at,
            "t",
            begun.id,
            version=1,
            marks=marks,
            remarks="",
            batch="B-1",
        )


def granted(world: World, qa: Someone, trainee: Someone, at: datetime) -> None:
    with replay() as day:
        day.run(
            commands.grant_due_qualification,
            qa.signing_at(at),
            at,
            "t",
            person_id=trainee.person.id,
            task_id=world.task_id,
            site_id=world.site.id,
        )


def ask(world: World, who: Someone, at: datetime, now: datetime | None = None) -> Any:
    return may(who.person.id, world.task_id, world.site.id, at, now=now)


def qualified(world: World, *, name: str = "Hana Kim") -> tuple[Someone, Someone, Someone]:
    """Return somebody qualified on 2 February 2026 on version 1, their assessor and the QA who granted."""
    hana, assessor, qa = an_operator(world, name), someone(Role.ASSESSOR, world.site), someone(Role.QA, world.site)
    completed(world, hana, utc(2026, 1, 10))
    observed(world, assessor, hana, utc(2026, 1, 15, 12))
    observed(world, assessor, hana, utc(2026, 1, 20, 12))
    granted(world, qa, hana, utc(2026, 2, 2, 9))
    return hana, assessor, qa


def test_a_grant_rests_on_what_was_there_and_is_signed(world: World) -> None:
    hana, _assessor, qa = qualified(world)
    grant = db.session.scalars(select(Qualification)).one()
    evidence: dict[str, Any] = grant.evidence
    [signature] = signatures_on(grant)
    assert (signature.printed_name, signature.meaning, signature.holds) == (qa.person.name, "approved", True)
    assert [m["version"] for m in evidence["modules"]] == [1]
    assert len(evidence["runs"]) == 2
    assert grant.valid_to == utc(2027, 1, 20)  # the last run plus the task's twelve months, at the site's midnight
    assert ask(world, hana, utc(2026, 3, 14, 14, 10)).allowed


def test_what_is_missing_is_named_and_nothing_is_granted(world: World) -> None:
    trainee, assessor, qa = an_operator(world), someone(Role.ASSESSOR, world.site), someone(Role.QA, world.site)
    at = utc(2026, 2, 2)
    with pytest.raises(NotAllowed, match="is not completed in version 1"):
        granted(world, qa, trainee, at)
    completed(world, trainee, utc(2026, 1, 10))
    observed(world, assessor, trainee, utc(2026, 1, 15))
    with pytest.raises(NotAllowed, match="1 of 2 observed runs passed in a row"):
        granted(world, qa, trainee, at)
    assert db.session.scalars(select(Qualification)).all() == []


def test_nobody_grants_pauses_lifts_or_withdraws_their_own(world: World) -> None:
    hana, *_ = qualified(world)
    both = also(hana, Role.QA, world.site)
    who = {"person_id": hana.person.id, "task_id": world.task_id, "site_id": world.site.id}
    with pytest.raises(NotAllowed, match="Nobody decides"):
        run(commands.grant_due_qualification, both.signing, "t", **who)
    with pytest.raises(NotAllowed, match="Nobody decides"):
        run(records.withdraw_qualification, both.actor, "t", reason="a reason long enough", **who)
    with pytest.raises(NotAllowed, match="Nobody decides"):
        run(records.suspend, both.actor, "t", kind="other", reason="a reason long enough", **who)


def test_a_grant_needs_the_password_typed_now(world: World) -> None:
    trainee, assessor, qa = an_operator(world), someone(Role.ASSESSOR, world.site), someone(Role.QA, world.site)
    completed(world, trainee, days_ago(30))
    for days in (9, 8):
        observed(world, assessor, trainee, days_ago(days))
    with pytest.raises(NotAllowed, match="password"):
        run(
            commands.grant_due_qualification,
            qa.actor,
            "t",
            person_id=trainee.person.id,
            task_id=world.task_id,
            site_id=world.site.id,
        )


def test_the_inspector_gets_the_past_moment_with_evidence_and_later_events_apart(world: World) -> None:
    hana, _assessor, qa = qualified(world)
    moment = utc(2026, 3, 14, 14, 10)
    before = ask(world, hana, moment)
    with replay() as day:
        day.run(
            records.withdraw_qualification,
            qa.actor,
            utc(2026, 4, 1),
            "t",
            person_id=hana.person.id,
            task_id=world.task_id,
            site_id=world.site.id,
            reason="Failed the media fill of 30 March.",
        )
    a_version(world, date(2026, 5, 1), utc(2026, 4, 20))
    after = ask(world, hana, moment, now=utc(2026, 6, 1))
    assert after.allowed
    assert after.evidence == before.evidence
    assert [event.what for event in after.later] == ["withdrawn", "version_effective"]
    assert ask(world, hana, utc(2026, 4, 2)).status == "withdrawn"
    run_ = after.evidence.runs[0]
    assert run_.assessor_by == "role"
    assert run_.signature is not None
    assert run_.signature.holds


def test_restricted_from_midnight_of_the_site_when_a_newer_version_is_not_completed(world: World) -> None:
    hana, *_ = qualified(world)
    new_york = a_site("NYC", "America/New_York")
    a_version(world, date(2026, 7, 1), utc(2026, 6, 10))
    midnight = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)  # London keeps summer time
    assert ask(world, hana, midnight - timedelta(seconds=1)).status == "qualified"
    assert ask(world, hana, midnight).status == "restricted"
    assert ask(world, hana, midnight).reason == "newer_version"
    completed(world, hana, utc(2026, 7, 2))
    assert ask(world, hana, utc(2026, 7, 1)).status == "restricted"
    assert ask(world, hana, utc(2026, 7, 2)).status == "qualified"
    assert new_york.zone == "America/New_York"


def test_the_same_version_begins_four_hours_later_across_the_ocean(world: World) -> None:
    site = a_site("NYC", "America/New_York")
    joe = someone(Role.OPERATOR, site)
    assessor, qa = someone(Role.ASSESSOR, site), someone(Role.QA, site)
    there = World(
        site,
        world.task_id,
        world.task_code,
        world.module_id,
        world.document_id,
        world.module_code,
        world.sop,
        world.versions,
    )
    completed(there, joe, utc(2026, 1, 10))
    observed(there, assessor, joe, utc(2026, 1, 15))
    observed(there, assessor, joe, utc(2026, 1, 20))
    granted(there, qa, joe, utc(2026, 2, 2))
    a_version(world, date(2026, 7, 1), utc(2026, 6, 10))
    assert ask(there, joe, datetime(2026, 7, 1, 3, 59, tzinfo=UTC)).status == "qualified"
    assert ask(there, joe, datetime(2026, 7, 1, 4, 0, tzinfo=UTC)).status == "restricted"


def test_it_lapses_at_the_first_moment_of_the_sites_day(world: World) -> None:
    hana, *_ = qualified(world)
    end = utc(2027, 1, 20)
    assert ask(world, hana, end - timedelta(seconds=1)).status == "qualified"
    assert ask(world, hana, end).status == "lapsed"


def test_a_pause_holds_at_once_and_lifting_it_restores(world: World) -> None:
    hana, _assessor, qa = qualified(world)
    with replay() as day:
        pause = day.run(
            records.suspend,
            qa.actor,
            utc(2026, 3, 1),
            "t",
            person_id=hana.person.id,
            site_id=world.site.id,
            task_id=None,
            kind="absence",
            reason="Away for eight weeks.",
        )
        day.run(
            records.lift_suspension, qa.actor, utc(2026, 3, 10), "t", pause.id, reason="Back and briefed on changes."
        )
    assert [ask(world, hana, utc(2026, 3, d)).status for d in (1, 9, 10)] == ["paused", "paused", "qualified"]


def test_a_renewal_is_a_new_row_and_both_moments_stand(world: World) -> None:
    hana, assessor, qa = qualified(world)
    observed(world, assessor, hana, utc(2026, 6, 1, 12))
    with pytest.raises(NotAllowed, match="renewal opens 60 days before its end"):
        granted(world, qa, hana, utc(2026, 6, 2))
    observed(world, assessor, hana, utc(2026, 12, 20, 12))
    granted(world, qa, hana, utc(2026, 12, 21))
    assert len(db.session.scalars(select(Qualification)).all()) == 2
    assert ask(world, hana, utc(2027, 6, 1)).status == "qualified"


def test_may_for_an_unknown_person_task_or_site_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        may(world.task_id, world.task_id, world.site.id, clock.now())


def test_a_deviation_freezes_what_was_true_then_and_shows_no_name(world: World, sign_in: Any) -> None:
    from lms.deviations import commands as deviations

    hana, _assessor, qa = qualified(world)
    reporter = someone(Role.OPERATOR, world.site)
    recorded = run(
        deviations.raise_deviation,
        reporter.actor,
        "t",
        site_id=world.site.id,
        kind="deviation",
        description="The clamp was left open during the transfer.",
        occurred_at=days_ago(0),
        detection_channel="peer",
        process_step="transduction",
        people=(hana.person.id,),
    )
    state = db.session.scalars(select(TrainingState)).one()
    decision: dict[str, Any] = state.decision
    assert decision["status"] == ask(world, hana, state.as_of).status
    assert (state.person_id, decision["task"]) == (hana.person.id, str(world.task_id))
    page = sign_in(qa).get(f"/deviations/{recorded.id}").get_data(as_text=True)
    assert "Training state at that moment" in page
    assert "1 person" in page
    assert "Hana" not in page


def test_the_command_line_answers_in_words_and_in_json(world: World, app: Flask) -> None:
    hana, *_ = qualified(world)
    runner = CliRunner()
    arguments = [hana.person.employee_no, world.task_code, "LEE", "--at", "2026-03-14T14:10"]
    words = runner.invoke(may_command, arguments, catch_exceptions=False).output
    assert words.startswith("Yes. Hana Kim was qualified")
    assert "14-Mar-2026 14:10 GMT" in words
    answer = json.loads(runner.invoke(may_command, [*arguments, "--json"], catch_exceptions=False).output)
    assert (answer["allowed"], answer["site"]["code"], answer["modules"][0]["version"]) == (True, "LEE", 1)
    assert answer["at"] == "2026-03-14T14:10:00Z"
    by_login = runner.invoke(may_command, [hana.login, *arguments[1:], "--json"], catch_exceptions=False)
    assert json.loads(by_login.output)["allowed"] is True


# -- pages -------------------------------------------------------------------------------------------------------------


def address(world: World, who: Someone) -> str:
    return f"/qualifications/{who.person.id}/{world.task_id}/{world.site.id}"


def test_an_inspector_asks_in_three_fields_and_gets_the_evidence(world: World, sign_in: Any) -> None:
    hana, *_ = qualified(world)
    browser = sign_in(someone(Role.INSPECTOR, world.site))
    question = {"person": "hana kim", "task": str(world.task_id), "at": "14-Mar-2026 14:10"}
    page = browser.get("/qualified", query_string=question, follow_redirects=True).get_data(as_text=True)
    assert "Yes. Hana Kim was qualified" in page
    assert "14-Mar-2026 14:10 GMT" in page
    assert "assessor of the site" in page
    file = browser.get(f"{address(world, hana)}/evidence.json", query_string={"at": "2026-03-14T14:10:00Z"}).json
    assert file["allowed"] is True
    assert file["person"]["name"] == "Hana Kim"
    assert browser.get("/qualified", query_string={**question, "person": "nobody"}).status_code == 422
    assert browser.get("/qualified", query_string={**question, "at": "yesterday"}).status_code == 422


def test_everybody_sees_their_own_and_nobody_elses(world: World, sign_in: Any) -> None:
    hana, *_ = qualified(world)
    other = an_operator(world)
    assert "Hana Kim" in sign_in(hana).get(address(world, hana)).get_data(as_text=True)
    mine = sign_in(hana).get("/my-qualifications").get_data(as_text=True)
    assert "Qualified" in mine
    assert sign_in(other).get(address(world, hana)).status_code == 404
    assert sign_in(other).get("/qualified").status_code == 403


@pytest.mark.parametrize("page", ["", "/evidence.json", "/grant", "/change"])
def test_the_answer_and_what_follows_from_it_need_few_statements(
    world: World, sign_in: Any, queries: Any, page: str
) -> None:
    hana, *_ = qualified(world)
    browser, path = sign_in(someone(Role.QA, world.site)), address(world, hana) + page
    with queries() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) <= 6, seen


@pytest.mark.parametrize("role", [Role.QA, Role.INSPECTOR, Role.TRAINER, Role.ASSESSOR, Role.SITE_LEAD])
def test_another_site_reaches_nothing_by_any_address(world: World, sign_in: Any, role: Role) -> None:
    hana, *_ = qualified(world, name="Unseen Person")
    away = a_site("ZZZ")
    browser = sign_in(someone(role, away))
    for path in (
        address(world, hana), f"{address(world, hana)}/evidence.json", f"{address(world, hana)}/grant",
        f"{address(world, hana)}/change", f"/qualifications/{hana.person.id}/{world.task_id}/{away.id}",
        f"/matrix?site={world.site.id}", f"/matrix.csv?site={world.site.id}",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code in {403, 404}, path
        assert b"Unseen" not in answer.data
    for path in (
        "/qualifications/expiring?days=90",
        "/qualifications/to-grant",
        "/observations",
        "/",
        "/qualified?person=unseen+person",
    ):
        assert b"Unseen Person" not in browser.get(path).data, path


def test_a_page_to_pause_and_withdraw_keeps_what_was_typed(world: World, sign_in: Any) -> None:
    hana, _assessor, qa = qualified(world)
    browser = sign_in(qa)
    short = browser.post(f"{address(world, hana)}/pause", data={"kind": "other", "scope": "task", "reason": "short"})
    assert short.status_code == 422
    assert "short" in short.get_data(as_text=True)
    done = browser.post(
        f"{address(world, hana)}/pause", data={"kind": "monitoring", "scope": "all", "reason": "Trend in glove prints."}
    )
    assert done.status_code == 302
    assert "Paused: Trend in glove prints." in browser.get(address(world, hana)).get_data(as_text=True)


def test_qa_looks_at_what_is_due_and_signs_it(world: World, sign_in: Any) -> None:
    trainee, assessor, qa = (
        an_operator(world, "Due Person"),
        someone(Role.ASSESSOR, world.site),
        someone(Role.QA, world.site),
    )
    completed(world, trainee, days_ago(30))
    observed(world, assessor, trainee, days_ago(9))
    browser = sign_in(qa)
    assert "Due Person" not in browser.get("/qualifications/to-grant").get_data(as_text=True)
    assert "wait for an observed run" not in browser.get("/").get_data(as_text=True)
    assert "1 person waits for an observed run" in sign_in(assessor).get("/").get_data(as_text=True)
    observed(world, assessor, trainee, days_ago(8))
    assert "Due Person" in browser.get("/qualifications/to-grant").get_data(as_text=True)
    assert "Qualifications may be due" in browser.get("/").get_data(as_text=True)
    wrong = browser.post(f"{address(world, trainee)}/grant", data={"password": "wrong"})
    assert wrong.status_code == 422
    signed = browser.post(f"{address(world, trainee)}/grant", data={"password": PASSWORD})
    assert signed.status_code == 302
    assert ask(world, trainee, clock.now()).allowed
    assert "Due Person" not in browser.get("/qualifications/to-grant").get_data(as_text=True)


def test_the_figure_on_the_home_page_counts_the_list_it_opens(world: World, sign_in: Any) -> None:
    from assessments.matrix.queries import running_out
    from tests.factories.assessments import plant

    hana, qa = an_operator(world), someone(Role.QA, world.site)
    now = clock.now()
    for start, end in ((200, 20), (100, 50), (90, 25)):
        plant(
            Qualification(
                person_id=hana.person.id, task_id=world.task_id, site_id=world.site.id, valid_from=now - timedelta(days=start),
                valid_to=now + timedelta(days=end), limited_by="run",
            )
        )  # fmt: skip
    assert [row.valid_to for row in running_out(qa.actor, now, 30)] == []
    assert len(running_out(qa.actor, now, 60)) == 1
    assert qa.actor.may(Permission.QUALIFICATION_SEE)
    page = sign_in(qa).get("/qualifications/expiring?days=60").get_data(as_text=True)
    assert page.count(hana.person.name) == 1


def test_a_person_is_reminded_on_three_days_before_the_end_and_on_no_other(world: World) -> None:
    from assessments.matrix.panels import reminders

    hana, *_ = qualified(world)
    end = date(2027, 1, 20)
    days = [n for n in range(70) if list(reminders(on=end - timedelta(days=n)))]
    assert days == [7, 30, 60]
    assert [r.person_id for r in reminders(on=end - timedelta(days=7))] == [hana.person.id]
