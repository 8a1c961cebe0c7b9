"""An action that is training: who is asked, that its completions are its evidence, and that nothing is left open behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock
from lms.capas import commands as capas
from lms.capas.models import Capa
from lms.extensions import db
from lms.identity.models import Person
from lms.network import commands as network
from lms.network.models import Team
from lms.notifications.models import Notification
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed, NotFound
from lms.signatures.models import Signature
from lms.unit_of_work import Work, replay, run
from lms.unit_of_work import command as as_command
from modules.action_training import commands
from modules.action_training.queries import TrainingFacts, training_of_action
from modules.action_training.rules import Audience, Chosen, progress_of
from modules.assignments import commands as assignments
from modules.assignments.models import Assignment
from modules.assignments.queries import held_by
from tests.factories.capas import an_action, kept
from tests.factories.deviations import classified
from tests.factories.modules import a_taught_sop, complete, revise
from tests.factories.people import INSTALLER, Someone, a_site, a_team, someone, today


class World:
    """A site with QA, an owner, two people in a team and one outside it, a deviation and a module."""

    def __init__(self) -> None:
        self.site = a_site()
        team = a_team(self.site)
        self.team_id = team.id
        self.qa, self.owner = someone(Role.QA), someone(Role.SITE_LEAD)
        self.ana, self.ben = someone(team=team), someone(team=team)
        self.cleo = someone()
        self.deviation_id = classified(self.cleo, self.qa, days_ago=3)
        self.taught = a_taught_sop(risk_class="read", site=a_site("ZZZ"))

    def ask(self, chosen: Chosen | None = None, **values: Any) -> UUID:
        given = {
            "title": "Train the new worksheet",
            "description": "",
            "owner_id": self.owner.person.id,
            "due_on": today() + timedelta(days=20),
            "module_id": self.taught.module_id,
            "chosen": chosen or Chosen(Audience.TEAM, team_id=self.team_id),
        }
        return run(commands.open_training_action, self.qa.actor, "test", self.deviation_id, **{**given, **values}).id


@pytest.fixture
def world(app: Flask) -> World:
    return World()


@as_command(needs=Permission.SYSTEM_RUN)
def stops_working(work: Work, person_id: UUID) -> None:
    """Let today be a person's first day no longer at work."""
    db.session.get_one(Person, person_id).left_on = today()


def facts_of(capa_id: UUID) -> TrainingFacts:
    db.session.expire_all()
    found = training_of_action(capa_id)
    assert found is not None
    return found


def names(capa_id: UUID) -> set[UUID]:
    return {one.person_id for one in facts_of(capa_id).trainees}


def open_of(person: Someone) -> list[Assignment]:
    db.session.expire_all()
    return list(
        db.session.scalars(
            select(Assignment).where(Assignment.person_id == person.person.id, Assignment.state == "open")
        )
    )


def told(person: Someone, sentence: str) -> int:
    rows = select(Notification.id).where(Notification.person_id == person.person.id, Notification.sentence == sentence)
    return len(db.session.scalars(rows).all())


def done(person: Someone) -> None:
    complete(person, open_of(person)[0].id)


def confirm(by: Someone, capa_id: UUID) -> Capa:
    return run(commands.confirm_training, by.actor, "", capa_id, version=kept(capa_id).version)


def test_people_are_asked_by_team_role_task_or_site_and_due_with_the_action(world: World) -> None:
    assert names(world.ask()) == {world.ana.person.id, world.ben.person.id}
    assert open_of(world.ana)[0].due_on == today() + timedelta(days=20)
    operators = {world.ana.person.id, world.ben.person.id, world.cleo.person.id}
    assert operators <= names(world.ask(Chosen(Audience.ROLE, role="operator")))
    assert world.qa.person.id not in names(world.ask(Chosen(Audience.ROLE, role="operator")))
    assert {*operators, world.qa.person.id, world.owner.person.id} <= names(world.ask(Chosen(Audience.SITE)))
    here = a_taught_sop(risk_class="read", site=world.site)
    assert operators <= names(world.ask(Chosen(Audience.TASK, task_id=here.task_id)))


def test_nobody_of_another_site_is_asked(world: World) -> None:
    stranger = someone(Role.OPERATOR, a_site("BBB"))
    assert stranger.person.id not in names(world.ask(Chosen(Audience.ROLE, role="operator")))
    with pytest.raises(NotAllowed, match="Nobody at this site belongs"):
        world.ask(Chosen(Audience.TASK, task_id=world.taught.task_id))
    with pytest.raises(NotAllowed, match="team of this site"):
        world.ask(Chosen(Audience.TEAM, team_id=a_team(a_site("BBB")).id))


