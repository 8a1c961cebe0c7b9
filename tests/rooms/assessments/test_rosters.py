"""A roster takes whoever may do the task alone at the planned start, and says why it refuses anybody else."""

from __future__ import annotations

import csv
import io
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from assessments.matrix.queries import running_out
from assessments.qualifications.models import Qualification
from assessments.rosters.commands import put_on_roster, take_off_roster
from assessments.rosters.models import RosterEntry
from lms import clock
from lms.exposure.models import Batch
from lms.extensions import db
from lms.permissions import Role
from lms.planning.commands import cancel_planned_batch, record_exposure, start_planned_batch
from lms.planning.models import ExposurePeriod, PlannedBatch
from lms.planning.queries import periods
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.assessments import World, a_version, a_world, plant
from tests.factories.people import Someone, a_site, a_team, days_ago, someone, today
from tests.factories.standings import REASON, a_planned_batch, an_onboarding_site, operators, rostered, stands


@pytest.fixture
def world(app: Flask) -> World:
    return a_world(a_site("AAA"))


@pytest.fixture
def lead(world: World) -> Someone:
    return someone(Role.SITE_LEAD, world.site)


@pytest.fixture
def ivo(world: World) -> Someone:
    return someone(Role.RESPONSIBLE_PERSON, world.site)


def entries() -> int:
    return db.session.scalar(select(func.count(RosterEntry.id)).where(RosterEntry.struck_at.is_(None))) or 0


def test_whoever_is_qualified_then_is_taken(world: World, lead: Someone) -> None:
    planned, (one,) = a_planned_batch(lead, world.site), operators(world, 1)
    rostered(lead, planned.id, one, world.task_id)
    assert entries() == 1
    with pytest.raises(NotAllowed, match="already"):
        rostered(lead, planned.id, one, world.task_id)


def test_whoever_has_not_begun_is_refused_with_the_reason(world: World, lead: Someone) -> None:
    planned = a_planned_batch(lead, world.site)
    with pytest.raises(NotAllowed, match="Training for this task has not begun") as refused:
        rostered(lead, planned.id, someone(site=world.site, name="Nils New"), world.task_id)
    assert refused.value.field == "person"
    assert "Nils New cannot be rostered" in str(refused.value)
    assert entries() == 0


def test_a_version_that_comes_into_force_before_the_run_refuses(world: World, lead: Someone) -> None:
    (one,) = operators(world, 1)
    soon, late = a_planned_batch(lead, world.site, in_days=1), a_planned_batch(lead, world.site, "P-2", in_days=9)
    a_version(world, today() + timedelta(days=5), days_ago(1))
    rostered(lead, soon.id, one, world.task_id)
    with pytest.raises(NotAllowed, match="v2 is in force"):
        rostered(lead, late.id, one, world.task_id)


@pytest.mark.parametrize("whom", ["site", "team of the batch", "team of the person", "person"])
def test_a_pause_refuses_whoever_it_concerns(world: World, lead: Someone, ivo: Someone, whom: str) -> None:
    team = a_team(world.site)
    (one,) = operators(world, 1, team=team if whom == "team of the person" else None)
    planned = a_planned_batch(lead, world.site, team=team if whom == "team of the batch" else None)
    if whom == "site":
        stands(ivo, "pause", world.site)
    elif whom == "person":
        stands(ivo, "pause", world.site, person=one)
    else:
        stands(ivo, "pause", world.site, team=team)
    says = {"site": "Site AAA is paused", "team of the batch": "Team 1 is paused"}
    with pytest.raises(NotAllowed, match=says.get(whom, f"Paused: {REASON}")):
        rostered(lead, planned.id, one, world.task_id)
    assert entries() == 0


def test_nobody_is_rostered_at_a_site_that_is_not_active(world: World, lead: Someone) -> None:
    site = an_onboarding_site("NEW")
    with pytest.raises(NotAllowed, match="its gates come first"):
        a_planned_batch(someone(Role.SITE_LEAD, site), site)


