"""What other rooms are told through the door: versions and completions at any moment, tasks, sections, reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from lms import clock
from lms.permissions import Role
from lms.refusals import NotFound
from lms.unit_of_work import replay
from lms.web.slots import filled
from modules import api
from modules.study.queries import study_of
from tests.factories import modules as made
from tests.factories.people import a_site, someone

BERLIN = "Europe/Berlin"


def test_a_task_names_its_modules_with_the_version_that_holds_and_only_where_its_curriculum_does(app: Flask) -> None:
    here, there = a_site("AAA"), a_site("BBB")
    taught = made.a_taught_sop(site=here, valid_months=6)
    now = clock.now()
    [found] = api.task_modules_at(taught.task_id, now, BERLIN, here.id)
    assert (found.module_id, found.valid_months) == (taught.module_id, 6)
    assert found.version is not None
    assert found.version.number == 1
    assert api.task_modules_at(taught.task_id, now, BERLIN, there.id) == []
    [earlier] = api.task_modules_at(taught.task_id, now - timedelta(days=2), BERLIN, here.id)
    assert earlier.version is None  # asked for already, and no version held yet


def test_the_whole_history_of_a_task_comes_in_one_statement(app: Flask, queries) -> None:  # type: ignore[no-untyped-def]
    taught = made.a_taught_sop()
    made.revise(taught.document_id)
    with queries() as seen:
        [training] = api.task_training([taught.task_id])
    assert len(seen) == 1
    assert [version.number for version in training.versions[taught.module_id]] == [1, 2]
    assert training.modules[taught.module_id].title == "A module"
    assert [audience.role for audience in training.audiences] == ["operator"]


def test_a_completion_is_known_from_its_moment_on_with_the_check_and_until_when_it_counts(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    taught = made.a_taught_sop(valid_months=12)
    own = made.complete(chidi, made.assigned(chidi, taught.module_id).id)
    completed_at, until = own.completed_at, own.counts_until
    assert completed_at is not None
    assert until is not None
    [found] = api.completions_at(chidi.person.id, [taught.module_id], clock.now())
    assert (found.number, found.completed_at, found.counts_until) == (1, completed_at, until)
    assert found.check == {"attempt": "of a test", "percent": 90}
    assert found.counts_at(until - timedelta(seconds=1))
    assert not found.counts_at(until)
    assert api.completions_at(chidi.person.id, [taught.module_id], completed_at - timedelta(seconds=1)) == []


def test_the_door_of_a_knowledge_check_says_whose_it_is_and_why_it_is_closed(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    own_id = made.assigned(chidi, made.a_taught_sop().module_id).id
    part = study_of(own_id).check
    assert part is not None
    door = api.check_door(own_id, part.id)
    assert (door.person_id, door.is_open, door.number) == (chidi.person.id, False, 1)
    assert "after the reading" in door.closed_because
    made.study_up_to(chidi, own_id, "knowledge_check")
    assert api.check_door(own_id, part.id).is_open
    made.study_up_to(chidi, own_id, "sign_off")
    closed = api.check_door(own_id, part.id)
    assert (closed.passed, closed.closed_because) == (True, "This knowledge check is passed already.")
    with pytest.raises(NotFound):
        api.check_door(own_id, study_of(own_id).reading.id)


def test_a_section_is_found_by_its_number_in_the_version_of_a_moment(app: Flask) -> None:
    taught = made.a_taught_sop()
    effective_on = made.today() + timedelta(days=3)
    made.revise(taught.document_id, effective_on=effective_on)
    now = api.section_of(taught.document_id, "2.1", clock.now(), BERLIN)
    then = api.section_of(taught.document_id, "2.1", clock.now() + timedelta(days=5), BERLIN)
    assert now is not None
    assert then is not None
    assert "300 g." in now.text
    assert "320 g" in then.text
    assert api.section_of(taught.document_id, "9.9", clock.now(), BERLIN) is None
    assert api.document_names([taught.document_id])[taught.document_id].title == "A procedure"


def test_reminders_name_what_is_due_on_their_days_and_nothing_else(app: Flask) -> None:
    chidi = someone(Role.OPERATOR)
    own = made.assigned(chidi, made.a_taught_sop(due_days=20).module_id)
    due = own.due_on
    days = {n: filled("reminders", on=due - timedelta(days=n)) for n in (15, 14, 3, 1, 0, -1, -7)}
    told = {n: [one for one in found if one.target == f"/training/{own.id}"] for n, found in days.items()}
    assert {n: len(found) for n, found in told.items()} == {15: 0, 14: 1, 3: 1, 1: 0, 0: 1, -1: 1, -7: 1}
    assert told[-7][0].text == "A module (overdue for a week)"


def test_a_history_can_be_replayed_at_past_moments(app: Flask) -> None:
    """The demonstration's way: the same commands, each at its own day."""
    from modules.documents import commands as documents

    author, approver = someone(Role.TRAINER), made.an_approver()
    long_ago = clock.now() - timedelta(days=300)
    with replay() as day:
        draft = day.run(
            documents.draft_document_version, author.actor, long_ago, "", code="SOP-OLD", title="T", source=made.TEXT
        )
        day.run(documents.send_to_review, author.actor, long_ago, "", draft.id)
        day.run(
            documents.approve_document_version,
            approver.signing_at(long_ago),
            long_ago,
            "",
            draft.id,
            version=draft.version,
            sha256=draft.sha256,
            effective_on=long_ago.date() + timedelta(days=14),
        )
        document_id = draft.document_id
    assert api.sections_at(document_id, clock.now(), BERLIN)[0].name == "1 Purpose"
