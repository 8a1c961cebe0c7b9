"""A pause holds at once for everybody concerned and for nobody else; lifting it takes the control site's signature."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from assessments.api import Status, may
from lms import clock
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.signatures.queries import signatures_on
from lms.standings.commands import change_standing
from lms.standings.models import StandingChange
from lms.unit_of_work import run
from tests.factories.assessments import World, a_world
from tests.factories.people import PASSWORD, Someone, a_site, a_team, days_ago, someone
from tests.factories.standings import REASON, operators, stands, state


@pytest.fixture
def world(app: Flask) -> World:
    return a_world(a_site("AAA"))


@pytest.fixture
def ivo(world: World) -> Someone:
    return someone(Role.RESPONSIBLE_PERSON, world.site, name="Ivo Person")


@pytest.fixture
def ana(app: Flask) -> Someone:
    return someone(Role.QA, a_site("CTL", is_control_site=True), everywhere=True, name="Ana Quality")


def status(world: World, person: Someone, at=None) -> Status:
    return may(person.person.id, world.task_id, world.site.id, at or clock.now()).status


def test_a_paused_site_pauses_everybody_there_and_nobody_elsewhere(world: World, ivo: Someone) -> None:
    other = World(a_site("BBB"), world.task_id, world.task_code, world.module_id, world.document_id, world.module_code,
                  world.sop, world.versions)  # fmt: skip
    here, there = operators(world, 2), operators(other, 2)
    change = stands(ivo, "pause", world.site)
    assert state(world.site) == "paused"
    assert [status(world, one) for one in here] == [Status.PAUSED, Status.PAUSED]
    assert [status(other, one) for one in there] == [Status.QUALIFIED, Status.QUALIFIED]
    decision = may(here[0].person.id, world.task_id, world.site.id, clock.now())
    assert decision.arguments == {"why": REASON}
    signature = signatures_on(change)[0]
    assert (signature.printed_name, signature.holds) == ("Ivo Person", True)


def test_the_answer_of_a_day_in_the_past_stays_after_the_lift(world: World, ivo: Someone, ana: Someone) -> None:
    (one,) = operators(world, 1)
    stands(ivo, "pause", world.site, at=days_ago(20))
    stands(ana, "lift", world.site, at=days_ago(10), reason="cause found and removed")
    assert [status(world, one, days_ago(days)) for days in (21, 15, 5)] == [
        Status.QUALIFIED,
        Status.PAUSED,
        Status.QUALIFIED,
    ]
    assert status(world, one) is Status.QUALIFIED
    later = may(one.person.id, world.task_id, world.site.id, days_ago(15), now=clock.now()).later
    assert [event.what for event in later] == ["pause_lifted"]


def test_qa_of_the_site_cannot_lift_and_neither_can_who_paused(world: World, ivo: Someone, ana: Someone) -> None:
    site_qa = someone(Role.QA, world.site)
    stands(site_qa, "pause", world.site)
    for signer in (site_qa, ivo):
        with pytest.raises(NotAllowed, match="signature of the control site"):
            stands(signer, "lift", world.site)
    assert state(world.site) == "paused"
    stands(ana, "lift", world.site, reason="cause found and removed")
    assert state(world.site) == "active"


def test_qa_pauses_and_only_the_responsible_person_suspends(world: World, ivo: Someone) -> None:
    site_qa = someone(Role.QA, world.site)
    with pytest.raises(NotAllowed, match="responsible person"):
        stands(site_qa, "suspend", world.site)
    stands(site_qa, "pause", world.site)
    stands(ivo, "suspend", world.site)
    assert state(world.site) == "suspended"


def test_ceased_is_final(world: World, ivo: Someone, ana: Someone) -> None:
    (one,) = operators(world, 1)
    stands(ana, "cease", world.site)
    assert status(world, one) is Status.PAUSED
    for signer, act in ((ivo, "pause"), (ivo, "suspend"), (ana, "lift"), (ana, "cease")):
        with pytest.raises(NotAllowed, match="final"):
            stands(signer, act, world.site)


def test_nobody_without_the_role_or_of_another_site_touches_it(world: World) -> None:
    with pytest.raises(NoPermission):
        stands(someone(Role.SITE_LEAD, world.site), "pause", world.site)
    with pytest.raises(NotFound):
        stands(someone(Role.RESPONSIBLE_PERSON, a_site("BBB")), "pause", world.site)


def test_a_step_needs_a_reason_and_a_password(world: World, ivo: Someone) -> None:
    with pytest.raises(NotAllowed) as refused:
        stands(ivo, "pause", world.site, reason="em trend")
    assert refused.value.field == "reason"
    with pytest.raises(NotAllowed) as unsigned:
        run(change_standing, ivo.actor, "test", world.site.id, "pause", reason=REASON, seen="active")
    assert unsigned.value.field == "password"
    assert db.session.scalar(select(func.count(StandingChange.id))) == 0
    assert state(world.site) == "active"


def test_who_saw_another_state_is_told(world: World, ivo: Someone) -> None:
    stands(ivo, "pause", world.site)
    with pytest.raises(StaleForm):
        run(change_standing, ivo.signing, "test", world.site.id, "pause", reason=REASON, seen="active")


def test_a_team_is_paused_for_whom_it_holds_then(world: World, ivo: Someone, ana: Someone) -> None:
    first, second = a_team(world.site, "Team 1"), a_team(world.site, "Team 2")
    (member,), (other,) = operators(world, 1, team=first), operators(world, 1, team=second)
    stands(ivo, "pause", world.site, team=first)
    assert state(world.site) == "active"
    assert (status(world, member), status(world, other)) == (Status.PAUSED, Status.QUALIFIED)
    stands(ana, "lift", world.site, team=first)
    assert status(world, member) is Status.QUALIFIED


def test_a_person_is_paused_alone_and_never_by_themself(world: World, ivo: Someone) -> None:
    one, other = operators(world, 2)
    stands(ivo, "pause", world.site, person=one)
    assert (status(world, one), status(world, other)) == (Status.PAUSED, Status.QUALIFIED)
    with pytest.raises(NotAllowed, match="their own"):
        stands(ivo, "pause", world.site, person=ivo)
    with pytest.raises(NotFound):
        stands(ivo, "pause", world.site, person=someone(site=a_site("BBB")))


def test_those_concerned_are_told_and_nobody_else(world: World, ivo: Someone, ana: Someone) -> None:
    one, lead = operators(world, 1)[0], someone(Role.SITE_LEAD, world.site)
    elsewhere = someone(site=a_site("BBB"))
    stands(ivo, "pause", world.site)
    told = set(db.session.scalars(select(Notification.person_id).where(Notification.sentence == "standing_pause")))
    assert {one.person.id, lead.person.id, ana.person.id} <= told
    assert not told & {elsewhere.person.id, ivo.person.id}


def test_the_matrix_and_the_console_show_every_operator_as_paused(world: World, ivo: Someone, sign_in, queries) -> None:
    operators(world, 3)
    lead = someone(Role.SITE_LEAD, world.site)
    stands(ivo, "pause", world.site)
    browser, site_id = sign_in(lead), world.site.id
    with queries() as seen:
        page = browser.get(f"/readiness?site={site_id}&status=paused").get_data(as_text=True)
    assert page.count('<tr><th scope="row">') == 3
    assert len(seen) <= 6, seen
    with queries() as seen:
        page = browser.get("/console/training").get_data(as_text=True)
    assert "3 operators" in page
    assert len(seen) <= 6, seen


def test_the_page_of_a_site_shows_the_pause_and_offers_the_lift_to_the_control_site_only(
    world: World, ivo: Someone, ana: Someone, sign_in, queries
) -> None:
    browser, site_id = sign_in(ivo), world.site.id
    subject = f"site:{site_id}:active"
    data = {"act": "pause", "subject": subject, "reason": REASON, "password": PASSWORD}
    wrong = browser.post(f"/sites/{world.site.id}/standing", data={**data, "password": "wrong"})
    assert wrong.status_code == 422
    assert REASON in wrong.get_data(as_text=True)
    assert browser.post(f"/sites/{world.site.id}/standing", data=data).status_code == 302
    with queries() as seen:
        page = browser.get(f"/sites/{site_id}").get_data(as_text=True)
    assert len(seen) <= 6, seen
    assert REASON in page
    assert "Sign and lift" not in page
    assert "Lifting takes a signature of the control site." in page
    assert "Sign and lift" in sign_in(ana).get(f"/sites/{world.site.id}").get_data(as_text=True)
    assert "paused" in browser.get("/notifications").get_data(as_text=True)


def test_another_site_does_not_exist(world: World, sign_in) -> None:
    stranger = sign_in(someone(Role.RESPONSIBLE_PERSON, a_site("BBB")))
    assert stranger.get(f"/sites/{world.site.id}").status_code == 404
    assert stranger.get(f"/sites/{world.site.id}/gates").status_code == 404
    data = {"act": "pause", "subject": f"site:{world.site.id}:active", "reason": REASON, "password": PASSWORD}
    assert stranger.post(f"/sites/{world.site.id}/standing", data=data).status_code == 404
    assert state(world.site) == "active"


def test_a_pause_of_a_minute_is_on_record(world: World, ivo: Someone, ana: Someone) -> None:
    (one,) = operators(world, 1)
    qualified_at = days_ago(3)
    stands(ivo, "pause", world.site, at=qualified_at)
    stands(ana, "lift", world.site, at=qualified_at + timedelta(minutes=1))
    assert status(world, one, qualified_at + timedelta(seconds=59)) is Status.PAUSED
    assert status(world, one, qualified_at + timedelta(seconds=60)) is Status.QUALIFIED
