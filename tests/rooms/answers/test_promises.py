"""A report has a receipt: by when QA answers, one reminder before, and whether the answer came in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import clock
from lms.answers import commands
from lms.answers.models import AnswerPromise
from lms.deviations.commands import reject_as_duplicate
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Actor, Role
from lms.scheduler.jobs import jobs
from lms.unit_of_work import run, run_job
from tests.factories.deviations import stored, triage
from tests.factories.people import Someone, a_site, someone

#: A Tuesday, 10:44 in Berlin.
TUESDAY = datetime(2027, 3, 2, 9, 44, tzinfo=UTC)
At = Callable[[datetime], None]


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> At:
    """Return a function that sets the clock."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def a_report(reporter: Someone, **values: Any) -> UUID:
    given = {"description": "Bag label loose. Stopped.", "occurred_at": clock.now() - timedelta(minutes=2)}
    site_id = a_site().id
    return run(commands.report_deviation, reporter.actor, "reported", site_id=site_id, **{**given, **values}).id


def promise(deviation_id: UUID) -> AnswerPromise:
    db.session.expire_all()
    return db.session.scalars(select(AnswerPromise).where(AnswerPromise.deviation_id == deviation_id)).one()


def remind() -> str:
    return run(commands.remind_of_answers, Actor.system("remind_of_answers"), "due")


def told(person: Someone, sentence: str) -> int:
    statement = select(func.count()).where(
        Notification.person_id == person.person.id, Notification.sentence == sentence
    )
    return db.session.scalar(statement) or 0


def test_the_answer_is_promised_within_two_working_days_of_the_site(app: Flask, it_is: At) -> None:
    chidi = someone()
    it_is(TUESDAY)
    assert promise(a_report(chidi)).due_at == TUESDAY + timedelta(days=2)
    friday = TUESDAY + timedelta(days=3)
    it_is(friday)
    made = promise(a_report(chidi))
    assert (made.remind_at, made.due_at) == (friday + timedelta(days=3), friday + timedelta(days=4))


def test_qa_of_the_site_is_reminded_once_and_before_it_is_due(app: Flask, it_is: At) -> None:
    chidi, dana = someone(), someone(Role.QA)
    elsewhere = someone(Role.QA, a_site("BBB"))
    it_is(TUESDAY)
    deviation_id = a_report(chidi)
    it_is(TUESDAY + timedelta(hours=23))
    assert remind() == "0 answers are due"
    it_is(TUESDAY + timedelta(hours=25))
    assert promise(deviation_id).due_at > clock.now()
    assert remind() == "1 answers are due"
    assert remind() == "0 answers are due"
    assert [told(person, "answer_due") for person in (dana, elsewhere, chidi)] == [1, 0, 0]
    assert promise(deviation_id).reminded_at == TUESDAY + timedelta(hours=25)


def test_who_has_an_answer_is_not_waited_for(app: Flask, it_is: At) -> None:
    chidi, dana = someone(), someone(Role.QA)
    it_is(TUESDAY)
    deviation_id = a_report(chidi)
    triage(dana, deviation_id, answer="Thank you: the roll is withdrawn.")
    it_is(TUESDAY + timedelta(days=1, hours=1))
    assert remind() == "0 answers are due"
    assert told(dana, "answer_due") == 0


@pytest.mark.parametrize(("hours", "in_time"), [(47, True), (48, True), (49, False)])
def test_whether_the_answer_came_in_time_is_kept(app: Flask, it_is: At, hours: int, in_time: object) -> None:
    chidi, dana = someone(), someone(Role.QA)
    it_is(TUESDAY)
    deviation_id = a_report(chidi)
    it_is(TUESDAY + timedelta(hours=hours))
    triage(dana, deviation_id, answer="Thank you.")
    it_is(TUESDAY + timedelta(days=9))
    triage(dana, deviation_id, answer="Thank you, and one thing more.")
    kept = promise(deviation_id)
    assert (kept.answered_at, kept.in_time) == (TUESDAY + timedelta(hours=hours), in_time)
    assert told(chidi, "deviation_answered") == 2


def test_to_be_classified_without_a_word_is_no_answer(app: Flask, it_is: At) -> None:
    chidi, dana = someone(), someone(Role.QA)
    it_is(TUESDAY)
    deviation_id = a_report(chidi)
    triage(dana, deviation_id)
    assert promise(deviation_id).answered_at is None
    triage(dana, deviation_id, answer="Thank you.")
    assert promise(deviation_id).in_time is True
    assert told(chidi, "deviation_answered") == 1


def test_that_it_was_recorded_already_is_an_answer(app: Flask, it_is: At) -> None:
    chidi, dana = someone(), someone(Role.QA)
    it_is(TUESDAY)
    first, again = a_report(chidi), a_report(chidi)
    number, version = stored(first).number, stored(again).version
    run(reject_as_duplicate, dana.actor, "same event", again, version=version, of_number=number)
    assert promise(again).in_time is True


def test_the_job_runs_once_for_a_due_moment(app: Flask, it_is: At) -> None:
    chidi, dana = someone(), someone(Role.QA)
    it_is(TUESDAY)
    a_report(chidi)
    it_is(TUESDAY + timedelta(days=1, minutes=20))
    job = next(job for job in jobs() if job.name == "remind_of_answers")
    due = job.due_at(clock.now())
    assert run_job(job.name, due, job.command) == "1 answers are due"
    assert run_job(job.name, due, job.command) is None
    assert told(dana, "answer_due") == 1


def test_a_draft_that_is_sent_twice_is_recorded_once_and_only_by_its_author(app: Flask) -> None:
    chidi, bea = someone(), someone()
    draft = uuid4()
    assert a_report(chidi, draft=draft) == a_report(chidi, draft=draft)
    assert a_report(chidi) != a_report(chidi)
    assert a_report(bea, draft=draft) != a_report(chidi, draft=draft)
    assert db.session.scalar(select(func.count()).select_from(Deviation)) == 4


def test_the_receipt_tells_both_times_and_by_when_and_then_the_answer(app: Flask, it_is: At, sign_in: Any) -> None:
    chidi, dana = someone(), someone(Role.QA)
    it_is(TUESDAY - timedelta(minutes=2))
    browser = sign_in(chidi)
    draft = str(uuid4())
    it_is(TUESDAY)
    form = {"description": "Bag label loose.", "occurred_at": "2027-03-02T10:42", "draft": draft}
    answer = browser.post("/good-catch", data=form)
    again = browser.post("/good-catch", data=form)
    assert answer.headers["Location"] == again.headers["Location"]
    receipt = browser.get(answer.headers["Location"]).get_data(as_text=True)
    for words in ("02-Mar-2027 10:42 CET", "02-Mar-2027 10:44 CET", "04-Mar-2027 10:44 CET", f'"{draft}"'):
        assert words in receipt
    raised = db.session.scalars(select(Deviation)).one()
    triage(dana, raised.id, answer="Thank you: the roll is withdrawn.")
    assert "the roll is withdrawn" in browser.get(answer.headers["Location"]).get_data(as_text=True)
    beside = sign_in(dana).get(f"/deviations/{raised.id}/beside").get_data(as_text=True)
    assert "Answer to the reporter" in beside
    assert "in time" in beside


def test_another_site_does_not_read_what_stands_beside_the_record(app: Flask, sign_in: Any) -> None:
    deviation_id = a_report(someone())
    assert sign_in(someone(Role.QA, a_site("BBB"))).get(f"/deviations/{deviation_id}/beside").status_code == 404
