"""From an approved SOP to a signed training record, and what a revision does to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock, signals
from lms.extensions import db
from lms.facts import ModuleCompleted
from lms.identity import commands as identity
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.queries import signatures_on
from lms.unit_of_work import Work, run
from lms.web.times import start_of_day
from modules import api
from modules.assignments import commands as assignments
from modules.assignments.models import Assignment
from modules.study import commands as studying
from modules.study.queries import signatures, study_of
from tests.factories import modules as made
from tests.factories.people import INSTALLER, a_site, someone

heard: list[ModuleCompleted] = []


def hear(fact: ModuleCompleted, *, work: Work) -> None:
    heard.append(fact)


def test_a_module_is_assigned_once_studied_in_order_signed_and_told(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    taught = made.a_taught_sop()
    own = made.assigned(chidi, taught.module_id)
    own_id = own.id
    assert (own.reason, own.due_on, own.curriculum_id) == (
        "initial",
        made.today() + timedelta(days=14),
        taught.curriculum_id,
    )
    assert run(assignments.assign_due_modules, INSTALLER, "again") == "0 assigned, 0 cancelled"

    shown = study_of(own_id)
    with pytest.raises(NotAllowed, match="everything before it"):
        run(
            studying.sign_read_and_understood,
            chidi.signing,
            "",
            own_id,
            version=shown.version,
            sha256=shown.sha256,
            statement=shown.statement,
        )
    assert shown.check is not None
    with pytest.raises(NotAllowed, match="opens after the reading"):
        run(made.pass_check, chidi.actor, "", own_id, shown.check.id)
    with signals.module_completed.connected_to(hear):
        heard.clear()
        made.complete(chidi, own_id)
    record = db.session.get_one(Assignment, own_id)
    assert record.state == "completed"
    assert [(s.meaning, s.printed_name, s.holds) for s in signatures_on(record)] == [
        ("read_and_understood", chidi.person.name, True)
    ]
    assert signatures(own_id) == signatures_on(record)
    assert record.evidence["sha256"] == shown.sha256
    assert [fact.assignment_id for fact in heard] == [own_id]
    with pytest.raises(NotAllowed, match="completed"):
        run(studying.mark_section_read, chidi.actor, "", own_id, shown.reading.id, shown.to_read[0].slug)


def test_reading_is_kept_section_by_section_and_finished_by_the_last(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    own_id = made.assigned(chidi, made.a_taught_sop().module_id).id
    own = study_of(own_id)
    assert [one.name for one in own.to_read] == ["1 Purpose", "2 Procedure", "3 Records"]
    for one in own.to_read[:-1]:
        run(studying.mark_section_read, chidi.actor, "", own_id, own.reading.id, one.slug)
    assert study_of(own_id).left_to_read == 1
    assert not study_of(own_id).reading.finished
    run(studying.mark_section_read, chidi.actor, "", own_id, own.reading.id, own.to_read[-1].slug)
    assert study_of(own_id).reading.finished
    with pytest.raises(NotFound):
        run(studying.mark_section_read, chidi.actor, "", own_id, own.reading.id, "s-invented")


def test_a_check_is_never_passed_without_evidence(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    own_id = made.assigned(chidi, made.a_taught_sop().module_id).id
    made.study_up_to(chidi, own_id, "knowledge_check")
    check = study_of(own_id).check
    assert check is not None

    @made.as_command(needs=made.Permission.STUDY)
    def pass_for_nothing(work: Work) -> None:
        api.finish_part(work, own_id, check.id, {})

    with pytest.raises(NotAllowed, match="by an attempt only"):
        run(pass_for_nothing, chidi.actor, "")


def test_nobody_reads_passes_or_signs_for_somebody_else(app: Flask) -> None:
    chidi, dana = someone(Role.OPERATOR), someone(Role.OPERATOR)
    own_id = made.assigned(chidi, made.a_taught_sop().module_id).id
    own = study_of(own_id)
    assert own.check is not None
    with pytest.raises(NotFound):
        run(studying.mark_section_read, dana.actor, "", own_id, own.reading.id, own.to_read[0].slug)
    made.study_up_to(chidi, own_id, "knowledge_check")
    with pytest.raises(NotFound):
        run(made.pass_check, dana.actor, "", own_id, own.check.id)
    made.study_up_to(chidi, own_id, "sign_off")
    with pytest.raises(NotFound):
        run(
            studying.sign_read_and_understood,
            dana.signing,
            "",
            own_id,
            version=own.version,
            sha256=own.sha256,
            statement=own.statement,
        )


@pytest.mark.parametrize("changed", ["version", "sha256", "statement"])
def test_what_is_signed_is_what_was_shown(app: Flask, changed: str) -> None:
    chidi = someone(Role.OPERATOR)
    own_id = made.assigned(chidi, made.a_taught_sop(risk_class="read").module_id).id
    made.study_up_to(chidi, own_id, "sign_off")
    own = study_of(own_id)
    shown = {"version": own.version, "sha256": own.sha256, "statement": own.statement}
    shown[changed] = 99 if changed == "version" else "something else"
    with pytest.raises(StaleForm):
        run(studying.sign_read_and_understood, chidi.signing, "", own_id, **shown)


def test_a_change_of_low_risk_asks_for_no_knowledge_check(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    own = made.assigned(chidi, made.a_taught_sop(risk_class="read").module_id)
    assert [part.kind for part in study_of(own.id).parts] == ["reading", "sign_off"]


def test_approving_a_version_assigns_the_retraining_to_whoever_holds_or_needs_it(app: Flask) -> None:
    here, there = a_site("AAA", "Europe/Berlin"), a_site("LIS", "Europe/Lisbon")
    holds, needs, elsewhere = someone(Role.OPERATOR, here), someone(Role.OPERATOR, here), someone(Role.OPERATOR, there)
    someone(Role.TRAINER, here)
    taught = made.a_taught_sop(site=here)
    made.complete(holds, made.assigned(holds, taught.module_id).id)
    open_id = made.assigned(needs, taught.module_id).id
    effective_on = made.today() + timedelta(days=10)
    made.revise(taught.document_id, effective_on=effective_on)

    rows = {row.person_id: row for row in db.session.scalars(select(Assignment).where(Assignment.state == "open"))}
    assert set(rows) == {holds.person.id, needs.person.id}
    assert rows[holds.person.id].reason == "revision"
    assert rows[holds.person.id].due_on == effective_on - timedelta(days=1)
    # still studying version 1, due after version 2 holds: goes straight to version 2
    assert rows[needs.person.id].reason == "initial"
    assert db.session.get_one(Assignment, open_id).state == "cancelled"
    assert elsewhere.person.id not in rows


def test_the_follow_up_stands_in_the_outbox_once_with_the_approval(app: Flask) -> None:
    taught = made.a_taught_sop()
    made.revise(taught.document_id)
    keys = db.session.scalars(
        select(OutboxMessage.unique_key).where(OutboxMessage.unique_key.like("modules.assign_revision:%"))
    ).all()
    assert len(keys) == 1


def test_a_revision_shows_only_what_changed_and_signs_the_new_version(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    taught = made.a_taught_sop()
    made.complete(chidi, made.assigned(chidi, taught.module_id).id)
    made.revise(taught.document_id)
    own = study_of(made.assigned(chidi, taught.module_id).id)
    assert own.number == 2
    assert own.trained_on == 1
    assert [one.name for one in own.to_read] == ["2.1 Preparation"]
    made.complete(chidi, own.id)
    done = api.completions_at(chidi.person.id, [taught.module_id], clock.now())
    assert [completion.number for completion in done] == [1, 2]


def test_a_version_holds_at_each_site_from_its_own_midnight(app: Flask) -> None:
    taught = made.a_taught_sop()
    effective_on = made.today() + timedelta(days=5)
    made.revise(taught.document_id, effective_on=effective_on)
    for zone in ("Europe/Lisbon", "Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles"):
        midnight = start_of_day(effective_on, zone)
        before = api.task_modules_at(taught.task_id, midnight - timedelta(seconds=1), zone)
        after = api.task_modules_at(taught.task_id, midnight, zone)
        assert [module.version.number for module in before if module.version] == [1]
        assert [module.version.number for module in after if module.version] == [2]


def test_a_lapsing_completion_is_renewed_by_a_new_cycle_and_the_old_one_stays(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    taught = made.a_taught_sop(valid_months=1)
    first = made.complete(chidi, made.assigned(chidi, taught.module_id).id)
    first_id, until = first.id, first.counts_until
    assert until is not None
    again = made.assigned(chidi, taught.module_id)
    assert (again.reason, again.cycle, again.state) == ("requalification", 2, "open")
    assert again.due_on < until.date() + timedelta(days=1)
    renewed = made.complete(chidi, again.id)
    assert renewed.counts_until is not None
    assert renewed.counts_until > until
    assert db.session.get_one(Assignment, first_id).counts_until == until


def test_what_no_curriculum_asks_for_any_more_is_cancelled_with_its_reason(app: Flask) -> None:
    from modules.curricula import commands as curricula
    from modules.curricula.models import CurriculumModule

    chidi = someone(Role.OPERATOR)
    taught = made.a_taught_sop()
    own_id = made.assigned(chidi, taught.module_id).id
    line_id = db.session.scalars(select(CurriculumModule.id)).one()
    run(
        curricula.take_module_out_of_curriculum,
        INSTALLER,
        "no longer done here",
        taught.curriculum_id,
        line_id,
        on=made.today(),
    )
    run(assignments.assign_due_modules, INSTALLER, "")
    own = db.session.get_one(Assignment, own_id)
    assert own.state == "cancelled"
    assert "No curriculum" in str(own.evidence["cancelled_because"])


def test_a_trainer_assigns_and_cancels_at_their_own_site_only(app: Flask) -> None:
    here, there = a_site("AAA"), a_site("BBB")
    trainer, mine, foreign = someone(Role.TRAINER, here), someone(Role.OPERATOR, here), someone(Role.OPERATOR, there)
    version = made.an_sop()
    module = run(made.library.create_module, INSTALLER, "", code="MOD-X", title="X", document_id=version.document_id)
    due = made.today() + timedelta(days=3)
    module_id = module.id
    with pytest.raises(NotFound):
        run(assignments.assign_module, trainer.actor, "", module_id, [mine.person.id, foreign.person.id], due_on=due)
    assert db.session.scalars(select(Assignment)).all() == []
    [own] = run(assignments.assign_module, trainer.actor, "asked for it", module_id, [mine.person.id], due_on=due)
    own_id, own_version = own.id, own.version
    with pytest.raises(NotAllowed, match="open already"):
        run(assignments.assign_module, trainer.actor, "", module_id, [mine.person.id], due_on=due)
    foreign_trainer = someone(Role.TRAINER, there)
    with pytest.raises(NotFound):
        run(assignments.cancel_assignment, foreign_trainer.actor, "x", own_id, version=own_version)
    with pytest.raises(NotAllowed, match="why"):
        run(assignments.cancel_assignment, trainer.actor, "", own_id, version=own_version)
    run(assignments.cancel_assignment, trainer.actor, "moved away", own_id, version=own_version)
    assert db.session.get_one(Assignment, own_id).evidence == {"cancelled_because": "moved away"}


def test_somebody_who_left_has_nothing_open_any_more_and_keeps_what_they_completed(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    first, second = made.a_taught_sop(risk_class="read"), made.a_taught_sop()
    made.complete(chidi, made.assigned(chidi, first.module_id).id)
    person_id = chidi.person.id

    @made.as_command(needs=made.Permission.PEOPLE_MANAGE)
    def leave(work: Work) -> None:
        from lms.identity.models import Person

        db.session.get_one(Person, person_id).left_on = made.today()

    run(leave, INSTALLER, "")
    run(assignments.assign_due_modules, INSTALLER, "")
    states = {row.module_id: row.state for row in db.session.scalars(select(Assignment))}
    assert states == {first.module_id: "completed", second.module_id: "cancelled"}


def test_a_role_asks_for_training_only_once_a_second_person_has_approved_it(app: Flask) -> None:
    taught = made.a_taught_sop()
    newcomer, administrator = someone(None), someone(Role.ADMINISTRATOR, everywhere=True)
    site_id = newcomer.person.site_id
    granted = run(
        identity.grant_role,
        administrator.actor,
        "starts today",
        newcomer.person.id,
        role=Role.OPERATOR,
        site_id=site_id,
        valid_from=made.today(),
    )
    run(assignments.assign_due_modules, INSTALLER, "")
    assert db.session.scalars(select(Assignment)).all() == []
    run(identity.approve_role, made.an_approver().actor, "", granted.id)
    assert made.assigned(newcomer, taught.module_id).reason == "initial"