def test_whoever_has_left_or_works_elsewhere_is_refused(world: World, lead: Someone) -> None:
    planned = a_planned_batch(lead, world.site)
    with pytest.raises(NotFound):
        rostered(lead, planned.id, someone(site=a_site("BBB")), world.task_id)
    with pytest.raises(NotFound):
        rostered(someone(Role.SITE_LEAD, a_site("BBB")), planned.id, operators(world, 1)[0], world.task_id)


def test_nobody_stands_on_two_rosters_at_once(world: World, lead: Someone) -> None:
    (one,) = operators(world, 1)
    first, same_time = a_planned_batch(lead, world.site), a_planned_batch(lead, world.site, "P-2")
    after = a_planned_batch(lead, world.site, "P-3", in_days=4)
    rostered(lead, first.id, one, world.task_id)
    with pytest.raises(NotAllowed, match="on the roster of P-1"):
        rostered(lead, same_time.id, one, world.task_id)
    rostered(lead, after.id, one, world.task_id)
    entry = db.session.scalars(select(RosterEntry).where(RosterEntry.planned_batch_id == first.id)).one()
    run(take_off_roster, lead.actor, "ill", entry.id)
    rostered(lead, same_time.id, one, world.task_id)
    assert entries() == 2


def test_two_who_roster_the_same_person_at_the_same_time_do_not_both_succeed(
    app: Flask, world: World, lead: Someone
) -> None:
    (one,) = operators(world, 1)
    planned = [a_planned_batch(lead, world.site, f"P-{number}").id for number in range(4)]
    actor, person_id, task_id = lead.actor, one.person.id, world.task_id
    db.session.remove()
    together, outcomes = threading.Barrier(4), []

    def put(planned_id) -> None:
        with app.app_context():
            together.wait()
            try:
                run(put_on_roster, actor, "test", planned_id, person_id=person_id, task_id=task_id)
                outcomes.append("taken")
            except NotAllowed as refusal:
                outcomes.append(str(refusal))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=put, args=(planned_id,)) for planned_id in planned]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("taken") == 1, outcomes
    assert sum("runs at the same time" in outcome for outcome in outcomes) == 3, outcomes
    assert entries() == 1


def test_a_roster_is_refused_at_once_when_its_site_is_paused(
    world: World, lead: Someone, ivo: Someone, sign_in, queries
) -> None:
    planned, people = a_planned_batch(lead, world.site), operators(world, 3)
    for one in people:
        rostered(lead, planned.id, one, world.task_id)
    stands(ivo, "pause", world.site)
    browser, url = sign_in(lead), f"/planned/{planned.id}/roster"
    with queries() as seen:
        page = browser.get(url).get_data(as_text=True)
    assert len(seen) <= 6, seen
    assert "3 refused" in page
    assert "No roster is accepted: Site AAA is paused." in page
    sheet = browser.get(f"{url}.csv").get_data(as_text=True).lstrip("\ufeff")
    assert [(row["status"], row["refused"]) for row in csv.DictReader(io.StringIO(sheet))] == [("paused", "yes")] * 3
    with queries() as seen:
        listed = browser.get("/planned").get_data(as_text=True)
    assert len(seen) <= 6, seen
    assert "3 refused" in listed


def test_the_list_asks_no_more_for_more_batches(world: World, lead: Someone, sign_in, queries) -> None:
    def statements() -> int:
        with queries() as seen:
            assert browser.get("/planned").status_code == 200
        return len(seen)

    browser, (one,) = sign_in(lead), operators(world, 1)
    rostered(lead, a_planned_batch(lead, world.site).id, one, world.task_id)
    few = statements()
    for number in range(2, 8):
        rostered(lead, a_planned_batch(lead, world.site, f"P-{number}", in_days=number + 3).id, one, world.task_id)
    assert statements() <= few


def test_the_page_refuses_with_the_sentence_and_another_site_has_no_such_page(
    world: World, lead: Someone, sign_in
) -> None:
    planned, new = a_planned_batch(lead, world.site), someone(site=world.site)
    url = f"/planned/{planned.id}/roster"
    answer = sign_in(lead).post(url, data={"person": str(new.person.id), "task": str(world.task_id)})
    assert answer.status_code == 422
    assert "Training for this task has not begun" in answer.get_data(as_text=True)
    stranger = sign_in(someone(Role.SITE_LEAD, a_site("BBB")))
    assert stranger.get(url).status_code == 404
    assert stranger.post(url, data={}).status_code == 404
    assert stranger.post(f"/planned/{planned.id}/start").status_code == 404


