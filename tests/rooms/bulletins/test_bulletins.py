"""A bulletin from one site's deviation to the others: nobody is told, a second person signs, and it is studied once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from assessments.items.models import ItemVersion, Quiz
from lms import clock
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Permission, Role
from lms.refusals import NoPermission, NotAllowed, NotFound
from lms.unit_of_work import Work, run
from lms.unit_of_work import command as as_command
from modules.assignments.models import Assignment
from modules.bulletins import commands, queries
from modules.bulletins.effect import Effect, Word
from modules.bulletins.models import Bulletin, BulletinSite
from modules.documents.models import DocumentVersion
from modules.library.models import Module
from tests.factories.bulletins import QUESTION, TEXT, a_closed_deviation, a_draft, approved, sent, told
from tests.factories.capas import an_action
from tests.factories.deviations import a_batch, a_deviation, classified, close, stored, triage
from tests.factories.modules import a_taught_sop, complete, study_up_to
from tests.factories.people import INSTALLER, Someone, a_site, a_team, also, someone, today


class World:
    """Three sites and the control site: it happened at the first, the second runs the step too, the third does not."""

    def __init__(self) -> None:
        self.control = a_site("CTL", is_control_site=True)
        self.home, self.other, self.third = a_site("AAA"), a_site("BBB"), a_site("CCC")
        self.drafter = someone(Role.QA, self.control, everywhere=True)
        self.trainer = someone(Role.TRAINER, self.control, everywhere=True)
        self.qa, self.other_qa = someone(Role.QA, self.home), someone(Role.QA, self.other)
        self.third_qa = someone(Role.QA, self.third)
        self.here = someone(Role.OPERATOR, self.home, team=a_team(self.home, "Team Blue"), name="Chidi Okafor")
        self.there = someone(Role.OPERATOR, self.other)
        a_taught_sop(site=self.other)  # leads to a task of the step wash_selection
        self.batch = a_batch(self.qa, "B-20417", self.home, started_on=today() - timedelta(days=8)).id
        a_batch(self.other_qa, "B-30001", self.other, started_on=today() - timedelta(days=8))
        self.deviation_id = a_closed_deviation(
            self.here, self.qa, site=self.home, process_step="wash_selection", batch_id=self.batch
        )

    @property
    def both(self) -> set[UUID]:
        return {self.home.id, self.other.id}


@pytest.fixture
def world(app: Flask) -> World:
    return World()


def assigned_to(person: Someone) -> list[Assignment]:
    db.session.expire_all()
    bulletins = select(Module.id).where(Module.code.contains("-BUL-"))
    statement = select(Assignment).where(Assignment.person_id == person.person.id, Assignment.module_id.in_(bulletins))
    return list(db.session.scalars(statement))


def test_sites_are_chosen_by_facts_and_the_control_site_is_none_of_them(world: World) -> None:
    bulletin_id = a_draft(world.drafter, world.deviation_id, world.both, site_reason="")
    rows = {row.site_id: row for row in queries.chosen_sites(bulletin_id)}
    assert rows[world.home.id].chosen
    assert rows[world.home.id].reason == "1 deviation of the step in two years"
    assert rows[world.other.id].chosen
    assert rows[world.other.id].reason == "1 batch in a year, and people there are trained for the step"
    assert not rows[world.third.id].chosen
    assert rows[world.third.id].reason == "no batches in a year"
    assert world.control.id not in rows
    assert not any(row.by_hand for row in rows.values())


def test_the_list_of_sites_is_changed_with_a_reason_only(world: World) -> None:
    with pytest.raises(NotAllowed, match="otherwise than the facts for Site CCC"):
        a_draft(world.drafter, world.deviation_id, {*world.both, world.third.id}, site_reason="")
    bulletin_id = a_draft(
        world.drafter, world.deviation_id, {*world.both, world.third.id}, site_reason="they start in January"
    )
    third = next(row for row in queries.chosen_sites(bulletin_id) if row.site_id == world.third.id)
    assert (third.chosen, third.by_hand, third.reason) == (True, True, "they start in January")


@pytest.mark.parametrize(
    "planted",
    ["Chidi", "okafor", "Site AAA", "aaa", "Team Blue", "B-20417", "{number}", "{capa}", "{employee}", "BBB"],
)
def test_the_record_and_every_name_of_the_network_are_refused_in_any_field(world: World, planted: str) -> None:
    capa = an_action(world.qa, world.deviation_id, world.qa)
    secrets = {"number": db_number(world.deviation_id), "capa": capa.number, "employee": world.there.person.employee_no}
    words = planted.format(**secrets)
    for field in ("title", "what_happened", "why", "what_changed", "look_for"):
        leaking = replace(TEXT, **{field: f"Somebody wrote {words} here."})
        with pytest.raises(NotAllowed, match="could tell") as refused:
            a_draft(world.drafter, world.deviation_id, world.both, text=leaking)
        assert refused.value.field == field


def db_number(deviation_id: UUID) -> str:
    return stored(deviation_id).number


def test_somebody_who_joins_after_the_draft_is_protected_too(world: World) -> None:
    text = replace(TEXT, why="Two values of Ravi stood side by side.")
    bulletin_id = a_draft(world.drafter, world.deviation_id, world.both, text=text)
    someone(Role.OPERATOR, world.other, name="Ravi Anand")
    with pytest.raises(NotAllowed, match="“Ravi” could tell who it was"):
        sent(world.drafter, bulletin_id)
    assert told(bulletin_id).state == "draft"


def test_a_name_that_joins_during_review_stops_the_approval(world: World) -> None:
    text = replace(TEXT, why="Two values of Ravi stood side by side.")
    bulletin_id = sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both, text=text))
    someone(Role.OPERATOR, world.other, name="Ravi Anand")
    with pytest.raises(NotAllowed, match="“Ravi” could tell who it was"):
        approved(world.trainer, bulletin_id)
    assert assigned_to(world.there) == []


def test_only_a_closed_deviation_gives_a_bulletin_and_only_network_qa_writes_it(world: World) -> None:
    still_open = classified(world.here, world.qa, days_ago=3, site=world.home)
    with pytest.raises(NotAllowed, match="is not closed yet"):
        a_draft(world.drafter, still_open, world.both)
    with pytest.raises(NoPermission, match="whole network"):
        a_draft(world.qa, world.deviation_id, world.both)


def test_the_same_person_cannot_approve_what_they_wrote_or_edited(world: World) -> None:
    both_roles = also(world.drafter, Role.TRAINER, None)
    bulletin_id = sent(both_roles, a_draft(both_roles, world.deviation_id, world.both))
    with pytest.raises(NotAllowed, match="Nobody approves a bulletin they wrote"):
        approved(both_roles, bulletin_id)
    editor = also(someone(Role.QA, world.control, everywhere=True), Role.TRAINER, None)
    returned = run(
        commands.return_bulletin,
        world.trainer.actor,
        "",
        bulletin_id,
        version=told(bulletin_id).version,
        reason="say what to look for",
    )
    run(
        commands.edit_bulletin,
        editor.actor,
        "",
        bulletin_id,
        version=returned.version,
        text=TEXT,
        due_on=today() + timedelta(days=20),
        sites=world.both,
        site_reason="",
    )
    sent(editor, bulletin_id)
    with pytest.raises(NotAllowed, match="Nobody approves a bulletin they wrote"):
        approved(editor, bulletin_id)
    assert told(approved(world.trainer, bulletin_id)).state == "approved"


@as_command(needs=Permission.SYSTEM_RUN)
def approve_as_drafter(work: Work, bulletin_id: UUID) -> None:
    """Break the rule as a fault of the program would."""
    bulletin = db.session.get_one(Bulletin, bulletin_id)
    bulletin.approved_by_id = bulletin.drafted_by_id


def test_the_database_keeps_drafter_and_approver_apart_too(world: World) -> None:
    bulletin_id = a_draft(world.drafter, world.deviation_id, world.both)
    with pytest.raises(IntegrityError, match=r"drafter_does_not_approve"):
        run(approve_as_drafter, INSTALLER, "", bulletin_id)


def test_approving_needs_a_signature_and_a_trainer_of_the_network(world: World) -> None:
    bulletin_id = sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both))
    with pytest.raises(NotAllowed, match="needs your password"):
        run(commands.approve_bulletin, world.trainer.actor, "", bulletin_id, version=told(bulletin_id).version)
    with pytest.raises(NoPermission, match="whole network"):
        approved(someone(Role.TRAINER, world.other), bulletin_id)


def test_an_approved_bulletin_is_a_module_for_whoever_does_the_step_with_its_due_day(world: World) -> None:
    bulletin_id = approved(world.trainer, sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both)))
    assert [one.due_on for one in assigned_to(world.there)] == [today() + timedelta(days=30)]
    # nobody at the first site has a curriculum that leads to the step: there all operators get it, and nobody else
    assert len(assigned_to(world.here)) == 1
    assert assigned_to(world.qa) == assigned_to(world.other_qa) == assigned_to(world.third_qa) == []
    version = db.session.scalars(select(DocumentVersion).where(DocumentVersion.title == TEXT.title)).one()
    assert (version.state, version.approved_by_id) == ("approved", world.trainer.person.id)
    for secret in ("AAA", "Chidi", "Blue", db_number(world.deviation_id)):
        assert secret not in version.source
    complete(world.there, assigned_to(world.there)[0].id)
    assert assigned_to(world.there)[0].state == "completed"
    assert told(bulletin_id).module_id is not None


def test_assigning_twice_assigns_once_and_reaches_who_joined(world: World) -> None:
    bulletin_id = approved(world.trainer, sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both)))
    complete(world.there, assigned_to(world.there)[0].id)
    assert run(commands.assign_bulletin, world.trainer.actor, "", bulletin_id) == 0
    late = someone(Role.OPERATOR, world.other)
    assert run(commands.assign_bulletin, world.trainer.actor, "", bulletin_id) == 1
    assert run(commands.assign_bulletin, world.trainer.actor, "", bulletin_id) == 0
    assert [len(assigned_to(one)) for one in (world.there, world.here, late)] == [1, 1, 1]
    with pytest.raises(NotAllowed, match="approved already"):
        approved(world.trainer, bulletin_id)


def test_its_questions_become_the_knowledge_check_that_opens_after_the_reading(world: World, sign_in) -> None:
    text = replace(TEXT, questions=(QUESTION,))
    approved(world.trainer, sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both, text=text)))
    own = assigned_to(world.there)[0]
    quiz = db.session.scalars(select(Quiz).where(Quiz.module_id == own.module_id)).one()
    assert (quiz.draw, quiz.pass_percent) == (1, 100)
    assert db.session.scalars(select(ItemVersion.stem)).all() == [QUESTION.stem]
    study_up_to(world.there, own.id, "knowledge_check")
    page = sign_in(world.there).get(f"/training/{own.id}").get_data(as_text=True)
    assert "Knowledge check" in page
    assert "Start" in page


def test_a_receiving_site_says_that_it_does_not_apply_and_only_for_itself(world: World) -> None:
    bulletin_id = approved(world.trainer, sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both)))
    answer = {"reason": "this equipment is not used here"}
    for stranger, site in ((world.other_qa, world.home), (world.third_qa, world.third), (world.third_qa, world.other)):
        with pytest.raises(NotFound):
            run(commands.answer_not_applicable, stranger.actor, "", bulletin_id, site.id, **answer)
    with pytest.raises(NotAllowed, match="why it does not apply"):
        run(commands.answer_not_applicable, world.other_qa.actor, "", bulletin_id, world.other.id, reason=" ")
    run(commands.answer_not_applicable, world.other_qa.actor, "", bulletin_id, world.other.id, **answer)
    own = assigned_to(world.there)[0]
    assert own.state == "cancelled"
    assert str(own.evidence["cancelled_because"]).endswith("does not apply here: this equipment is not used here")
    assert assigned_to(world.here)[0].state == "open"
    late = someone(Role.OPERATOR, world.other)
    run(commands.assign_bulletin, world.trainer.actor, "", bulletin_id)
    assert assigned_to(late) == []


def test_withdrawing_takes_back_what_is_open_and_keeps_what_is_done(world: World) -> None:
    bulletin_id = approved(world.trainer, sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both)))
    complete(world.there, assigned_to(world.there)[0].id)
    run(
        commands.withdraw_bulletin,
        world.drafter.actor,
        "",
        bulletin_id,
        version=told(bulletin_id).version,
        reason="it was the reagent after all",
    )
    assert assigned_to(world.there)[0].state == "completed"
    assert assigned_to(world.here)[0].state == "cancelled"
    with pytest.raises(NotAllowed, match="is withdrawn"):
        run(commands.assign_bulletin, world.trainer.actor, "", bulletin_id)


def test_a_receiving_site_sees_its_own_line_and_never_where_it_came_from(world: World, sign_in) -> None:
    bulletin_id = a_draft(world.drafter, world.deviation_id, world.both)
    browser = sign_in(world.other_qa)
    assert browser.get(f"/bulletins/{bulletin_id}").status_code == 404
    assert "BUL" not in browser.get("/bulletins").get_data(as_text=True)
    approved(world.trainer, sent(world.drafter, bulletin_id))
    page = browser.get(f"/bulletins/{bulletin_id}").get_data(as_text=True)
    listed = browser.get("/bulletins").get_data(as_text=True)
    exported = browser.get("/bulletins.csv").get_data(as_text=True)
    assert TEXT.what_happened in page
    assert "Site BBB" in page
    for secret in ("AAA", db_number(world.deviation_id), str(world.deviation_id), world.drafter.person.family_name):
        for shown in (page, listed, exported):
            assert secret not in shown
    assert sign_in(world.third_qa).get(f"/bulletins/{bulletin_id}").status_code == 404
    drafter = sign_in(world.drafter).get(f"/bulletins/{bulletin_id}").get_data(as_text=True)
    assert db_number(world.deviation_id) in drafter
    trainer = sign_in(world.trainer).get(f"/bulletins/{bulletin_id}").get_data(as_text=True)
    assert db_number(world.deviation_id) not in trainer
    assert str(world.deviation_id) not in trainer


def test_what_followed_is_counted_per_site_before_and_since(world: World) -> None:
    for number in range(12):
        a_batch(world.other_qa, f"B-4{number:04d}", world.other, started_on=today() - timedelta(days=10 + number))
    for days in (20, 30, 40):
        classified(world.there, world.other_qa, days_ago=days, site=world.other, process_step="wash_selection")
    classified(world.there, world.other_qa, days_ago=20, site=world.other, process_step="thaw")
    bulletin_id = approved(world.trainer, sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both)))
    rows = {row.site_id: row for row in queries.bulletin_facts(world.drafter.actor, bulletin_id, clock.now()).sites}
    assert rows[world.other.id].effect == Effect(3, 13, 0, 0)
    assert rows[world.other.id].effect.word is Word.CANNOT_TELL
    assert (rows[world.other.id].of, rows[world.other.id].done) == (1, 0)


def form_of(browser: Any, world: World, **values: Any) -> dict[str, Any]:
    given = {name: getattr(TEXT, name) for name in ("title", "what_happened", "why", "what_changed", "look_for")}
    day = (today() + timedelta(days=30)).isoformat()
    return {**given, "due_on": day, "sites": [str(site_id) for site_id in world.both], **values}


def test_the_draft_is_prefilled_without_what_would_tell_and_keeps_what_was_typed(world: World, sign_in) -> None:
    told_all = a_closed_deviation(
        world.here, world.qa, site=world.home, process_step="wash_selection", days_ago=6, batch_id=world.batch
    )
    browser = sign_in(world.drafter)
    page = browser.get(f"/deviations/{told_all}/bulletin").get_data(as_text=True)
    assert "I entered MOI 2.5 from the morning sheet" in page
    refused = browser.post(
        f"/deviations/{told_all}/bulletin", data=form_of(browser, world, why="Chidi Okafor took the wrong sheet.")
    )
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "“Chidi” could tell who it was" in text
    assert "took the wrong sheet." in text
    assert TEXT.look_for in text


def test_names_in_the_record_do_not_reach_the_prefilled_draft(world: World, sign_in) -> None:
    deviation_id = a_deviation(
        world.here,
        world.home,
        days_ago=4,
        description="Chidi Okafor of Team Blue at Site AAA took batch B-20417 at 14:05 on 22-Nov-2026.",
    )
    triage(world.qa, deviation_id, process_step="thaw", severity="minor")
    close(world.qa, deviation_id, reason="no effect")
    page = sign_in(world.drafter).get(f"/deviations/{deviation_id}/bulletin").get_data(as_text=True)
    form = page[page.index("what_happened") :]
    form = form[: form.index("</textarea>")]
    assert "a colleague of the team at a site took batch a record at one day on one day." in form


def test_the_page_flow_from_draft_to_signature(world: World, sign_in) -> None:
    browser = sign_in(world.drafter)
    question = "Which value?\n+ The printed one\n- The listed one\n= It is checked twice."
    made = browser.post(f"/deviations/{world.deviation_id}/bulletin", data=form_of(browser, world, question_1=question))
    assert made.status_code == 302
    address = made.headers["Location"]
    bulletin_id = UUID(address.rsplit("/", 1)[1])
    assert "The printed one" in browser.get(f"{address}/edit").get_data(as_text=True)
    browser.post(f"{address}/send", data={"version": told(bulletin_id).version})
    trainer = sign_in(world.trainer)
    assert "1 bulletin waits for a trainer" in trainer.get("/").get_data(as_text=True)
    signing = {"version": told(bulletin_id).version, "password": "wrong"}
    assert trainer.post(f"{address}/approve", data=signing).status_code == 422
    assert told(bulletin_id).state == "in_review"
    trainer.post(f"{address}/approve", data={**signing, "password": "correct horse battery"})
    assert told(bulletin_id).state == "approved"
    assert "bulletin waits for a trainer" not in trainer.get("/").get_data(as_text=True)
    assert TEXT.title in sign_in(world.there).get("/training").get_data(as_text=True)


def test_pages_need_few_statements_and_do_not_grow(world: World, sign_in, queries: Any) -> None:
    bulletin_id = approved(world.trainer, sent(world.drafter, a_draft(world.drafter, world.deviation_id, world.both)))
    for reader in (world.drafter, world.trainer, world.other_qa):
        browser = sign_in(reader)
        for path in ("/", "/bulletins", "/bulletins.csv", f"/bulletins/{bulletin_id}"):
            with queries() as seen:
                assert browser.get(path).status_code == 200
            assert len(seen) <= 6, (path, len(seen))
    browser = sign_in(world.drafter)
    for path in (f"/deviations/{world.deviation_id}", f"/deviations/{world.deviation_id}/bulletin"):
        with queries() as few:
            browser.get(path)
        assert len(few) <= 6, path
    with queries() as before:
        browser.get(f"/bulletins/{bulletin_id}")
        browser.get("/bulletins")
    for code in ("DDD", "EEE"):
        reporter = someone(Role.OPERATOR, a_site(code))
        classified(reporter, world.drafter, days_ago=3, site=a_site(code), process_step="wash_selection")
    more = set(db.session.scalars(select(Site.id).where(~Site.is_control_site)))
    wide = a_draft(world.drafter, world.deviation_id, more)
    approved(world.trainer, sent(world.drafter, wide))
    with queries() as after:
        browser.get(f"/bulletins/{wide}")
        browser.get("/bulletins")
    assert len(db.session.scalars(select(BulletinSite.id).where(BulletinSite.bulletin_id == wide)).all()) == 5
    assert len(after) == len(before)