def test_whoever_has_it_open_keeps_that_one_due_on_the_earlier_day(world: World) -> None:
    world.ask(due_on=today() + timedelta(days=30))
    world.ask(due_on=today() + timedelta(days=10))
    assert [one.due_on for one in open_of(world.ana)] == [today() + timedelta(days=10)]


def test_the_action_is_in_place_by_the_completions_and_by_nothing_else(world: World) -> None:
    capa_id = world.ask()
    done(world.ana)
    facts = facts_of(capa_id)
    assert (progress_of(facts.trainees).done, progress_of(facts.trainees).of) == (1, 2)
    with pytest.raises(NotAllowed, match="1 of 2 have not completed it"):
        confirm(world.owner, capa_id)
    with pytest.raises(NotAllowed, match="1 of 2 have not completed it"):
        run(
            capas.implement_capa,
            world.owner.actor,
            "",
            capa_id,
            version=kept(capa_id).version,
            implemented_on=today(),
            evidence="everybody was told",
        )
    assert told(world.owner, "training_complete") == 0
    done(world.ben)
    assert told(world.owner, "training_complete") == 1

    confirm(world.owner, capa_id)
    capa = kept(capa_id)
    signatures = set(
        map(str, db.session.scalars(select(Signature.id).where(Signature.meaning == "read_and_understood")))
    )
    assert (capa.state, capa.implemented_on) == ("implemented", today())
    assert "2 of 2 people completed" in capa.evidence
    assert "version 1" in capa.evidence
    assert len(signatures) == 2
    assert all(signature in capa.evidence for signature in signatures)
    assert world.ana.person.name not in capa.evidence
    with pytest.raises(NotAllowed, match="in place already"):
        confirm(world.owner, capa_id)


def test_only_the_owner_or_qa_of_the_site_confirms(world: World) -> None:
    capa_id = world.ask()
    done(world.ana)
    done(world.ben)
    with pytest.raises(NotFound):
        confirm(world.cleo, capa_id)
    with pytest.raises(NotFound):
        confirm(someone(Role.QA, a_site("BBB")), capa_id)
    assert confirm(world.qa, capa_id).state == "implemented"


def test_whoever_leaves_or_moves_is_taken_out_with_the_reason(world: World) -> None:
    capa_id = world.ask()
    run(network.join_team, INSTALLER, "", world.ben.person.id, a_team(world.site, "Team 2").id, on=today())
    run(commands.keep_action_trainings, INSTALLER, "")
    out = next(one for one in facts_of(capa_id).trainees if one.person_id == world.ben.person.id)
    assert out.is_out
    assert out.out_because == "Has another place in the work now."
    assert open_of(world.ben) == []
    done(world.ana)
    confirm(world.owner, capa_id)
    assert "1 of 1 people completed" in kept(capa_id).evidence
    assert "Taken out: 1. Has another place in the work now." in kept(capa_id).evidence


def test_a_leaver_is_taken_out_and_the_owner_hears_that_it_is_complete(world: World) -> None:
    capa_id = world.ask()
    done(world.ana)
    run(stops_working, INSTALLER, "", world.ben.person.id)
    run(commands.keep_action_trainings, INSTALLER, "")
    run(commands.keep_action_trainings, INSTALLER, "")
    assert [one.out_because[:7] for one in facts_of(capa_id).trainees if one.is_out] == ["Left on"]
    assert told(world.owner, "training_complete") == 1


def test_what_was_completed_counts_for_good(world: World) -> None:
    capa_id = world.ask()
    done(world.ben)
    run(network.join_team, INSTALLER, "", world.ben.person.id, a_team(world.site, "Team 2").id, on=today())
    run(commands.keep_action_trainings, INSTALLER, "")
    assert progress_of(facts_of(capa_id).trainees).of == 2


def test_an_assignment_cancelled_by_hand_takes_its_person_out_with_that_reason(world: World) -> None:
    capa_id = world.ask()
    own = open_of(world.ana)[0]
    run(assignments.cancel_assignment, world.qa.actor, "on leave until May", own.id, version=own.version)
    run(commands.keep_action_trainings, INSTALLER, "")
    out = next(one for one in facts_of(capa_id).trainees if one.person_id == world.ana.person.id)
    assert out.out_because == "The assignment was cancelled: on leave until May"


def test_a_new_version_of_the_sop_takes_the_place_of_the_one_asked_for(world: World) -> None:
    capa_id = world.ask()
    revise(world.taught.document_id, effective_on=today() + timedelta(days=1))
    after = clock.now() + timedelta(days=3)
    with replay() as day:
        day.run(assignments.assign_due_modules, INSTALLER, after, "")
        day.run(commands.keep_action_trainings, INSTALLER, after, "")
    assert progress_of(facts_of(capa_id).trainees).out == 0
    assert len(open_of(world.ana)) == 1
    assert {one.number for one in held_by([world.taught.module_id]) if one.state == "open"} == {2}