def test_what_is_planned_becomes_a_batch_when_it_starts(world: World, lead: Someone, ivo: Someone) -> None:
    planned = a_planned_batch(lead, world.site)
    stands(ivo, "pause", world.site)
    with pytest.raises(NotAllowed, match="is paused"):
        run(start_planned_batch, lead.actor, "test", planned.id, version=planned.version)
    assert db.session.scalar(select(func.count(Batch.id))) == 0
    stands(someone(Role.QA, everywhere=True), "lift", world.site)
    planned = db.session.get_one(PlannedBatch, planned.id)
    batch = run(start_planned_batch, lead.actor, "test", planned.id, version=planned.version)
    db.session.expire_all()
    kept = db.session.get_one(PlannedBatch, planned.id)
    assert (kept.state, kept.batch_id) == ("started", batch.id)
    assert db.session.scalars(select(Batch.number)).all() == ["P-1"]
    with pytest.raises(NotAllowed, match="has started already"):
        rostered(lead, kept.id, operators(world, 1)[0], world.task_id)


def test_a_cancelled_batch_binds_nobody(world: World, lead: Someone) -> None:
    (one,) = operators(world, 1)
    first, second = a_planned_batch(lead, world.site), a_planned_batch(lead, world.site, "P-2")
    rostered(lead, first.id, one, world.task_id)
    version = db.session.get_one(PlannedBatch, first.id).version
    run(cancel_planned_batch, lead.actor, "patient withdrew", first.id, version=version)
    rostered(lead, second.id, one, world.task_id)
    assert entries() == 2


def test_a_number_is_taken_once(world: World, lead: Someone) -> None:
    a_planned_batch(lead, world.site)
    with pytest.raises(NotAllowed, match="is taken"):
        a_planned_batch(lead, world.site)


def test_work_is_counted_by_month_and_a_correction_replaces_it(world: World, lead: Someone, sign_in) -> None:
    month = days_ago(40).date()
    for count in (400, 420):
        run(
            record_exposure,
            lead.actor,
            "test",
            site_id=world.site.id,
            team_id=None,
            month=month,
            unit="hours",
            count=count,
        )
    rows = periods(lead.actor)
    assert [(row.month, row.count) for row in rows] == [(month.replace(day=1), 420)]
    assert db.session.scalar(select(func.count(ExposurePeriod.id))) == 1
    sheet = sign_in(lead).get("/exposure.csv").get_data(as_text=True)
    assert '"hours",420' in sheet
    with pytest.raises(NotAllowed, match="has not begun"):
        run(record_exposure, lead.actor, "test", site_id=world.site.id, team_id=None,
            month=today() + timedelta(days=40), unit="hours", count=1)  # fmt: skip


def test_what_runs_out_is_sorted_by_the_next_batch_at_its_site(world: World, lead: Someone) -> None:
    qa = someone(Role.QA, everywhere=True)
    other = replace(world, site=a_site("BBB"))
    (at_once,), (with_batch,) = operators(world, 1), operators(other, 1)
    ends = {at_once.person.id: clock.now() + timedelta(days=5), with_batch.person.id: clock.now() + timedelta(days=20)}
    for person_id, valid_to in ends.items():
        site = world.site if person_id == at_once.person.id else other.site
        second = a_world(site)
        plant(
            Qualification(
                person_id=person_id,
                task_id=second.task_id,
                site_id=site.id,
                valid_from=days_ago(300),
                valid_to=valid_to,
                limited_by="run",
            )
        )
    assert [row.person_id for row in running_out(qa.actor, clock.now(), 30)] == list(ends)
    planned = a_planned_batch(qa, other.site)
    found = running_out(qa.actor, clock.now(), 30)
    assert [row.person_id for row in found] == list(reversed(ends))
    assert [row.next_batch_at for row in found] == [planned.starts_at, None]
