"""However many schedulers are started, one leads, and a due moment has one effect."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Permission
from lms.scheduler.jobs import Job
from lms.scheduler.leader import Leadership
from lms.scheduler.models import JobRun
from lms.scheduler.service import SchedulerService
from lms.scheduler.stopping import is_stopping
from lms.unit_of_work import COMMANDS, Work, command, run_job
from tests.factories.people import someone, utc

if "tests.count_up" not in COMMANDS:

    @command(needs=Permission.SYSTEM_RUN)
    def count_up(work: Work) -> str:
        """Leave one visible mark."""
        person = db.session.scalars(select(Person).limit(1)).one()
        person.email = f"{int(person.email or 0) + 1}"
        return "counted"


def test_fifty_due_moments_seen_by_four_schedulers_have_fifty_effects(app: Flask) -> None:
    someone()
    person = db.session.scalars(select(Person)).one()
    from lms.identity.commands import correct_person
    from lms.unit_of_work import run
    from tests.factories.people import INSTALLER

    run(correct_person, INSTALLER, "test", person.id, given_name="A", family_name="B", email="")
    moments = [utc(2026, 1, 1) + timedelta(hours=hour) for hour in range(50)]
    ran: list[str | None] = []

    def scheduler() -> None:
        with app.app_context():
            ran.extend(run_job("count_up", due_at, COMMANDS["tests.count_up"]) for due_at in moments)
            db.session.remove()

    threads = [threading.Thread(target=scheduler) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert ran.count("counted") == 50
    assert len(ran) == 200
    assert db.session.scalars(select(Person.email)).one() == "50"
    assert len(db.session.scalars(select(JobRun)).all()) == 50


def test_one_leads_and_the_next_takes_over_when_it_gives_up(app: Flask, tmp_path: Path) -> None:
    first, second = Leadership(db.engine, tmp_path), Leadership(db.engine, tmp_path)
    assert first.holds()
    assert not second.holds()
    assert first.holds()
    first.give_up()
    assert second.holds()
    second.give_up()


def test_a_daily_job_is_due_once_a_day_and_never_in_the_future() -> None:
    job = Job("digest", COMMANDS["tests.count_up"], daily_at=time(5))
    assert job.due_at(utc(2026, 3, 29, 4, 59)) == datetime(2026, 3, 28, 5, tzinfo=UTC)
    assert job.due_at(utc(2026, 3, 29, 5, 0)) == datetime(2026, 3, 29, 5, tzinfo=UTC)


def test_asked_to_stop_nothing_that_waits_for_a_thread_is_begun(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "extensions", dict(app.extensions))
    service, begun = SchedulerService(app), []
    waiting = service._guarded(lambda: begun.append(is_stopping()))
    waiting()
    service.stop()
    waiting()
    assert begun == [False]
    assert is_stopping()