def test_cancelling_the_action_withdraws_what_is_open_and_keeps_what_is_done(world: World) -> None:
    capa_id = world.ask()
    done(world.ana)
    run(
        capas.cancel_capa,
        world.qa.actor,
        "",
        capa_id,
        version=kept(capa_id).version,
        reason="the worksheet goes",
    )
    assert open_of(world.ben) == []
    facts = facts_of(capa_id)
    assert facts.state == "withdrawn"
    by_person = {one.person_id: one for one in facts.trainees}
    assert by_person[world.ben.person.id].out_because == f"{kept(capa_id).number} was cancelled: the worksheet goes"
    assert by_person[world.ana.person.id].completed_on == today()


def test_an_extension_moves_the_training_too(world: World) -> None:
    capa_id, later = world.ask(), today() + timedelta(days=40)
    run(
        capas.extend_capa,
        world.qa.signing,
        "",
        capa_id,
        version=kept(capa_id).version,
        extended_to=later,
        reason="the form is printed",
        risk="none",
    )
    assert [one.due_on for one in open_of(world.ana)] == [later]


def test_retraining_as_the_only_answer_warns_and_does_not_block(world: World, sign_in) -> None:
    capa_id = world.ask()
    warning = "Retraining is the only answer so far."
    browser = sign_in(world.qa)
    assert warning in browser.get(f"/deviations/{world.deviation_id}").get_data(as_text=True)
    assert warning in browser.get(f"/capas/{capa_id}").get_data(as_text=True)
    an_action(world.qa, world.deviation_id, world.owner)
    assert warning not in browser.get(f"/deviations/{world.deviation_id}").get_data(as_text=True)
    assert warning not in browser.get(f"/capas/{capa_id}").get_data(as_text=True)


def test_qa_opens_it_on_the_page_and_the_owner_confirms_with_one_press(world: World, sign_in) -> None:
    browser = sign_in(world.qa)
    form = {
        "title": "Train the new worksheet",
        "module": str(world.taught.module_id),
        "audience": "team",
        "team": str(world.team_id),
        "owner": str(world.owner.person.id),
        "due_on": (today() + timedelta(days=9)).isoformat(),
    }
    address = f"/deviations/{world.deviation_id}/capas/new-training"
    refused = browser.post(address, data={**form, "team": ""})
    assert refused.status_code == 422
    assert "Choose a team of this site." in refused.get_data(as_text=True)
    assert "Train the new worksheet" in refused.get_data(as_text=True)
    opened = browser.post(address, data=form)
    assert opened.status_code == 302
    capa_id = db.session.scalars(select(Capa.id)).one()
    page = browser.get(f"/capas/{capa_id}").get_data(as_text=True)
    assert "0 of 2 completed" in page
    assert "What shows it" not in page
    assert world.ana.person.name in browser.get(f"/capas/{capa_id}/training.csv").get_data(as_text=True)
    done(world.ana)
    done(world.ben)
    owner = sign_in(world.owner)
    assert "Confirm: it is in place" in owner.get(f"/actions/{capa_id}").get_data(as_text=True)
    owner.post(f"/actions/{capa_id}/training/confirm", data={"version": kept(capa_id).version})
    assert kept(capa_id).state == "implemented"


def test_an_owner_without_oversight_sees_how_many_and_not_who(world: World, sign_in) -> None:
    capa_id = world.ask(owner_id=world.cleo.person.id)
    page = sign_in(world.cleo).get(f"/actions/{capa_id}").get_data(as_text=True)
    assert "0 of 2 completed" in page
    assert world.ana.person.name not in page


def test_another_site_gets_a_404(world: World, sign_in) -> None:
    capa_id = world.ask()
    browser = sign_in(someone(Role.QA, a_site("BBB")))
    assert browser.get(f"/capas/{capa_id}/training.csv").status_code == 404
    assert browser.get(f"/deviations/{world.deviation_id}/capas/new-training").status_code == 404


def test_statements_do_not_grow_with_the_people_asked(world: World, sign_in, queries) -> None:
    browser = sign_in(world.qa)
    few, team = world.ask(), db.session.get_one(Team, world.team_id)
    with queries() as of_two:
        browser.get(f"/capas/{few}")
    for _ in range(4):
        someone(team=team)
    more = world.ask()
    with queries() as of_six:
        browser.get(f"/capas/{more}")
    assert len(of_six) == len(of_two)
    with queries() as of_deviation:
        browser.get(f"/deviations/{world.deviation_id}")
    assert (len(of_two) <= 6, len(of_deviation) <= 6) == (True, True)
